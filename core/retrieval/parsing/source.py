"""What a parser is given: a file, its name for messages, and the kind that it was found to be."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.errors import UnreadableDocument
from core.retrieval.parsing.detect import Kind
from core.retrieval.parsing.reasons import unreadable

MAX_CONTENT_BYTES = 100 << 20
"""The largest file that is read into memory as a whole."""


@dataclass(frozen=True, slots=True)
class Source:
    """One file to be read."""

    path: Path
    name: str
    kind: Kind

    def content(self, limit_bytes: int = MAX_CONTENT_BYTES) -> bytes:
        """Return all bytes of the file; raises UnreadableDocument where it is larger."""
        if self.path.stat().st_size > limit_bytes:
            raise self.refusal("too_big")
        return self.path.read_bytes()

    def refusal(self, reason: str) -> UnreadableDocument:
        """Return the error for one of the reasons."""
        return unreadable(reason, self.name)
