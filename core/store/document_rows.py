"""What the two repositories over documents share: queries by owner, and rows to records.

Functions on an open connection, so that several of them make up one transaction.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, case, func, insert, select, update

from core.errors import NotFound
from core.records import (
    PARTIAL,
    Collection,
    CollectionId,
    Document,
    DocumentId,
    DocumentState,
    IngestJob,
    JobId,
    UserId,
    new_id,
    now,
)
from core.store.schema import collection, document, ingest_job, outbox

LIVE = document.c.deleted_at.is_(None)
FINDABLE = document.c.state.in_((DocumentState.INDEXING, DocumentState.READY))
WORKING = (DocumentState.QUEUED, DocumentState.PARSING, DocumentState.INDEXING)


@dataclass(frozen=True, slots=True)
class FileSeen:
    """A file as it was found, before anybody read it."""

    name: str
    path: str
    size_bytes: int = 0
    modified_ns: int = 0

    @property
    def stamp(self) -> tuple[str, int, int]:
        """Path, size and time of the last change: the same stamp means an unchanged file."""
        return self.path, self.size_bytes, self.modified_ns


def put_in_trash(connection: Connection, document_ids: Sequence[str]) -> None:
    """Mark documents as deleted and tell the indexes to forget them."""
    when = now().isoformat()
    connection.execute(
        update(document).where(document.c.id.in_(document_ids)).values(deleted_at=when)
    )
    rows = connection.execute(
        select(document.c.id, document.c.collection_id).where(document.c.id.in_(document_ids))
    )
    notes = [
        {
            "action": "delete",
            "collection_id": row.collection_id,
            "document_id": row.id,
            "created_at": when,
        }
        for row in rows
    ]
    if notes:
        connection.execute(insert(outbox), notes)


def to_document(row: Row[Any]) -> Document:
    """Turn a row of `document` into its record."""
    return Document(
        id=row.id,
        collection_id=row.collection_id,
        owner_id=row.owner_id,
        name=row.name,
        path=row.path,
        media_type=row.media_type,
        size_bytes=row.size_bytes,
        sha256=row.sha256,
        state=DocumentState(row.state),
        created_at=datetime.fromisoformat(row.created_at),
        pages=row.pages,
        characters=row.characters,
        chunk_count=row.chunk_count,
        embedded_count=row.embedded_count,
        problem=row.problem or row.unread,
        reason=row.reason or (PARTIAL if row.unread else None),
        title=row.title,
    )


def collections_of(owner_id: UserId) -> Select[Any]:
    counts = (
        select(
            document.c.collection_id,
            func.count().label("document_count"),
            func.sum(case((document.c.state == DocumentState.READY, 1), else_=0)).label("ready"),
            func.sum(case((document.c.state == DocumentState.FAILED, 1), else_=0)).label("failed"),
            func.sum(document.c.chunk_count).label("chunk_count"),
            func.sum(document.c.size_bytes).label("size_bytes"),
        )
        .where(LIVE, document.c.owner_id == owner_id)
        .group_by(document.c.collection_id)
        .subquery()
    )
    return (
        select(
            collection,
            counts.c.document_count,
            counts.c.ready,
            counts.c.failed,
            counts.c.chunk_count,
            counts.c.size_bytes,
        )
        .outerjoin(counts, counts.c.collection_id == collection.c.id)
        .where(collection.c.owner_id == owner_id, collection.c.deleted_at.is_(None))
    )


def to_collection(row: Row[Any]) -> Collection:
    return Collection(
        id=row.id,
        owner_id=row.owner_id,
        name=row.name,
        description=row.description,
        created_at=datetime.fromisoformat(row.created_at),
        document_count=row.document_count or 0,
        ready_count=row.ready or 0,
        failed_count=row.failed or 0,
        chunk_count=row.chunk_count or 0,
        size_bytes=row.size_bytes or 0,
    )


def documents_of(owner_id: UserId) -> Select[Any]:
    return select(document).where(document.c.owner_id == owner_id, LIVE)


def own_collection(connection: Connection, owner_id: UserId, collection_id: CollectionId) -> None:
    query = select(collection.c.id).where(
        collection.c.id == collection_id,
        collection.c.owner_id == owner_id,
        collection.c.deleted_at.is_(None),
    )
    if connection.execute(query).first() is None:
        raise NotFound("collection", collection_id)


def own_document(connection: Connection, owner_id: UserId, document_id: DocumentId) -> Document:
    row = connection.execute(documents_of(owner_id).where(document.c.id == document_id)).first()
    if row is None:
        raise NotFound("document", document_id)
    return to_document(row)


def own_job(connection: Connection, owner_id: UserId, job_id: JobId) -> IngestJob:
    row = connection.execute(
        select(ingest_job).where(ingest_job.c.id == job_id, ingest_job.c.owner_id == owner_id)
    ).first()
    if row is None:
        raise NotFound("job", job_id)
    skipped = tuple(json.loads(row.skipped_json))
    total, failed, working = _job_counts(connection, job_id)
    return IngestJob(
        id=row.id,
        owner_id=row.owner_id,
        collection_id=row.collection_id,
        created_at=datetime.fromisoformat(row.created_at),
        total=total + len(skipped),
        done=total - failed - working + len(skipped),
        failed=failed,
        finished=working == 0,
        skipped=skipped,
    )


def _job_counts(connection: Connection, job_id: JobId) -> tuple[int, int, int]:
    """Return how many documents the job has, how many failed and how many are being worked on.

    A document in the trash needs no more work, nor one that keyword search alone will find
    because no vectors can be made: its `reason` says so.
    """
    working = and_(LIVE, document.c.state.in_(WORKING), document.c.reason.is_(None))
    failed = and_(LIVE, document.c.state == DocumentState.FAILED)
    total, failed_count, working_count = connection.execute(
        select(
            func.count(),
            func.coalesce(func.sum(case((failed, 1), else_=0)), 0),
            func.coalesce(func.sum(case((working, 1), else_=0)), 0),
        ).where(document.c.job_id == job_id)
    ).one()
    return total, failed_count, working_count


def known_files(connection: Connection, collection_id: CollectionId) -> set[tuple[str, int, int]]:
    """Return path, size and time of the files that are ingested or about to be."""
    rows = connection.execute(
        select(document.c.path, document.c.size_bytes, document.c.modified_ns).where(
            document.c.collection_id == collection_id,
            LIVE,
            document.c.state != DocumentState.FAILED,
        )
    )
    return {(row.path, row.size_bytes, row.modified_ns) for row in rows}


def insert_job(
    connection: Connection,
    job_id: JobId,
    owner_id: UserId,
    collection_id: CollectionId,
    skipped: Sequence[str],
) -> None:
    connection.execute(
        insert(ingest_job).values(
            id=job_id,
            owner_id=owner_id,
            collection_id=collection_id,
            skipped_json=json.dumps(skipped),
            created_at=now().isoformat(),
        )
    )


def queued(
    file: FileSeen, job_id: JobId, owner_id: UserId, collection_id: CollectionId, when: str
) -> dict[str, object]:
    return {
        "id": new_id("doc"),
        "owner_id": owner_id,
        "collection_id": collection_id,
        "job_id": job_id,
        "name": file.name,
        "path": file.path,
        "media_type": "",
        "size_bytes": file.size_bytes,
        "modified_ns": file.modified_ns,
        "sha256": "",
        "state": DocumentState.QUEUED,
        "title": "",
        "characters": 0,
        "chunk_count": 0,
        "embedded_count": 0,
        "created_at": when,
    }
