"""Jobs as their owner sees and steers them.

Pausing and cancelling are decisions in a row: ingest looks at it before each step, so they hold
over a restart. What a cancelled job has read stays; what it has not goes to the trash.
"""

from __future__ import annotations

from sqlalchemy import Connection, func, select, update

from core.errors import Conflict
from core.records import CollectionId, DocumentState, IngestJob, JobId, JobKind, JobState, UserId
from core.store.audit import append
from core.store.database import Database
from core.store.document_rows import CANCELLED, LIVE, own_collection, put_in_trash
from core.store.job_rows import own_job, to_job
from core.store.schema import collection, document, ingest_job

MAX_LISTED = 100


class JobStore:
    """The owner-scoped repository of jobs."""

    def __init__(self, database: Database):
        self._database = database

    def job(self, owner_id: UserId, job_id: JobId) -> IngestJob:
        """Return a job with its counts; raises NotFound."""
        return self._database.read(lambda c: own_job(c, owner_id, job_id))

    def jobs(self, owner_id: UserId, collection_id: CollectionId | None = None) -> list[IngestJob]:
        """Return the newest jobs, of one collection or all, newest first; raises NotFound."""
        query = (
            select(ingest_job)
            .join(collection, collection.c.id == ingest_job.c.collection_id)
            .where(ingest_job.c.owner_id == owner_id, collection.c.deleted_at.is_(None))
            .order_by(ingest_job.c.created_at.desc(), ingest_job.c.id.desc())
            .limit(MAX_LISTED)
        )
        if collection_id is not None:
            query = query.where(ingest_job.c.collection_id == collection_id)

        def fetch(connection: Connection) -> list[IngestJob]:
            if collection_id is not None:
                own_collection(connection, owner_id, collection_id)
            return [to_job(connection, row) for row in connection.execute(query).all()]

        return self._database.read(fetch)

    def pause(self, owner_id: UserId, job_id: JobId) -> IngestJob:
        """Let a job rest until it is resumed; raises NotFound, Conflict where it has ended."""
        return self._decide(owner_id, job_id, JobState.PAUSED)

    def resume(self, owner_id: UserId, job_id: JobId) -> IngestJob:
        """Go on with a paused job; raises NotFound, Conflict where it has ended."""
        return self._decide(owner_id, job_id, JobState.RUNNING)

    def cancel(self, owner_id: UserId, job_id: JobId) -> IngestJob:
        """End a job: what was not read goes to the trash, what was read stays without vectors.

        Raises NotFound, Conflict where it has ended.
        """
        return self._decide(owner_id, job_id, JobState.CANCELLED)

    def unread_share(self, job_id: JobId) -> float:
        """Return the bytes still to be read over those that were read; infinite before the first.

        With it, the chunks made so far tell how many there will be.
        """
        waiting = document.c.state.in_((DocumentState.QUEUED, DocumentState.PARSING))
        query = (
            select(waiting.label("waiting"), func.sum(document.c.size_bytes))
            .where(document.c.job_id == job_id, LIVE)
            .group_by(waiting)
        )
        rows = self._database.read(lambda c: c.execute(query).all())
        found = {bool(row[0]): row[1] for row in rows}
        unread, read = found.get(True, 0), found.get(False, 0)
        return unread / read if read else (float("inf") if unread else 0.0)

    def _decide(self, owner_id: UserId, job_id: JobId, state: JobState) -> IngestJob:
        def decide(connection: Connection) -> IngestJob:
            found = own_job(connection, owner_id, job_id)
            if found.finished:
                raise Conflict(f"The job has ended: it is {found.state}.")
            connection.execute(
                update(ingest_job).where(ingest_job.c.id == job_id).values(state=state)
            )
            append(connection, f"job.{state}", job_id, owner_id)
            if state is JobState.CANCELLED and found.kind is JobKind.INGEST:
                _give_up(connection, job_id)
            return own_job(connection, owner_id, job_id)

        return self._database.write(decide)


def _give_up(connection: Connection, job_id: JobId) -> None:
    own = document.c.job_id == job_id
    unread = document.c.state.in_((DocumentState.QUEUED, DocumentState.PARSING))
    ids = connection.execute(select(document.c.id).where(own, LIVE, unread)).scalars().all()
    put_in_trash(connection, ids, CANCELLED)
    problem = "Its job was cancelled before its vectors were made; keyword search finds it."
    connection.execute(
        update(document)
        .where(own, LIVE, document.c.state == DocumentState.INDEXING)
        .values(reason=CANCELLED, problem=problem)
    )
