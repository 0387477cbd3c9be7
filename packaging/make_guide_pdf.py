"""Makes the operator guide's PDF from its Markdown text, with the same bytes on every machine.

The starter collection has to hold a real PDF with pages to cite. Its text is kept as Markdown in
docs/, where changes can be reviewed, and this program lays it out: each first-level heading
begins a page, so that one topic is one page. Only the PDF's built-in fonts are used and nothing
is compressed, so that neither installed fonts nor the zlib in use change the result.

    python packaging/make_guide_pdf.py [--out FILE]
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from fpdf import FPDF
from fpdf.fonts import FontFace
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "docs" / "operator-guide.md"
TARGET = ROOT / "resources" / "guide" / "operator-guide.pdf"
TITLE = "Outpost operator guide"
DATED = datetime(2025, 1, 1, tzinfo=UTC)
"""The creation date in the file: fixed, or each run would give other bytes."""

MARGIN_MM = 20.0
INDENT_MM = 6.0
TEXT_PT = 10.5
LINE_MM = 5.4
GAP_MM = 2.4
INK = (28, 32, 38)
ACCENT = (30, 86, 120)
MUTED = (110, 116, 124)
SHADE = (236, 240, 243)
RULE = (205, 211, 216)
CELL_PADDING_MM = 1.0


class GuideError(Exception):
    """The Markdown holds something that this layout does not know."""


class GuidePdf(FPDF):
    """An A4 document with the page number in the foot of each page."""

    def __init__(self) -> None:
        super().__init__(format="A4")
        self.set_compression(False)
        self.set_creation_date(DATED)
        self.set_title(TITLE)
        self.set_author("The Outpost project")
        self.set_lang("en")
        self.set_margins(MARGIN_MM, MARGIN_MM, MARGIN_MM)
        self.set_auto_page_break(True, margin=MARGIN_MM)

    def footer(self) -> None:
        self.set_y(-15)
        self.set_font("Helvetica", size=8.5)
        self.set_text_color(*MUTED)
        self.cell(0, 5, f"{TITLE}, page {self.page_no()}", align="C")


def make_pdf(markdown: str) -> bytes:
    """Lay the Markdown out. Raises GuideError for constructs and characters without a layout."""
    try:
        markdown.encode("latin-1")
    except UnicodeEncodeError as error:
        raise GuideError(f"The built-in fonts lack {markdown[error.start]!r}.") from error
    pdf = GuidePdf()
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    for block in SyntaxTreeNode(parser.parse(markdown)).children:
        _block(pdf, block)
    return bytes(pdf.output())


def _block(pdf: GuidePdf, node: SyntaxTreeNode) -> None:
    if node.type == "heading":
        _heading(pdf, node)
    elif node.type == "paragraph":
        _inline(pdf, node)
        pdf.ln(LINE_MM + GAP_MM)
    elif node.type in ("bullet_list", "ordered_list"):
        _list(pdf, node)
    elif node.type == "table":
        _table(pdf, node)
    else:
        raise GuideError(f"There is no layout for '{node.type}'.")


def _heading(pdf: GuidePdf, node: SyntaxTreeNode) -> None:
    level = int(node.tag[1])
    if level == 1:
        pdf.add_page()
    else:
        pdf.ln(1.5)
    pdf.start_section(_plain(node), level=level - 1)
    pdf.set_font("Helvetica", "B", 19 if level == 1 else 12.5)
    pdf.set_text_color(*(ACCENT if level == 1 else INK))
    pdf.multi_cell(0, 9 if level == 1 else 6.5, _plain(node), new_x="LMARGIN", new_y="NEXT")
    pdf.ln(3 if level == 1 else 1.2)


def _inline(pdf: GuidePdf, node: SyntaxTreeNode) -> None:
    """Write a paragraph's spans one after the other, each in its own style."""
    pdf.set_text_color(*INK)
    for family, style, text in _spans(node):
        pdf.set_font(family, style, TEXT_PT)
        pdf.write(LINE_MM, text)


def _spans(node: SyntaxTreeNode, style: str = "") -> Iterator[tuple[str, str, str]]:
    for child in node.children:
        if child.type == "text":
            yield "Helvetica", style, child.content
        elif child.type == "softbreak":
            yield "Helvetica", style, " "
        elif child.type == "code_inline":
            yield "Courier", style, child.content
        elif child.type in ("inline", "paragraph"):
            yield from _spans(child, style)
        elif child.type == "strong":
            yield from _spans(child, "B")
        else:
            raise GuideError(f"There is no layout for '{child.type}' inside a line.")


def _plain(node: SyntaxTreeNode) -> str:
    return "".join(text for _, _, text in _spans(node))


def _list(pdf: GuidePdf, node: SyntaxTreeNode) -> None:
    left = pdf.l_margin
    for number, item in enumerate(node.children, 1):
        pdf.set_font("Helvetica", "", TEXT_PT)
        pdf.set_text_color(*ACCENT)
        pdf.cell(INDENT_MM, LINE_MM, f"{number}." if node.type == "ordered_list" else "\x95")
        pdf.set_left_margin(left + INDENT_MM)
        for paragraph in item.children:
            _inline(pdf, paragraph)
        pdf.set_left_margin(left)
        pdf.ln(LINE_MM + 0.8)
    pdf.ln(GAP_MM - 0.8)


def _table(pdf: GuidePdf, node: SyntaxTreeNode) -> None:
    sections = [section.children for section in node.children]
    rows = [[_plain(cell) for cell in row.children] for section in sections for row in section]
    pdf.set_font("Helvetica", "", TEXT_PT - 1)
    pdf.set_text_color(*INK)
    pdf.set_draw_color(*RULE)
    with pdf.table(
        col_widths=_column_widths(pdf, rows),
        text_align="LEFT",
        line_height=LINE_MM - 0.4,
        padding=CELL_PADDING_MM,
        borders_layout="HORIZONTAL_LINES",
        headings_style=FontFace(emphasis="BOLD", color=INK, fill_color=SHADE),
    ) as table:
        for cells in rows:
            table.row(cells)
    pdf.ln(GAP_MM + 0.6)


def _column_widths(pdf: GuidePdf, rows: list[list[str]]) -> tuple[float, ...]:
    """Give each column the width of its longest cell, in mm, and the last one what is left."""
    columns = list(zip(*rows, strict=True))[:-1]
    slack = 2 * CELL_PADDING_MM + 3  # bold headings are wider, and words must never be broken
    widths = [max(pdf.get_string_width(cell) for cell in column) + slack for column in columns]
    return (*widths, pdf.epw - sum(widths))


def main() -> None:
    """Write the PDF to its place in the starter collection, or to --out."""
    arguments = argparse.ArgumentParser(description="Make the operator guide's PDF.")
    arguments.add_argument("--out", type=Path, default=TARGET)
    target = arguments.parse_args().out
    target.write_bytes(make_pdf(SOURCE.read_text("utf-8")))


if __name__ == "__main__":
    main()
