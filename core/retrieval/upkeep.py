"""What is done in idle times: the trash is emptied, models rest, the vector index is slimmed."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from core.crashpoints import reached
from core.records import now
from core.retrieval.embedders import UNASKED_S, Embedders
from core.retrieval.reranking import Rerankers
from core.retrieval.vector_index import VectorIndex
from core.store.indexing import IngestStore
from core.streams import Cancel

LOOK_AT_AGE_EVERY_S = 3600.0


class Upkeep:
    """Tidies up, a little at a time; used by one thread.

    What takes memory rests sooner while nobody is `expecting` answers.
    """

    def __init__(
        self,
        store: IngestStore,
        embedders: Embedders,
        rerankers: Rerankers,
        vectors: VectorIndex,
        uploads: Path,
        trash_days: int,
        expecting: Callable[[], bool],
    ):
        self._store = store
        self._embedders = embedders
        self._rerankers = rerankers
        self._vectors = vectors
        self._uploads = uploads
        self._trash_days = trash_days
        self._expecting = expecting
        self._looked_at: float | None = None

    def step(self, cancel: Cancel) -> bool:
        """Do one thing; False where there is nothing to do."""
        self._sweep(expecting=self._expecting())
        self._give_up_the_old()
        if removed := self._store.remove_purged():
            reached("purge.removed")
            for path in map(Path, removed):
                if path.parent == self._uploads:
                    path.unlink(missing_ok=True)
            reached("purge.unlinked")
            return True
        return self._vectors.slim(cancel)

    def _sweep(self, *, expecting: bool) -> None:
        """Have what nobody wants rest, and wake what will be wanted."""
        self._embedders.sweep(expecting=expecting)
        self._rerankers.sweep()
        if expecting:
            self._vectors.wake()
        else:
            self._vectors.rest(UNASKED_S)

    def _give_up_the_old(self) -> None:
        """Once an hour: what has been in the trash for too long cannot be restored any more."""
        due = self._looked_at is None or time.monotonic() - self._looked_at >= LOOK_AT_AGE_EVERY_S
        if due and self._trash_days:
            self._store.purge_older_than(now() - timedelta(days=self._trash_days))
        if due:
            self._looked_at = time.monotonic()
