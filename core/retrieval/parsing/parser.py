"""The parent's side of parsing: one worker, reused, watched, and replaced when it dies or hangs."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import Any

from core.errors import Cancelled, UnreadableDocument
from core.records import HeadingSpan, PageSpan, ParsedDocument
from core.retrieval.child import Child, ChildDied, ChildLate, Frame
from core.retrieval.parsing.reasons import REASONS, unreadable

log = logging.getLogger(__name__)

TIME_LIMIT_S = 60.0
START_LIMIT_S = 30.0


class Parser:
    """Reads files one after another; safe from any thread, used by one at a time."""

    def __init__(self, time_limit_s: float = TIME_LIMIT_S):
        self._time_limit_s = time_limit_s
        self._lock = threading.Lock()
        self._child: Child | None = None
        self._closed = False

    def parse(self, path: Path, name: str) -> ParsedDocument:
        """Read a file in the worker.

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
        return _parsed(reply, name)

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
                self._child = Child("parsing")
            child = self._child
        try:
            child.wait_ready(START_LIMIT_S)
        except ChildDied:
            if self._closed:
                raise Cancelled from None
            raise
        return child


def _parsed(reply: Frame, name: str) -> ParsedDocument:
    head = reply.head
    if "error" in head:
        raise _error(head["error"], name)
    return ParsedDocument(
        text=reply.body.decode("utf-8"),
        media_type=head["media_type"],
        pages=tuple(PageSpan(**each) for each in head["pages"]),
        headings=tuple(HeadingSpan(**each) for each in head["headings"]),
        title=head["title"],
    )


def _error(refusal: dict[str, Any], name: str) -> Exception:
    if refusal["reason"] in REASONS:
        return UnreadableDocument(
            refusal["message"], reason=refusal["reason"], advice=refusal["advice"]
        )
    return RuntimeError(f"reading '{name}' failed: {refusal.get('trace', refusal['message'])}")
