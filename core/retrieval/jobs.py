"""Jobs as others see them: how far they are, how long they will take, and the hands on them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from core.changes import Changes, Topic
from core.records import CollectionId, IngestJob, JobId, JobKind, JobState, UserId
from core.retrieval.embedders import STARTER
from core.retrieval.pace import Pace
from core.store.chunks import ChunkStore
from core.store.jobs import JobStore


class Jobs:
    """Lists and steers jobs; safe from any thread."""

    def __init__(
        self,
        store: JobStore,
        chunks: ChunkStore,
        pace: Pace,
        changes: Changes,
        wake: Callable[[], None],
    ):
        """`wake` is called after each decision, so that it is obeyed at once."""
        self._store = store
        self._chunks = chunks
        self._pace = pace
        self._changes = changes
        self._wake = wake

    def job(self, owner_id: UserId, job_id: JobId) -> IngestJob:
        """Return how far a job is; raises NotFound."""
        return self._with_time(self._store.job(owner_id, job_id))

    def jobs(self, owner_id: UserId, collection_id: CollectionId | None = None) -> list[IngestJob]:
        """Return the newest jobs, newest first; raises NotFound."""
        return [self._with_time(each) for each in self._store.jobs(owner_id, collection_id)]

    def decide(
        self, owner_id: UserId, job_id: JobId, state: JobState, initiator: str = ""
    ) -> IngestJob:
        """Pause, resume (RUNNING) or cancel a job; raises NotFound, Conflict where it has ended."""
        decided = {
            JobState.PAUSED: self._store.pause,
            JobState.RUNNING: self._store.resume,
            JobState.CANCELLED: self._store.cancel,
        }[state](owner_id, job_id)
        self._changes.announce(Topic.COLLECTIONS, decided.collection_id, owner_id, initiator)
        if state is JobState.CANCELLED:
            self._changes.announce(Topic.DOCUMENTS, "", owner_id, initiator)
        self._wake()
        return self._with_time(decided)

    def _with_time(self, job: IngestJob) -> IngestJob:
        """Add how long the job will take, going by the embedder's pace and the bytes left."""
        if job.finished:
            return replace(job, seconds_left=0.0)
        if job.state is JobState.PAUSED:
            return job
        waiting: float = job.chunks - job.embedded
        if job.kind is JobKind.INGEST:
            waiting += job.chunks * self._store.unread_share(job.id)
        if not math.isfinite(waiting):
            return job
        made_by = self._chunks.made_by([job.collection_id]).get(job.collection_id)
        embedder_id = made_by.embedder_id if made_by else ""
        seconds = self._pace.seconds(embedder_id or STARTER, waiting)
        return replace(job, seconds_left=seconds)
