"""Is a vector index true? Its vectors are held against SQLite's, its answers against exact search.

Some damages leave every count right: a vector that is another one, or a graph in which nothing is
found any more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from core.records import ChunkId, CollectionId
from core.retrieval.exact import to_rows
from core.retrieval.hits import Hit
from core.store.chunks import ChunkStore
from core.streams import Cancel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Nearest = Callable[[bytes, int], list[Hit]]
Differing = Callable[[Sequence[ChunkId], bytes], list[str]]

COMPARED_AT_ONCE = 500
SAMPLE = 20
NEIGHBOURS = 10
LEAST_RECALL = 0.95
"""Of a whole index it is 0.99 and more."""
SAME = 0.9999
"""Cosine of a vector and itself, after Chroma has normalised it."""


class VectorCheck:
    """Looks at one collection of an index; used by the indexing thread."""

    def __init__(self, store: ChunkStore, nearest: Nearest, differing: Differing):
        """`differing` returns those of the ids whose vector in the index is not the one given."""
        self._store = store
        self._nearest = nearest
        self._differing = differing

    def finds_what_it_has(self, collection_id: CollectionId) -> bool:
        """Ask for one vector that is stored."""
        sample = self._store.sample_vector(collection_id)
        if not sample.ids:
            return True
        hits = self._nearest(sample.blobs[0], 1)
        return bool(hits) and hits[0].score > SAME - 0.001

    def lies(self, collection_id: CollectionId, cancel: Cancel) -> str | None:
        """Compare everything; returns what is wrong. Takes seconds for a large collection."""
        ids = self._store.ready_vector_ids(collection_id)
        for start in range(0, len(ids), COMPARED_AT_ONCE):
            if cancel:
                return None
            some = self._store.vectors_of(ids[start : start + COMPARED_AT_ONCE])
            if wrong := self._differing(some.ids, b"".join(some.blobs)):
                return f"{len(wrong)} of its vectors are not those of SQLite"
        recall = self._recall(ids) if ids else 1.0
        return None if recall >= LEAST_RECALL else f"it finds {recall:.0%} of what it should"

    def _recall(self, ids: Sequence[ChunkId]) -> float:
        """Return the share of the true neighbours of some vectors that are found.

        Neighbours as near as the last true one count too: equal texts have equal vectors.
        """
        asked = to_rows(self._store.vectors_of(ids[:: max(1, len(ids) // SAMPLE)][:SAMPLE]))[1]
        found = right = 0
        for row, least in zip(asked, self._least(asked, ids), strict=True):
            hits = self._nearest(row.tobytes(), NEIGHBOURS)
            found += min(NEIGHBOURS, len(ids))
            right += sum(hit.score >= least - 1e-4 for hit in hits)
        return right / found

    def _least(self, asked: NDArray[np.float32], ids: Sequence[ChunkId]) -> NDArray[np.float32]:
        """Return for each row the cosine of its last true neighbour."""
        import numpy as np

        best = np.empty((len(asked), 0), dtype=np.float32)
        for start in range(0, len(ids), COMPARED_AT_ONCE):
            rows = to_rows(self._store.vectors_of(ids[start : start + COMPARED_AT_ONCE]))[1]
            best = np.sort(np.hstack([best, asked @ rows.T]), axis=1)[:, -NEIGHBOURS:]
        return best[:, 0]
