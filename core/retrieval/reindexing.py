"""New vectors for a whole collection by another embedder, in times when nothing else waits.

The old vectors answer until the last new one is made; then both change places in one transaction.
"""

from __future__ import annotations

import logging
import time
from dataclasses import replace

from core.changes import Changes, Topic
from core.crashpoints import reached
from core.errors import Cancelled, EngineFailed
from core.records import JobId
from core.retrieval.embedding_step import EmbeddingStep
from core.retrieval.vector_index import VectorIndex
from core.store.generations import Generations, NewGeneration
from core.streams import Cancel

log = logging.getLogger(__name__)

RETRY_AFTER_S = 60.0
ANNOUNCE_EVERY_S = 0.5


class Reindexing:
    """Makes new generations, batch by batch; used by one thread."""

    def __init__(
        self, store: Generations, step: EmbeddingStep, vectors: VectorIndex, changes: Changes
    ):
        self._store = store
        self._step = step
        self._vectors = vectors
        self._changes = changes
        self._resting: dict[JobId, float] = {}
        """Jobs whose embedder failed, and when to try again."""
        self._announced_at = 0.0
        self._may_be_stale = True

    def step(self, cancel: Cancel) -> bool:
        """Make one batch of the oldest open job; False where there is none."""
        now = time.monotonic()
        self._resting = {job: until for job, until in self._resting.items() if until > now}
        made = self._store.next(list(self._resting))
        if made is None:
            return self._drop_stale()
        self._may_be_stale = True
        try:
            self._advance(made, cancel)
        except EngineFailed as error:
            log.error("new vectors for %s have to wait: %s", made.collection_id, error)
            self._resting[made.job_id] = now + RETRY_AFTER_S
        return True

    def _advance(self, made: NewGeneration, cancel: Cancel) -> None:
        missing = self._store.missing(made, self._step.size)
        if missing:
            blobs = self._step.vectors(made.embedder_id, missing)
            if cancel:
                raise Cancelled
            self._store.store(made, [each.id for each in missing], blobs)
            reached("reindex.stored")
            self._announce(made)
            return
        self._vectors.build(made.collection_id, made.generation, cancel)
        reached("reindex.built")
        if cancel:
            raise Cancelled
        made_by = self._step.embedders.made_by(made.embedder_id)
        if self._store.complete(made, replace(made_by, embedder_id=made.embedder_id)):
            reached("reindex.swapped")
            self._vectors.renew(made.collection_id)
            self._announce(made, at_once=True)

    def _announce(self, made: NewGeneration, *, at_once: bool = False) -> None:
        if at_once or time.monotonic() - self._announced_at >= ANNOUNCE_EVERY_S:
            self._announced_at = time.monotonic()
            self._changes.announce(Topic.COLLECTIONS, made.collection_id, made.owner_id)

    def _drop_stale(self) -> bool:
        """Delete vectors of generations that are over, some at a time."""
        if self._may_be_stale:
            self._may_be_stale = self._store.drop_stale()
            return self._may_be_stale
        return False
