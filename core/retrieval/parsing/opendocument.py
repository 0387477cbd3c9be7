"""OpenDocument text and presentations, as LibreOffice writes them."""

from __future__ import annotations

from collections.abc import Iterator

from core.records import ParsedDocument
from core.retrieval.parsing.archive import Archive, opened
from core.retrieval.parsing.safe_xml import (
    Broken,
    Element,
    attribute,
    child,
    children,
    descendants,
    local,
    parse,
    text_of,
)
from core.retrieval.parsing.source import Source
from core.retrieval.parsing.text_builder import TextBuilder

_PAGE = "\f"
_MAX_REPEATED = 200
"""How often a cell or space is repeated at most: sheets pad with millions of empty ones."""
_SKIPPED = frozenset(
    {
        "desc",
        "event-listeners",
        "forms",
        "sequence-decls",
        "table-of-content-source",
        "title",
        "tracked-changes",
        "user-field-decls",
        "variable-decls",
    }
)


def read(source: Source) -> ParsedDocument:
    """Read an ODT or ODP file; raises UnreadableDocument with any reason but a wrong format."""
    with opened(source.path, source.name) as archive:
        if is_encrypted(archive):
            raise source.refusal("encrypted")
        content = _root(archive, "content.xml", source)
        body = child(content, "body")
        if body is None:
            raise source.refusal("damaged")
        walk = _Walk(TextBuilder(source), body)
        walk.blocks(body)
        walk.edges(_root(archive, "styles.xml", source))
        meta = _root(archive, "meta.xml", source)
        titles = [] if meta is None else [text_of(each) for each in descendants(meta, "title")]
        return walk.out.document(titles[0] if titles else walk.title)


def is_encrypted(archive: Archive) -> bool:
    """Tell whether the manifest says that parts are encrypted."""
    return b"encryption-data" in (archive.read("META-INF/manifest.xml") or b"")


def _root(archive: Archive, part: str, source: Source) -> Element | None:
    content = archive.read(part)
    if content is None:
        return None
    try:
        return parse(content, source)
    except Broken:
        return None


class _Walk:
    """One file being read."""

    def __init__(self, out: TextBuilder, body: Element):
        self.out = out
        self.title = ""
        self._waiting: list[Element] = []
        """Notes and text boxes inside the paragraph being read; they follow it."""
        self._has_breaks = next(descendants(body, "soft-page-break"), None) is not None
        if self._has_breaks:
            out.page()

    def blocks(self, element: Element, mark: str = "") -> None:
        """Add the blocks inside an element; `mark` goes before the first paragraph."""
        for name, each in children(element):
            if name in ("p", "h"):
                self._paragraph(name, each, mark)
                mark = ""
            elif name == "page":
                self.out.page()
                self.blocks(each)
            elif name == "table":
                self.out.table(
                    self._rows(each), has_header=child(each, "table-header-rows") is not None
                )
                self._follow()
            elif name == "list-item":
                self.blocks(each, "- ")
            elif name == "soft-page-break" and self._has_breaks:
                self.out.page()
            elif name not in _SKIPPED:
                self.blocks(each)

    def edges(self, styles: Element | None) -> None:
        """Add headers and footers, each text once."""
        seen: set[str] = set()
        for each in () if styles is None else descendants(styles, "header", "footer"):
            text = "".join(each.itertext())
            if text.strip() and text not in seen:
                seen.add(text)
                self.blocks(each)

    def _paragraph(self, name: str, element: Element, mark: str) -> None:
        level = int(attribute(element, "outline-level") or 1) if name == "h" else None
        for number, text in enumerate("".join(self._inline(element)).split(_PAGE)):
            if number:
                self.out.page()
            if level is not None:
                self.out.heading(level, text)
                self.title = self.title or " ".join(text.split())
            elif text.strip():
                self.out.paragraph(mark + text if not number else text)
        self._follow()

    def _follow(self) -> None:
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            self.blocks(each)

    def _rows(self, table: Element) -> Iterator[list[str]]:
        for name, each in children(table):
            if name == "table-row":
                yield [text for cell in each for text in self._cell(cell)]
            elif name in ("table-rows", "table-header-rows", "table-row-group"):
                yield from self._rows(each)

    def _cell(self, cell: Element) -> Iterator[str]:
        if not isinstance(cell.tag, str) or not local(cell.tag).endswith("table-cell"):
            return
        paragraphs = descendants(cell, "p", "h")
        text = " ".join("".join(self._inline(each)) for each in paragraphs).replace(_PAGE, " ")
        for _ in range(_repeated(cell, "number-columns-repeated")):
            yield text

    def _inline(self, element: Element) -> Iterator[str]:
        yield element.text or ""
        for each in element:
            name = local(each.tag) if isinstance(each.tag, str) else ""
            if name == "s":
                yield " " * _repeated(each, "c")
            elif name == "tab":
                yield "\t"
            elif name == "line-break":
                yield "\n"
            elif name == "soft-page-break":
                yield _PAGE if self._has_breaks else ""
            elif name in ("note", "annotation"):
                self._waiting.append(child(each, "note-body") if name == "note" else each)
            elif name in ("frame", "custom-shape", "text-box", "g"):
                self._waiting.append(each)
            elif name and name not in _SKIPPED:
                yield from self._inline(each)
            yield each.tail or ""


def _repeated(element: Element, name: str) -> int:
    value = attribute(element, name) or "1"
    return min(int(value), _MAX_REPEATED) if value.isdecimal() else 1
