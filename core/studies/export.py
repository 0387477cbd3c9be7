"""Studies as files: a table for a spreadsheet, or a text to read."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from core.records import (
    CellState,
    Citation,
    CitationState,
    Study,
    StudyCell,
    StudyFormat,
    StudyKind,
)

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NO_TEXT = {
    CellState.WAITING: "(not read yet)",
    CellState.NO_EVIDENCE: "(nothing found)",
    CellState.FAILED: "(could not be read)",
}


def exported(study: Study, cells: Sequence[StudyCell], format: StudyFormat) -> bytes:
    """Return the study in the given format: a row for each document, two columns a question."""
    if format is StudyFormat.MARKDOWN:
        return _markdown(study, cells).encode()
    rows = list(_rows(study, cells))
    return _workbook(study, rows) if format is StudyFormat.XLSX else _csv(rows)


def _rows(study: Study, cells: Sequence[StudyCell]) -> Iterator[list[str]]:
    """Yield the header and a row for each document; answers stand beside their sources."""
    asked = study.questions or ("Summary",)
    yield ["Document", *(name for question in asked for name in (question, "Sources"))]
    for at in range(0, len(cells), len(asked)):
        of_document = cells[at : at + len(asked)]
        row = [of_document[0].document_name]
        for cell in of_document:
            row += [_text(cell), sources(cell.citations)]
        yield row
    if study.text:
        yield ["All documents", study.text]
    yield [study.coverage]


def _text(cell: StudyCell) -> str:
    if cell.state is CellState.DONE:
        return cell.text
    return f"{_NO_TEXT[cell.state]} {cell.problem or ''}".strip()


def sources(citations: Sequence[Citation]) -> str:
    """Return the passages that support an answer: '[1] page 3: "…"', one a line.

    What no passage supports is said as well.
    """
    lines = [
        f'[{each.number}] {_page(each)}"{" ".join(each.quote.split())}"'
        for each in citations
        if each.state is not CitationState.UNSUPPORTED
    ]
    unsupported = {
        each.answer_start for each in citations if each.state is CitationState.UNSUPPORTED
    } - {each.answer_start for each in citations if each.state is not CitationState.UNSUPPORTED}
    if unsupported:
        lines.append(f"Sentences that no passage supports: {len(unsupported)}")
    return "\n".join(dict.fromkeys(lines))


def _page(citation: Citation) -> str:
    if citation.first_page is None:
        return ""
    if citation.last_page in (None, citation.first_page):
        return f"page {citation.first_page}: "
    return f"pages {citation.first_page}-{citation.last_page}: "


def _csv(rows: Sequence[Sequence[str]]) -> bytes:
    """Write CSV as spreadsheets read it: UTF-8 with its mark, and no text that is a formula."""
    file = io.StringIO(newline="")
    csv.writer(file).writerows([_harmless(text) for text in row] for row in rows)
    return file.getvalue().encode("utf-8-sig")


def _harmless(text: str) -> str:
    """Keep a text of a document from being run as a formula where the file is opened."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _workbook(study: Study, rows: Sequence[Sequence[str]]) -> bytes:
    import xlsxwriter

    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Summary" if study.kind is StudyKind.SUMMARY else "Table")
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        plain = book.add_format({"text_wrap": True, "valign": "top"})
        sheet.set_column(0, 0, 28)
        sheet.set_column(1, max(len(rows[0]) - 1, 1), 48)
        sheet.freeze_panes(1, 1)
        for at, row in enumerate(rows):
            for column, text in enumerate(row):
                # Not `write`: it would take a text for a formula, a link or a number.
                sheet.write_string(at, column, _fitting(text), bold if at == 0 else plain)
    return file.getvalue()


def _fitting(text: str) -> str:
    """Return a text as a workbook's cell can hold it: up to 32,767 characters."""
    return text if len(text) <= 32_767 else text[:32_766] + "…"


def _markdown(study: Study, cells: Sequence[StudyCell]) -> str:
    parts = [f"# {study.title}", study.coverage]
    if study.text:
        parts.append(study.text)
    name = None
    for cell in cells:
        if cell.document_name != name:
            name = cell.document_name
            parts.append(f"## {name}")
        if cell.question:
            parts.append(f"**{cell.question}**")
        parts += [_text(cell), *(f"- {line}" for line in sources(cell.citations).splitlines())]
    return "\n\n".join(parts) + "\n"
