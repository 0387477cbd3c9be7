"""A document's text put together piece by piece, with the places of headings, tables and pages.

Every parser but that for PDF writes into this, so that paragraphs, rows and pages look the same
whatever they came from: paragraphs are divided by an empty line, a table has one row a line with
its cells divided by a bar.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from core.records import HeadingSpan, PageSpan, ParsedDocument, TableSpan
from core.retrieval.parsing.attachments import Attached
from core.retrieval.parsing.source import Source

MAX_CHARACTERS = 60_000_000
MAX_TITLE = 200
MAX_HEADING_LEVEL = 9
CELL_SEPARATOR = " | "
PARAGRAPH_SEPARATOR = "\n\n"

_UNWANTED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\xad\ud800-\udfff\ufeff\ufffe\uffff]")
_SPACE_AT_LINE_END = re.compile(r"[ \t]+\n")


class TextBuilder:
    """Collects what a parser finds; `document` gives the result.

    Raises UnreadableDocument as soon as there is more text than can be kept.
    """

    def __init__(self, source: Source):
        self._source = source
        self._parts: list[str] = []
        self._size = 0
        self._headings: list[HeadingSpan] = []
        self._tables: list[TableSpan] = []
        self._pages: list[list[int]] = []
        self._problems: list[str] = []
        self.attachments = Attached()

    @property
    def is_empty(self) -> bool:
        """True while there is no text."""
        return not self._size

    @property
    def headings(self) -> Sequence[HeadingSpan]:
        """The headings so far."""
        return self._headings

    def paragraph(self, text: str) -> None:
        """Add a paragraph; white space alone adds nothing."""
        self._add(clean(text), PARAGRAPH_SEPARATOR)

    def line(self, text: str) -> None:
        """Add a line right below what stands before it."""
        self._add(clean(text), "\n")

    def heading(self, level: int, text: str) -> None:
        """Add a heading; 1 is the highest level."""
        words = " ".join(clean(text).split())
        start = self._add(words, PARAGRAPH_SEPARATOR)
        if start is not None:
            level = min(max(level, 1), MAX_HEADING_LEVEL)
            self._headings.append(HeadingSpan(level, words, start))

    def table(self, rows: Iterable[Sequence[str]], *, has_header: bool = False) -> None:
        """Add the rows that hold any text; with `has_header` the first of them is the header."""
        start: int | None = None
        header_end = 0
        separator = PARAGRAPH_SEPARATOR
        for row in rows:
            begun = self._add(row_text(row), separator)
            if begun is None:
                continue
            separator = "\n"
            if start is None:
                start = begun
                header_end = self._size if has_header else start
        if start is not None:
            self._tables.append(TableSpan(start, header_end, self._size))

    def page(self) -> None:
        """Begin a page, slide, sheet or chapter."""
        if self._pages:
            self._pages[-1][1] = self._size
        self._pages.append([self._size, self._size])

    def problem(self, sentence: str) -> None:
        """Note what could not be read; the document counts as read in part."""
        if sentence not in self._problems:
            self._problems.append(sentence)

    def document(self, title: str = "", pages_in_all: int | None = None) -> ParsedDocument:
        """Return what was collected."""
        if self.attachments.left_out:
            self.problem(
                f"{self.attachments.left_out} attachments were left out: there are too many."
            )
        return ParsedDocument(
            "".join(self._parts),
            self._source.kind.value,
            tuple(self._page_spans()),
            tuple(self._headings),
            " ".join(clean(title).split())[:MAX_TITLE],
            tuple(self._tables),
            " ".join(self._problems),
            pages_in_all,
            tuple(self.attachments.kept),
        )

    def _page_spans(self) -> Iterable[PageSpan]:
        if self._pages:
            self._pages[-1][1] = self._size
        return (PageSpan(number, *span) for number, span in enumerate(self._pages, 1))

    def _add(self, text: str, separator: str) -> int | None:
        """Append a text and return where it starts, None for one that is blank."""
        if not text:
            return None
        before = self._size
        if before:
            self._parts.append(separator)
        start = before + (len(separator) if before else 0)
        for page in reversed(self._pages):  # pages without text yet begin where this does
            if page[0] != before:
                break
            page[:] = start, start
        self._parts.append(text)
        self._size = start + len(text)
        if self._size > MAX_CHARACTERS:
            raise self._source.refusal("too_big")
        return start


def clean(text: str) -> str:
    """Take out control characters, lone surrogates, and white space at both ends."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x0b", "\n")
    return _SPACE_AT_LINE_END.sub("\n", _UNWANTED.sub("", text)).strip()


def row_text(cells: Sequence[str]) -> str:
    """Put a row's cells on one line; empty cells at its end are left out, blank rows are empty."""
    texts = [" ".join(clean(cell).split()) for cell in cells]
    while texts and not texts[-1]:
        texts.pop()
    return CELL_SEPARATOR.join(texts)
