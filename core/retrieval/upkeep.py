"""What is done in idle times: the trash is emptied, models rest, the vector index is slimmed."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

from core.crashpoints import reached
from core.records import now
from core.retrieval.embedders import Embedders
from core.retrieval.reranking import Rerankers
from core.retrieval.vector_index import VectorIndex
from core.store.indexing import IngestStore
from core.streams import Cancel

LOOK_AT_AGE_EVERY_S = 3600.0


class Upkeep:
    """Tidies up, a little at a time; used by one thread."""

    def __init__(
        self,
        store: IngestStore,
        embedders: Embedders,
        rerankers: Rerankers,
        vectors: VectorIndex,
        uploads: Path,
        trash_days: int,
    ):
        self._store = store
        self._embedders = embedders
        self._rerankers = rerankers
        self._vectors = vectors
        self._uploads = uploads
        self._trash_days = trash_days
        self._looked_at: float | None = None

    def step(self, cancel: Cancel) -> bool:
        """Do one thing; False where there is nothing to do."""
        self._embedders.sweep()
        self._rerankers.sweep()
        self._give_up_the_old()
        if removed := self._store.remove_purged():
            reached("purge.removed")
            for path in map(Path, removed):
                if path.parent == self._uploads:
                    path.unlink(missing_ok=True)
            reached("purge.unlinked")
            return True
        return self._vectors.slim(cancel)

    def _give_up_the_old(self) -> None:
        """Once an hour: what has been in the trash for too long cannot be restored any more."""
        due = self._looked_at is None or time.monotonic() - self._looked_at >= LOOK_AT_AGE_EVERY_S
        if due and self._trash_days:
            self._store.purge_older_than(now() - timedelta(days=self._trash_days))
        if due:
            self._looked_at = time.monotonic()
