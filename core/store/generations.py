"""New vectors for a whole collection, beside those that answer questions meanwhile.

A generation is all vectors of a collection that one embedder made. While a job makes the next
one, documents that come in get vectors of both; when the last chunk has its new vector, one
transaction swaps them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Select, delete, exists, func, insert, select, update

from core.errors import Conflict
from core.records import (
    ChunkId,
    CollectionId,
    EmbedderId,
    IngestJob,
    JobId,
    JobKind,
    JobState,
    UserId,
    new_id,
    now,
)
from core.store.audit import append
from core.store.chunks import STORED, MadeBy, StoredChunk, stored_chunk, vector_rows
from core.store.database import Database
from core.store.document_rows import FINDABLE, LIVE, own_collection
from core.store.job_rows import own_job
from core.store.schema import chunk, collection, document, embedding, ingest_job

STALE_AT_ONCE = 2000
_OPEN = ingest_job.c.state.in_((JobState.RUNNING, JobState.PAUSED))
_REINDEX = ingest_job.c.kind == JobKind.REINDEX


@dataclass(frozen=True, slots=True)
class NewGeneration:
    """A generation that is being made."""

    job_id: JobId
    owner_id: UserId
    collection_id: CollectionId
    embedder_id: EmbedderId
    generation: int


class Generations:
    """Generations of vectors on their way; the present one is `chunks.py`'s."""

    def __init__(self, database: Database):
        self._database = database

    def begin(
        self, owner_id: UserId, collection_id: CollectionId, embedder_id: EmbedderId
    ) -> IngestJob:
        """Open a job of new vectors; raises NotFound, Conflict where one is open already."""
        job_id = JobId(new_id("job"))
        own = ingest_job.c.collection_id == collection_id

        def open_job(connection: Connection) -> IngestJob:
            own_collection(connection, owner_id, collection_id)
            if connection.execute(select(ingest_job.c.id).where(own, _REINDEX, _OPEN)).first():
                raise Conflict(
                    "New vectors are being made for this collection already.",
                    advice="Wait until that job has ended, or cancel it.",
                )
            last = connection.execute(select(func.max(ingest_job.c.generation)).where(own)).scalar()
            present = connection.execute(
                select(collection.c.generation).where(collection.c.id == collection_id)
            ).scalar_one()
            connection.execute(
                insert(ingest_job).values(
                    id=job_id,
                    owner_id=owner_id,
                    collection_id=collection_id,
                    kind=JobKind.REINDEX,
                    state=JobState.RUNNING,
                    embedder_id=embedder_id,
                    generation=max(present, last or 0) + 1,
                    skipped_json="[]",
                    created_at=now().isoformat(),
                )
            )
            append(connection, "collection.reindex", collection_id, owner_id, detail=embedder_id)
            return own_job(connection, owner_id, job_id)

        return self._database.write(open_job)

    def next(self, exclude: Sequence[JobId] = ()) -> NewGeneration | None:
        """Return the generation that has waited longest to be made."""
        query = (
            select(ingest_job)
            .join(collection, collection.c.id == ingest_job.c.collection_id)
            .where(_REINDEX, ingest_job.c.state == JobState.RUNNING)
            .where(collection.c.deleted_at.is_(None), ingest_job.c.id.not_in(exclude))
            .order_by(ingest_job.c.created_at, ingest_job.c.id)
            .limit(1)
        )
        row = self._database.read(lambda c: c.execute(query).first())
        if row is None:
            return None
        return NewGeneration(
            row.id, row.owner_id, row.collection_id, row.embedder_id, row.generation
        )

    def missing(self, made: NewGeneration, limit: int) -> list[StoredChunk]:
        """Return some chunks that have no vector of the new generation, of similar length."""
        query = _lacking(STORED, made).order_by(func.length(chunk.c.text), chunk.c.id).limit(limit)
        return self._database.read(lambda c: [stored_chunk(row) for row in c.execute(query)])

    def store(self, made: NewGeneration, ids: Sequence[ChunkId], blobs: Sequence[bytes]) -> None:
        """Keep new vectors, unless the job has ended or the chunks have gone meanwhile."""

        def write(connection: Connection) -> None:
            is_open = select(ingest_job.c.id).where(ingest_job.c.id == made.job_id, _OPEN)
            if connection.execute(is_open).first() is None:
                return
            there = set(connection.execute(select(chunk.c.id).where(chunk.c.id.in_(ids))).scalars())
            rows = vector_rows(ids, blobs, made.generation)
            if kept := [row for row in rows if row["chunk_id"] in there]:
                connection.execute(insert(embedding), kept)

        self._database.write(write)

    def complete(self, made: NewGeneration, made_by: MadeBy) -> bool:
        """Let the new vectors answer from now on; False where a chunk lacks its own yet."""

        def swap(connection: Connection) -> bool:
            if connection.execute(_lacking(select(chunk.c.id), made).limit(1)).first():
                return False
            ended = connection.execute(
                update(ingest_job)
                .where(ingest_job.c.id == made.job_id, _OPEN)
                .values(state=JobState.FINISHED)
            )
            if ended.rowcount:
                connection.execute(
                    update(collection)
                    .where(collection.c.id == made.collection_id)
                    .values(generation=made.generation, **asdict(made_by))
                )
                _recount(connection, made)
            return True

        return self._database.write(swap)

    def drop_stale(self) -> bool:
        """Delete some vectors of generations that are over; False where there are none."""
        coming = exists().where(
            ingest_job.c.collection_id == collection.c.id,
            ingest_job.c.generation == embedding.c.generation,
            _REINDEX,
            _OPEN,
        )
        stale = (
            select(embedding.c.chunk_id, embedding.c.generation)
            .join(chunk, chunk.c.id == embedding.c.chunk_id)
            .join(document, document.c.id == chunk.c.document_id)
            .join(collection, collection.c.id == document.c.collection_id)
            .where(embedding.c.generation != collection.c.generation, ~coming)
            .limit(STALE_AT_ONCE)
        )

        def drop(connection: Connection) -> bool:
            rows = connection.execute(stale).all()
            for generation in {row.generation for row in rows}:
                ids = [row.chunk_id for row in rows if row.generation == generation]
                connection.execute(
                    delete(embedding).where(
                        embedding.c.chunk_id.in_(ids), embedding.c.generation == generation
                    )
                )
            return bool(rows)

        return self._database.write(drop)


def _lacking(query: Select[Any], made: NewGeneration) -> Select[Any]:
    """Restrict a query over chunks to those without a vector of the new generation."""
    has = exists().where(
        embedding.c.chunk_id == chunk.c.id, embedding.c.generation == made.generation
    )
    if query is not STORED:
        query = query.join(document, document.c.id == chunk.c.document_id)
    return query.where(document.c.collection_id == made.collection_id, LIVE, FINDABLE, ~has)


def _recount(connection: Connection, made: NewGeneration) -> None:
    """Set how many chunks of each document have a vector: all, or none where it lies in the
    trash and was left out."""
    count = (
        select(func.count())
        .select_from(embedding)
        .join(chunk, chunk.c.id == embedding.c.chunk_id)
        .where(chunk.c.document_id == document.c.id, embedding.c.generation == made.generation)
        .scalar_subquery()
    )
    connection.execute(
        update(document)
        .where(document.c.collection_id == made.collection_id)
        .values(embedded_count=count)
    )
