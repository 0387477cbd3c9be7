"""One batch: some chunks to vectors, gently while a reply is written, and timed."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Callable, Sequence

from core.retrieval.embedders import STARTER, Embedders
from core.retrieval.pace import Pace
from core.store.chunks import StoredChunk

BATCH = 32
"""Chunks embedded at once: a second or two, which is how fast a stop is obeyed."""
GENTLE_BATCH = 4
"""The same while a reply is written: small, since it may take long on a busy machine."""


class EmbeddingStep:
    """Makes vectors batch by batch; used by one thread."""

    def __init__(self, embedders: Embedders, pace: Pace, replying: Callable[[], bool]):
        self.embedders = embedders
        self._pace = pace
        self._replying = replying

    @property
    def size(self) -> int:
        """How many chunks the next batch should have."""
        return GENTLE_BATCH if self._replying() else BATCH

    def vectors(self, embedder_id: str, chunks: Sequence[StoredChunk]) -> list[bytes]:
        """Return the chunks' vectors, float32 little-endian; raises EngineFailed, Cancelled."""
        texts = [embedded_text(each) for each in chunks]
        start = time.monotonic()
        rows = self.embedders.of(embedder_id).embed_passages(texts, gently=self._replying())
        self._pace.note(embedder_id or STARTER, len(texts), time.monotonic() - start)
        return [row.astype("<f4").tobytes() for row in rows]


def embedded_text(stored: StoredChunk) -> str:
    """Return what the embedder reads of a chunk: headings, the table's header, and its text."""
    chunk = stored.chunk
    parts = filter(None, (chunk.heading, chunk.context, chunk.text))
    return unicodedata.normalize("NFKC", "\n".join(parts))
