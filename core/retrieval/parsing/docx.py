"""Word's files: one walk over the parts that hold text, whatever tool wrote them.

Names are compared without their namespaces, so that strict and transitional files are the same.
What was deleted under "track changes" is left out, what was inserted is text. Pages are those
that Word cached when it last saved the file, so they are approximate.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.records import ParsedDocument
from core.retrieval.parsing.archive import opened
from core.retrieval.parsing.docx_lists import Lists
from core.retrieval.parsing.ooxml import Package, drawn_texts
from core.retrieval.parsing.safe_xml import (
    Element,
    attribute,
    child,
    children,
    descendants,
)
from core.retrieval.parsing.source import Source
from core.retrieval.parsing.text_builder import TextBuilder

_PAGE = "\f"
"""Stands for a page break until the text is cut into pages; no XML can contain it."""
_SIGNS = {"tab": "\t", "cr": "\n", "noBreakHyphen": "-", "ptab": "\t"}
_SKIPPED = frozenset(
    {"del", "moveFrom", "pPr", "rPr", "instrText", "delText", "sectPr", "rt", "tblPr", "tblGrid"}
)
_CONTAINERS = frozenset(
    [
        "sdt",
        "sdtContent",
        "customXml",
        "ins",
        "moveTo",
        "smartTag",
        "body",
        "hdr",
        "ftr",
        "txbxContent",
    ]
)
_HEADING_STYLE = re.compile(r"(?:heading|überschrift|titre|título) ?([1-9])$", re.IGNORECASE)
_NOTES = {"footnoteReference": "footnotes", "endnoteReference": "endnotes"}


def read(source: Source) -> ParsedDocument:
    """Read a DOCX file; raises UnreadableDocument with any reason but a wrong format."""
    with opened(source.path, source.name) as archive:
        return _Walk(Package(archive, source), source).document()


class _Walk:
    """One file being read."""

    def __init__(self, package: Package, source: Source):
        self._package = package
        self._source = source
        self._out = TextBuilder(source)
        self._part = package.main_part("word/document.xml")
        self._levels: dict[str, int] = {}
        self._lists = Lists(root for _, root in package.related(self._part, "numbering"))
        self._default_style = ""
        self._breaks = ""
        """The element that ends a page here: Word's cached breaks, or else those set by hand."""
        self._notes: dict[tuple[str, str], Element] = {}
        self._waiting: list[Element] = []
        """Text boxes and notes of the paragraph being read; they follow it."""
        self._title = ""

    def document(self) -> ParsedDocument:
        root = self._package.root(self._part)
        if root is None:
            raise self._source.refusal("damaged")
        self._read_styles()
        self._read_notes()
        self._breaks = _page_breaks(root)
        if self._breaks:
            self._out.page()
        body = child(root, "body")
        self._blocks(body if body is not None else root)
        self._rest()
        if self._package.is_damaged:
            self._out.problem("Parts of the file are damaged and could not be read.")
        return self._out.document(self._package.title() or self._title)

    # ------------------------------------------------------------ what stands beside the text

    def _read_styles(self) -> None:
        """Find which styles are headings, and of which level; a style inherits from another."""
        parents: dict[str, str] = {}
        for _, root in self._package.related(self._part, "styles"):
            for name, style in children(root):
                if name != "style":
                    continue
                key = attribute(style, "styleId") or ""
                title = attribute(child(style, "name"), "val") or key
                parents[key] = attribute(child(style, "basedOn"), "val") or ""
                if attribute(style, "default") in ("1", "true") and (
                    attribute(style, "type") == "paragraph"
                ):
                    self._default_style = key
                found = _HEADING_STYLE.match(title)
                level = _outline(child(style, "pPr"))
                self._lists.note_style(key, child(style, "pPr"))
                if found:
                    self._levels[key] = int(found[1])
                elif title.lower() == "title":
                    self._levels[key] = 1
                elif level is not None:
                    self._levels[key] = level
        for key in parents:
            self._inherit(key, parents)

    def _inherit(self, key: str, parents: dict[str, str]) -> None:
        seen: list[str] = []
        current = key
        while current and current not in self._levels and current not in seen:
            seen.append(current)
            current = parents.get(current, "")
        if current in self._levels:
            self._levels.update(dict.fromkeys(seen, self._levels[current]))

    def _read_notes(self) -> None:
        for kind in _NOTES.values():
            for _, root in self._package.related(self._part, kind):
                for _, note in children(root):
                    self._notes[kind, attribute(note, "id") or ""] = note

    def _rest(self) -> None:
        """Add what no place in the text points to: headers, footers, comments, drawings."""
        for note in list(self._notes.values()):
            self._blocks(note)
        self._notes.clear()
        seen: set[str] = set()
        for kind in ("header", "footer"):
            for _, root in self._package.related(self._part, kind):
                text = "".join(root.itertext())
                if text not in seen:
                    seen.add(text)
                    self._blocks(root)
        for _, root in self._package.related(self._part, "comments"):
            for _, comment in children(root):
                self._out.paragraph(f"Comment by {attribute(comment, 'author') or 'somebody'}:")
                self._blocks(comment)
        for _, root in self._package.related(self._part, "diagramData", "chart"):
            for text in drawn_texts(root):
                self._out.paragraph(text)

    # ------------------------------------------------------------ blocks

    def _blocks(self, element: Element) -> None:
        for name, each in children(element):
            if name == "p":
                self._paragraph(each)
            elif name == "tbl":
                self._out.table(self._rows(each), has_header=_has_header(each))
                self._follow()
            elif name == "AlternateContent":
                chosen = _choice(each)
                if chosen is not None:
                    self._blocks(chosen)
            elif name not in _SKIPPED:
                self._blocks(each)

    def _paragraph(self, element: Element) -> None:
        pieces = "".join(self._inline(element)).split(_PAGE)
        properties = child(element, "pPr")
        style = attribute(child(properties, "pStyle"), "val") or self._default_style
        level = _outline(properties)
        if level is None:
            level = self._levels.get(style)
        label = self._lists.label(properties, style)
        for number, text in enumerate(pieces):
            if number:
                self._out.page()
            if not text.strip():
                continue
            if label and not number:
                text = f"{label} {text.strip()}"
            if level is not None and level <= 9:
                self._out.heading(level, text)
                self._title = self._title or (text.strip() if level == 1 else "")
            else:
                self._out.paragraph(text)
        self._follow()

    def _follow(self) -> None:
        """Add the text boxes and notes that the last paragraph pointed to."""
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            self._blocks(each)

    def _rows(self, table: Element) -> Iterator[list[str]]:
        for row in _below(table, "tr"):
            cells = [self._cell(cell) for cell in _below(row, "tc")]
            yield [cell.replace(_PAGE, " ") for cell in cells]
            if any(_PAGE in cell for cell in cells):
                self._out.page()

    def _cell(self, cell: Element) -> str:
        """Return a cell's paragraphs, and those of tables inside it, as one text."""
        return " ".join("".join(self._inline(each)) for each in _paragraphs(cell))

    # ------------------------------------------------------------ inside a paragraph

    def _inline(self, element: Element) -> Iterator[str]:
        for name, each in children(element):
            if name == "t":
                yield each.text or ""
            elif name == "r" or name == "hyperlink":
                yield from self._inline(each)
            elif name in _SKIPPED:
                continue
            elif name in _SIGNS:
                yield _SIGNS[name]
            elif name == self._breaks and name != "br":
                yield _PAGE
            elif name == "br":
                by_hand = attribute(each, "type") == "page"
                yield _PAGE if by_hand and self._breaks == "br" else "\n"
            elif name in _NOTES:
                note = self._notes.pop((_NOTES[name], attribute(each, "id") or ""), None)
                if note is not None:
                    self._waiting.append(note)
            elif name == "txbxContent":
                self._waiting.append(each)
            elif name == "AlternateContent":
                chosen = _choice(each)
                if chosen is not None:
                    yield from self._inline(chosen)
            else:
                yield from self._inline(each)


def _page_breaks(root: Element) -> str:
    """Return the name of the elements that end pages in this file; empty where none does."""
    if next(descendants(root, "lastRenderedPageBreak"), None) is not None:
        return "lastRenderedPageBreak"
    by_hand = (attribute(each, "type") == "page" for each in descendants(root, "br"))
    return "br" if any(by_hand) else ""


def _outline(properties: Element | None) -> int | None:
    """Return the level that a paragraph's or style's properties give; 10 for body text."""
    value = attribute(child(properties, "outlineLvl"), "val")
    return int(value) + 1 if value is not None and value.isdecimal() else None


def _has_header(table: Element) -> bool:
    first = next(_below(table, "tr"), None)
    return child(first, "trPr", "tblHeader") is not None


def _below(element: Element, wanted: str) -> Iterator[Element]:
    """Yield the rows of a table or cells of a row, also those wrapped in content controls."""
    for name, each in children(element):
        if name == wanted:
            yield each
        elif name in _CONTAINERS:
            yield from _below(each, wanted)


def _paragraphs(cell: Element) -> Iterator[Element]:
    for name, each in children(cell):
        if name == "p":
            yield each
        elif name not in _SKIPPED:
            yield from _paragraphs(each)


def _choice(alternatives: Element) -> Element | None:
    """Return the first of several forms of one content that holds text, else the first."""
    forms = [each for _, each in children(alternatives)]
    for form in forms:
        if any(each.text for each in form.iterdescendants("{*}t")):
            return form
    return forms[0] if forms else None
