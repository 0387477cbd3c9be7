"""Exact nearest-neighbour search over vectors read from SQLite: the reference and the fallback.

For some thousand vectors it is faster than any index. Collections of moderate size stay in
memory between questions.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple

from core.records import ChunkId, CollectionId
from core.retrieval.hits import Hit
from core.store.chunks import ChunkStore, Vectors

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vector = NDArray[np.float32]

KEPT_VECTORS = 40_000
"""Kept in memory over all collections: 60 MB for 384 dimensions."""


class _Matrix(NamedTuple):
    ids: tuple[ChunkId, ...]
    rows: Vector


class ExactSearch:
    """Compares a question with every vector of a collection; safe from any thread."""

    def __init__(self, store: ChunkStore):
        self._store = store
        self._lock = threading.Lock()
        self._kept: OrderedDict[CollectionId, _Matrix] = OrderedDict()
        self._versions: dict[CollectionId, int] = {}

    def search(self, collection_id: CollectionId, question: Vector, limit: int) -> list[Hit]:
        """Return the chunks of a collection closest to the question, by cosine."""
        import numpy as np

        matrix = self._matrix(collection_id)
        if not matrix.ids:
            return []
        scores = matrix.rows @ question
        best = np.argsort(-scores, kind="stable")[:limit]
        return [Hit(matrix.ids[i], float(scores[i])) for i in best]

    def forget(self, collection_id: CollectionId) -> None:
        """Read the collection anew at the next question: its vectors changed."""
        with self._lock:
            self._kept.pop(collection_id, None)
            self._versions[collection_id] = self._versions.get(collection_id, 0) + 1

    def _matrix(self, collection_id: CollectionId) -> _Matrix:
        with self._lock:
            kept = self._kept.get(collection_id)
            version = self._versions.get(collection_id, 0)
            if kept is not None:
                self._kept.move_to_end(collection_id)
                return kept
        matrix = _Matrix(*to_rows(self._store.collection_vectors(collection_id)))
        with self._lock:
            if version == self._versions.get(collection_id, 0):  # else it changed while we read
                self._kept[collection_id] = matrix
            while sum(len(each.ids) for each in self._kept.values()) > KEPT_VECTORS:
                self._kept.popitem(last=False)
        return matrix


def to_rows(vectors: Vectors) -> tuple[tuple[ChunkId, ...], Vector]:
    """Turn stored blobs into a matrix with one row for each id."""
    import numpy as np

    if not vectors.ids:
        return (), np.zeros((0, 0), dtype=np.float32)
    rows = np.frombuffer(b"".join(vectors.blobs), dtype="<f4").reshape(len(vectors.ids), -1)
    return vectors.ids, rows
