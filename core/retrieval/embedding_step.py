"""Batches of chunks to vectors: gently while a reply is written, and timed.

Some batches are on their way at once, so that the embedder does not wait while vectors are stored
and the next chunks are read.
"""

from __future__ import annotations

import time
import unicodedata
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

from core.retrieval.embedders import STARTER, Embedders
from core.retrieval.pace import Pace
from core.store.chunks import StoredChunk

BATCH = 16
"""Chunks embedded at once."""
AHEAD = 2
"""Batches on their way: a second or two in all, which is how fast a stop is obeyed."""
GENTLE_BATCH = 4
"""Chunks at once while a reply is written: few, since it may take long on a busy machine."""


class Embedded(NamedTuple):
    """Chunks and their vectors in the same order, each float32 little-endian."""

    chunks: Sequence[StoredChunk]
    blobs: list[bytes]


class _Timed(NamedTuple):
    embedded: Embedded
    began: float
    ended: float


class EmbeddingStep:
    """Makes vectors batch by batch; used by one thread."""

    def __init__(self, embedders: Embedders, pace: Pace, replying: Callable[[], bool]):
        self.embedders = embedders
        self._pace = pace
        self._replying = replying
        self._ended = 0.0
        """When the last batch was made."""

    @property
    def size(self) -> int:
        """How many chunks the next batch should have."""
        return GENTLE_BATCH if self._replying() else BATCH

    def vectors(self, embedder_id: str, chunks: Sequence[StoredChunk]) -> list[bytes]:
        """Return the vectors of a single batch; raises EngineFailed, Cancelled."""
        return next(self.in_turn(embedder_id, [chunks])).blobs

    def in_turn(
        self, embedder_id: str, batches: Iterable[Sequence[StoredChunk]]
    ) -> Iterator[Embedded]:
        """Yield batches with their vectors, in order; raises EngineFailed, Cancelled.

        The next batches are taken, and on their way, before one is yielded.
        """
        sent: deque[Future[_Timed]] = deque()
        with ThreadPoolExecutor(AHEAD, "outpost-embedding") as pool:
            for batch in batches:
                sent.append(pool.submit(self._timed, embedder_id, batch))
                if len(sent) == AHEAD:
                    yield self._noted(embedder_id, sent.popleft().result())
            while sent:
                yield self._noted(embedder_id, sent.popleft().result())

    def _timed(self, embedder_id: str, chunks: Sequence[StoredChunk]) -> _Timed:
        texts = [embedded_text(each) for each in chunks]
        began = time.monotonic()
        rows = self.embedders.of(embedder_id).embed_passages(texts, gently=self._replying())
        ended = time.monotonic()
        blobs = [row.astype("<f4").tobytes() for row in rows]
        return _Timed(Embedded(chunks, blobs), began, ended)

    def _noted(self, embedder_id: str, made: _Timed) -> Embedded:
        """Learn how long a batch took; while it waited for the one before, it took no time."""
        seconds = made.ended - max(made.began, self._ended)
        self._ended = max(made.ended, self._ended)
        self._pace.note(embedder_id or STARTER, len(made.embedded.chunks), max(seconds, 0.0))
        return made.embedded


def embedded_text(stored: StoredChunk) -> str:
    """Return what the embedder reads of a chunk: headings, the table's header, and its text."""
    chunk = stored.chunk
    parts = filter(None, (chunk.heading, chunk.context, chunk.text))
    return unicodedata.normalize("NFKC", "\n".join(parts))
