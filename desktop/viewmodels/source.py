"""The source panel: a document's text at the passage that an answer cites."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import QObject, Signal

from core.errors import NotFound, OutpostError
from core.records import Citation, DocumentText, PageBox, PageImage
from desktop.viewmodels.base import Desk, ViewModel

PDF = "application/pdf"
PART_CHARACTERS = 30_000
"""How much of a document without pages is shown at once; a text view lays this out in a moment."""
WRAPPED_CHARACTERS = 50
"""A line this long was probably broken because the page ended there."""
OPENING = ('"', "“", "„", "«", "(", "'", "‘")


@dataclass(frozen=True, slots=True)
class Part:
    """A page, or a stretch of a document that has none: text == document_text[start:start + n]."""

    page: int | None
    start: int
    text: str

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def parts(document: DocumentText) -> list[Part]:
    """Cut a document into its pages, or into stretches that end with a line."""
    if document.pages:
        return [
            Part(p.number, p.start, unwrapped(document.text[p.start : p.end]))
            for p in document.pages
        ]
    found, at, text = [], 0, document.text
    while at < len(text):
        end = at + PART_CHARACTERS
        if end < len(text):
            line_end = text.rfind("\n", at, end)
            end = line_end + 1 if line_end > at else end
        found.append(Part(None, at, text[at:end]))
        at = min(end, len(text))
    return found or [Part(None, 0, "")]


def unwrapped(text: str) -> str:
    """Turn the line ends inside paragraphs into spaces; every character keeps its offset.

    A page's lines are as long as the page was wide: a long line that ends inside a sentence was
    broken for its width alone.
    """
    lines = text.split("\n")
    pieces = [lines[0]]
    for line, following in pairwise(lines):
        pieces.append(" " if _goes_on(line, following) else "\n")
        pieces.append(following)
    return "".join(pieces)


def _goes_on(line: str, following: str) -> bool:
    broken = len(line) >= WRAPPED_CHARACTERS and line.rstrip()[-1:] not in ".:!?"
    return broken and (following[:1].isalnum() or following[:1] in OPENING)


def marked_span(part: Part, start: int, end: int) -> tuple[int, int] | None:
    """Return where [start, end) of the document lies in the part, or None if it does not."""
    low, high = max(start, part.start) - part.start, min(end, part.end) - part.start
    return (low, high) if low < high else None


class SourceViewModel(ViewModel):
    """Opens citations and turns pages."""

    opened = Signal()
    """A citation is shown: `citation`, `parts` and `at` are new."""
    turned = Signal()
    """Another part of the same document is shown."""
    missing = Signal()
    """The cited document is gone; the quote in `citation` is all there is."""
    closed = Signal()
    drawn = Signal()
    """The picture of the page on show has come: `picture` and `boxes`."""

    def __init__(self, desk: Desk, parent: QObject | None = None):
        super().__init__(desk, parent)
        self.citation: Citation | None = None
        self.parts: list[Part] = []
        self.at = 0
        self.drawable = False
        """Whether the document's pages can be shown as they look."""
        self.picture: PageImage | None = None
        self._boxes: tuple[PageBox, ...] = ()
        self._width_px = 0

    @property
    def boxes(self) -> list[PageBox]:
        """What is to be marked on the page on show."""
        page = self.part.page if self.part else None
        return [box for box in self._boxes if box.page == page]

    def draw(self, width_px: int) -> None:
        """Fetch the picture of the page on show, so many pixels wide."""
        self._width_px = width_px
        if self.drawable and self.part is not None and self.part.page is not None:
            self.do(self._draw(self.part.page, width_px))

    async def _draw(self, page: int, width_px: int) -> None:
        citation, owner = self.citation, self.desk.owner.id
        if citation is None:
            return
        draw = self.desk.core.collections.page_image
        try:
            picture = await self.call(draw, owner, citation.document_id, page, width_px)
        except OutpostError:  # the file is gone or changed: its text is here
            self.drawable = False
            self.drawn.emit()
            return
        if self.citation is citation and self.part is not None and self.part.page == page:
            self.picture = picture
            self.drawn.emit()

    @property
    def part(self) -> Part | None:
        return self.parts[self.at] if self.at < len(self.parts) else None

    @property
    def marked(self) -> tuple[int, int] | None:
        """Where the passage lies in the part on show."""
        if self.citation is None or self.part is None:
            return None
        return marked_span(self.part, self.citation.start, self.citation.end)

    def show(self, citation: Citation) -> None:
        """Open the cited document at the passage."""
        self.citation = citation
        self.do(self._show(citation))

    def turn(self, step: int) -> None:
        """Go some pages on or back."""
        target = min(max(self.at + step, 0), max(0, len(self.parts) - 1))
        if target != self.at:
            self.at, self.picture = target, None
            self.turned.emit()

    def close(self) -> None:
        self.citation, self.parts, self.at = None, [], 0
        self.picture, self._boxes, self.drawable = None, (), False
        self.closed.emit()

    async def load(self) -> None:
        """Nothing is loaded before a citation is opened."""

    async def _show(self, citation: Citation) -> None:
        collections, owner = self.desk.core.collections, self.desk.owner.id
        try:
            text = await self.call(collections.document_text, owner, citation.document_id)
        except NotFound:
            if self.citation is citation:
                self.parts, self.at = [], 0
                self.missing.emit()
            return
        if self.citation is not citation:  # another one was opened meanwhile
            return
        self.parts = parts(text)
        spans = (marked_span(part, citation.start, citation.end) for part in self.parts)
        self.at = next((at for at, span in enumerate(spans) if span), 0)
        self.picture, self._boxes = None, ()
        self.drawable = text.document.media_type == PDF and bool(text.pages)
        self.opened.emit()
        if self.drawable:
            await self._find_boxes(citation)

    async def _find_boxes(self, citation: Citation) -> None:
        find, owner = self.desk.core.collections.passage_boxes, self.desk.owner.id
        try:
            boxes = await self.call(find, owner, citation.document_id, citation.start, citation.end)
        except OutpostError:
            return  # unmarked, with the text one click away
        if self.citation is citation:
            self._boxes = boxes
            self.drawn.emit()
