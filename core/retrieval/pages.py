"""Pages of documents as they look, and where on them a passage stands.

Only PDF files have pages of their own. They are untrusted, so they are drawn in a worker process;
one beside that which reads new files, since whoever looks at a page does not want to wait for it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

from core.errors import InvalidInput, NotFound
from core.records import Document, DocumentText, PageBox, PageImage, PageSpan
from core.retrieval.parsing.process import ParsingProcess

PDF = "application/pdf"
TIME_LIMIT_S = 20.0
MIN_WIDTH_PX, MAX_WIDTH_PX = 16, 4000
MAX_PAGES_MARKED = 20
"""A passage lies on one page; whole documents are not marked."""


class Pages:
    """Draws pages and finds passages on them, one at a time; safe from any thread."""

    def __init__(self, embedder_folder: Path, time_limit_s: float = TIME_LIMIT_S):
        self._process = ParsingProcess(embedder_folder)
        self._time_limit_s = time_limit_s
        self._turn = threading.Lock()

    def image(self, document: Document, page: int, width_px: int) -> PageImage:
        """Draw a page, counted from 1.

        Raises InvalidInput for a width beyond reason or a document without pages to be drawn,
        NotFound where it has no such page, UnreadableDocument where its file cannot be opened.
        """
        if document.media_type != PDF:
            raise InvalidInput(
                f"The pages of '{document.name}' cannot be drawn; only those of a PDF file can.",
                advice="Show the document's text instead.",
            )
        if not MIN_WIDTH_PX <= width_px <= MAX_WIDTH_PX:
            raise InvalidInput(
                f"A page can be from {MIN_WIDTH_PX} to {MAX_WIDTH_PX} dots wide.", param="width_px"
            )
        request = {"kind": "image", "page": page, "width": width_px}
        with self._turn:
            reply = self._process.ask(_about(document, request), document.name, self._time_limit_s)
        if "width" not in reply.head:
            raise NotFound("page", f"{page} of {document.name}")
        return PageImage(reply.body, reply.head["width"], reply.head["height"])

    def boxes(self, found: DocumentText, start: int, end: int) -> tuple[PageBox, ...]:
        """Return what to mark for text[start:end], in reading order; nothing without pages.

        Nothing either where the file is not the one any more that was read. Raises InvalidInput
        for a span outside of the text, UnreadableDocument where the file cannot be opened.
        """
        if not 0 <= start <= end <= len(found.text):
            raise InvalidInput("The passage lies outside of the document's text.", param="start")
        if found.document.media_type != PDF:
            return ()
        touched = [page for page in found.pages if page.start < end and start < page.end]
        return tuple(
            box
            for page in touched[:MAX_PAGES_MARKED]
            for box in self._on_page(found, page, max(start, page.start), min(end, page.end))
        )

    def close(self) -> None:
        """End the worker at once; a page being drawn is given up."""
        self._process.close()

    def _on_page(
        self, found: DocumentText, page: PageSpan, start: int, end: int
    ) -> Iterator[PageBox]:
        span = start - page.start, end - page.start
        request = {"kind": "boxes", "page": page.number, "span": span}
        body = found.text[page.start : page.end].encode("utf-8")
        document = found.document
        with self._turn:
            reply = self._process.ask(
                _about(document, request), document.name, self._time_limit_s, body
            )
        return (PageBox(*each) for each in reply.head["boxes"])


def _about(document: Document, request: dict[str, object]) -> dict[str, object]:
    return {**request, "path": document.path, "name": document.name}
