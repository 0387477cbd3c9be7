"""Jobs: rows to records, with what their documents tell of them.

Functions on an open connection, so that several of them make up one transaction.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, case, func, insert, select

from core.errors import NotFound
from core.records import (
    CollectionId,
    DocumentState,
    IngestJob,
    JobId,
    JobKind,
    JobState,
    UserId,
    now,
)
from core.store.document_rows import FINDABLE, LIVE, WORKING
from core.store.schema import chunk, document, embedding, ingest_job


def insert_job(
    connection: Connection,
    job_id: JobId,
    owner_id: UserId,
    collection_id: CollectionId,
    skipped: Sequence[str] = (),
) -> None:
    """Add a running job; its documents follow."""
    connection.execute(
        insert(ingest_job).values(
            id=job_id,
            owner_id=owner_id,
            collection_id=collection_id,
            kind=JobKind.INGEST,
            state=JobState.RUNNING,
            skipped_json=json.dumps(skipped),
            created_at=now().isoformat(),
        )
    )


def own_job(connection: Connection, owner_id: UserId, job_id: JobId) -> IngestJob:
    """Return a job with its counts; raises NotFound."""
    row = connection.execute(
        select(ingest_job).where(ingest_job.c.id == job_id, ingest_job.c.owner_id == owner_id)
    ).first()
    if row is None:
        raise NotFound("job", job_id)
    return to_job(connection, row)


def to_job(connection: Connection, row: Row[Any]) -> IngestJob:
    """Turn a row of `ingest_job` into its record."""
    if row.kind == JobKind.REINDEX:
        return _reindex_job(connection, row)
    skipped = tuple(json.loads(row.skipped_json))
    counts = _ingest_counts(connection, row.id)
    working = int(counts.working)
    state = _state(row, working)
    return IngestJob(
        id=row.id,
        owner_id=row.owner_id,
        collection_id=row.collection_id,
        created_at=datetime.fromisoformat(row.created_at),
        total=counts.total + len(skipped),
        done=counts.total - counts.failed - working + len(skipped),
        failed=counts.failed,
        finished=state in (JobState.FINISHED, JobState.CANCELLED),
        skipped=skipped,
        state=state,
        pages=counts.pages,
        chunks=counts.chunks,
        embedded=counts.embedded,
    )


def _state(row: Row[Any], working: int) -> JobState:
    decided = JobState(row.state)
    if decided is JobState.CANCELLED or working:
        return decided
    return JobState.FINISHED


def _ingest_counts(connection: Connection, job_id: JobId) -> Row[Any]:
    """Count the job's documents, and what was made of them.

    A document in the trash needs no more work, nor one that keyword search alone will find
    because no vectors can be made, nor one whose drive is away.
    """
    present = and_(LIVE, document.c.offline_at.is_(None))
    working = and_(present, document.c.state.in_(WORKING), document.c.reason.is_(None))
    failed = and_(LIVE, document.c.state == DocumentState.FAILED)
    return connection.execute(
        select(
            func.count().label("total"),
            func.coalesce(func.sum(case((failed, 1), else_=0)), 0).label("failed"),
            func.coalesce(func.sum(case((working, 1), else_=0)), 0).label("working"),
            func.coalesce(func.sum(document.c.pages), 0).label("pages"),
            func.coalesce(func.sum(document.c.chunk_count), 0).label("chunks"),
            func.coalesce(func.sum(document.c.embedded_count), 0).label("embedded"),
        ).where(document.c.job_id == job_id)
    ).one()


def _reindex_job(connection: Connection, row: Row[Any]) -> IngestJob:
    """A job of new vectors: a document is done when all of its chunks have theirs."""
    fresh = (
        select(chunk.c.document_id, func.count().label("made"))
        .join(embedding, embedding.c.chunk_id == chunk.c.id)
        .where(embedding.c.generation == row.generation)
        .group_by(chunk.c.document_id)
        .subquery()
    )
    made = func.coalesce(fresh.c.made, 0)
    total, done, pages, chunks, embedded = connection.execute(
        select(
            func.count(),
            func.coalesce(func.sum(case((made >= document.c.chunk_count, 1), else_=0)), 0),
            func.coalesce(func.sum(document.c.pages), 0),
            func.coalesce(func.sum(document.c.chunk_count), 0),
            func.coalesce(func.sum(made), 0),
        )
        .outerjoin(fresh, fresh.c.document_id == document.c.id)
        .where(document.c.collection_id == row.collection_id, LIVE, FINDABLE)
    ).one()
    state = JobState(row.state)
    return IngestJob(
        id=row.id,
        owner_id=row.owner_id,
        collection_id=row.collection_id,
        created_at=datetime.fromisoformat(row.created_at),
        total=total,
        done=total if state is JobState.FINISHED else done,
        failed=0,
        finished=state in (JobState.FINISHED, JobState.CANCELLED),
        state=state,
        kind=JobKind.REINDEX,
        pages=pages,
        chunks=chunks,
        embedded=chunks if state is JobState.FINISHED else embedded,
    )
