"""The parent's side of a parsing worker: started when wanted, watched, replaced when it dies."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import Any

from core.errors import Cancelled, UnreadableDocument
from core.retrieval.child import Child, ChildDied, ChildLate, Frame
from core.retrieval.parsing.reasons import REASONS, unreadable

log = logging.getLogger(__name__)

START_LIMIT_S = 30.0

_NO_MEMORY = ("memory allocation", "bad_alloc", "out of memory", "cannot allocate memory")
_ABORTED, _KILLED = -6, -9


class ParsingProcess:
    """One worker process for untrusted files; safe from any thread, used by one at a time."""

    def __init__(self, embedder_folder: Path):
        self._embedder_folder = embedder_folder
        self._lock = threading.Lock()
        self._child: Child | None = None
        self._closed = False

    @property
    def pid(self) -> int | None:
        """The worker's process id; None where none is running."""
        child = self._child
        return child.pid if child is not None and child.alive else None

    def ask(self, request: dict[str, Any], name: str, limit_s: float, body: bytes = b"") -> Frame:
        """Send a request about the file `name` and wait for its reply.

        Raises UnreadableDocument with its reason, and Cancelled once closed. A file that makes
        the worker crash counts as damaged or too big, one that keeps it busy as timed out.
        """
        child = self._worker()
        try:
            reply = child.ask(request, limit_s, body)
        except ChildLate:
            child.kill()
            raise unreadable("timed_out", name) from None
        except ChildDied as death:
            if self._closed:
                raise Cancelled from None
            log.info("the parsing worker did not survive %s: %s", name, death)
            raise unreadable(reason_of(death), name) from death
        if "error" in reply.head:
            raise _error(reply.head["error"], name)
        return reply

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


def reason_of(death: ChildDied) -> str:
    """Tell a worker that ran out of memory from one that stumbled over a damaged file.

    PDFium, Rust's and C++'s libraries abort where they get no memory, after saying so where the
    worker may write; nothing else that it runs aborts. The other signal is how Linux and macOS
    end a process where the whole machine has no memory left.
    """
    said_so = any(mark in death.last_words.lower() for mark in _NO_MEMORY)
    return "too_big" if said_so or death.code in (_ABORTED, _KILLED) else "damaged"


def _error(refusal: dict[str, Any], name: str) -> Exception:
    if refusal["reason"] in REASONS:
        return UnreadableDocument(
            refusal["message"], reason=refusal["reason"], advice=refusal["advice"]
        )
    return RuntimeError(f"reading '{name}' failed: {refusal.get('trace', refusal['message'])}")
