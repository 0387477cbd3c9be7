"""The parent's side of parsing: one worker, reused, watched, and replaced when it dies or hangs."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import Any, NamedTuple

from core.errors import Cancelled, UnreadableDocument
from core.records import Chunk, HeadingSpan, PageSpan, ParsedDocument, TableSpan
from core.retrieval.child import Child, ChildDied, ChildLate, Frame
from core.retrieval.parsing.reasons import REASONS, unreadable

log = logging.getLogger(__name__)

TIME_LIMIT_S = 60.0
START_LIMIT_S = 30.0


class ParsedFile(NamedTuple):
    """What was read of a file."""

    document: ParsedDocument
    chunks: list[Chunk]


class Parser:
    """Reads files one after another; safe from any thread, used by one at a time.

    Chunks are measured by the tokenizer in the embedder's folder.
    """

    def __init__(self, embedder_folder: Path, time_limit_s: float = TIME_LIMIT_S):
        self._embedder_folder = embedder_folder
        self._time_limit_s = time_limit_s
        self._lock = threading.Lock()
        self._child: Child | None = None
        self._closed = False

    def parse(self, path: Path, name: str) -> ParsedFile:
        """Read and chunk a file in the worker.

        Raises UnreadableDocument with its reason, and Cancelled once the parser is closed. A file
        that makes the worker crash counts as damaged, one that keeps it busy as timed out.
        """
        child = self._worker()
        request = {"kind": "parse", "path": str(path), "name": name}
        try:
            reply = child.ask(request, self._time_limit_s)
        except ChildLate:
            child.kill()
            raise unreadable("timed_out", name) from None
        except ChildDied as death:
            if self._closed:
                raise Cancelled from None
            log.info("the parsing worker did not survive %s: %s", name, death)
            raise unreadable("damaged", name) from death
        return _parsed_file(reply, name)

    def close(self) -> None:
        """End the worker at once; a file being read is given up."""
        self._closed = True
        with self._lock:
            if self._child is not None:
                self._child.close()

    def _worker(self) -> Child:
        with self._lock:
            if self._closed:
                raise Cancelled
            if self._child is None or not self._child.alive:
                if self._child is not None:
                    self._child.close()
                self._child = Child("parsing", str(self._embedder_folder))
            child = self._child
        try:
            child.wait_ready(START_LIMIT_S)
        except ChildDied:
            if self._closed:
                raise Cancelled from None
            raise
        return child


def _parsed_file(reply: Frame, name: str) -> ParsedFile:
    head = reply.head
    if "error" in head:
        raise _error(head["error"], name)
    text = reply.body.decode("utf-8")
    document = ParsedDocument(
        text=text,
        media_type=head["media_type"],
        pages=tuple(PageSpan(**each) for each in head["pages"]),
        headings=tuple(HeadingSpan(**each) for each in head["headings"]),
        title=head["title"],
        tables=tuple(TableSpan(**each) for each in head["tables"]),
        problem=head["problem"],
        pages_in_all=head["pages_in_all"],
    )
    chunks = [
        Chunk(ordinal, text[start:end], start, end, page, page, heading)
        for ordinal, (start, end, page, heading) in enumerate(head["chunks"])
    ]
    return ParsedFile(document, chunks)


def _error(refusal: dict[str, Any], name: str) -> Exception:
    if refusal["reason"] in REASONS:
        return UnreadableDocument(
            refusal["message"], reason=refusal["reason"], advice=refusal["advice"]
        )
    return RuntimeError(f"reading '{name}' failed: {refusal.get('trace', refusal['message'])}")
