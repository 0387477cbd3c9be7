"""What the two repositories over documents share: queries by owner, and rows to records.

Functions on an open connection, so that several of them make up one transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    case,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)

from core.errors import NotFound
from core.records import (
    PARTIAL,
    Collection,
    CollectionId,
    Document,
    DocumentId,
    DocumentState,
    JobId,
    UserId,
    new_id,
    now,
)
from core.store.schema import collection, document, document_tag, file_copy, outbox

LIVE = document.c.deleted_at.is_(None)
FINDABLE = document.c.state.in_((DocumentState.INDEXING, DocumentState.READY))
USER, GONE, CANCELLED = "user", "gone", "cancelled"
REPLACED, PURGED = "replaced", "purged"
"""Why a document is in the trash: its owner put it there, its file went, or its job was cancelled
before it was read. Those that were replaced by a newer version, or purged, cannot be restored and
are removed once the indexes have forgotten them."""
RESTORABLE = document.c.deleted_why.in_((USER, GONE, CANCELLED))
TAGS = (
    select(func.group_concat(document_tag.c.tag, "\n"))
    .where(document_tag.c.document_id == document.c.id)
    .scalar_subquery()
    .label("tags")
)
WORKING = (DocumentState.QUEUED, DocumentState.PARSING, DocumentState.INDEXING)


@dataclass(frozen=True, slots=True)
class FileSeen:
    """A file as it was found, before anybody read it."""

    name: str
    path: str
    size_bytes: int = 0
    modified_ns: int = 0
    identity: str = ""
    """Device and file, such as '64:1234': the same for a file that was renamed."""

    @property
    def stamp(self) -> tuple[str, int, int]:
        """Path, size and time of the last change: the same stamp means an unchanged file."""
        return self.path, self.size_bytes, self.modified_ns


def put_in_trash(connection: Connection, document_ids: Sequence[str], why: str = USER) -> None:
    """Mark documents as deleted and tell the indexes to forget them."""
    when = now().isoformat()
    document_ids = [*document_ids, *_attached_to(connection, document_ids, LIVE)]
    connection.execute(
        update(document)
        .where(document.c.id.in_(document_ids))
        .values(deleted_at=when, deleted_why=why)
    )
    rows = connection.execute(
        select(document.c.id, document.c.collection_id).where(document.c.id.in_(document_ids))
    )
    add_errands(connection, "delete", [(row.collection_id, row.id) for row in rows])


def revive(connection: Connection, document_ids: Sequence[str]) -> None:
    """Take documents out of the trash; the indexes are told again of those that were read.

    The file is not asked for: where it is gone, the document is offline, not deleted once more.
    What was attached to a mail comes back with it, unless it was deleted by itself.
    """
    moments = select(document.c.deleted_at).where(document.c.id.in_(document_ids))
    document_ids = [
        *document_ids,
        *_attached_to(connection, document_ids, document.c.deleted_at.in_(moments)),
    ]
    connection.execute(
        update(document)
        .where(document.c.id.in_(document_ids))
        .values(
            deleted_at=None,
            deleted_why=None,
            identity="",
            state=case(
                (document.c.state == DocumentState.READY, DocumentState.INDEXING),
                (document.c.state == DocumentState.PARSING, DocumentState.QUEUED),
                else_=document.c.state,
            ),
        )
    )
    rows = connection.execute(
        select(document.c.id, document.c.collection_id).where(
            document.c.id.in_(document_ids), FINDABLE
        )
    )
    add_errands(connection, "restore", [(row.collection_id, row.id) for row in rows])


def _attached_to(
    connection: Connection, document_ids: Sequence[str], which: ColumnElement[bool]
) -> list[str]:
    """Return what is attached to documents, to their attachments, and so on."""
    found: list[str] = []
    parents = document_ids
    while parents:
        query = select(document.c.id).where(document.c.parent_id.in_(parents), which)
        parents = connection.execute(query).scalars().all()
        found += parents
    return found


def add_errands(connection: Connection, action: str, of: Sequence[tuple[str, str]]) -> None:
    """Note what the indexes have to be told of documents, each named with its collection."""
    when = now().isoformat()
    notes = [
        {"action": action, "collection_id": each[0], "document_id": each[1], "created_at": when}
        for each in of
    ]
    if notes:
        connection.execute(insert(outbox), notes)


def to_document(row: Row[Any]) -> Document:
    """Turn a row of `document` into its record; with its tags where they were selected too."""
    return Document(
        id=row.id,
        collection_id=row.collection_id,
        owner_id=row.owner_id,
        name=row.name,
        path=row.path,
        media_type=row.media_type,
        size_bytes=row.size_bytes,
        sha256=row.sha256,
        state=_state(row),
        created_at=datetime.fromisoformat(row.created_at),
        pages=row.pages,
        characters=row.characters,
        chunk_count=row.chunk_count,
        embedded_count=row.embedded_count,
        problem=row.problem or row.unread,
        reason=row.reason or (PARTIAL if row.unread else None),
        title=row.title,
        parent_id=row.parent_id,
        tags=tags_of(row._mapping.get("tags")),
    )


def tags_of(joined: str | None) -> tuple[str, ...]:
    """Return what `TAGS` selects as a record has it: in the order of the alphabet."""
    return tuple(sorted(joined.split("\n"), key=str.casefold)) if joined else ()


def tagged(tags: Sequence[str]) -> Select[tuple[str]]:
    """Select the ids of all documents that have one of the tags."""
    return select(document_tag.c.document_id).where(document_tag.c.tag.in_(tags))


def put_tags(connection: Connection, document_id: str, tags: Sequence[str]) -> None:
    """Give a document exactly these tags."""
    connection.execute(delete(document_tag).where(document_tag.c.document_id == document_id))
    if rows := [{"document_id": document_id, "tag": tag} for tag in tags]:
        connection.execute(insert(document_tag), rows)


def inherit_tags(connection: Connection, heirs_id: str, document_ids: Sequence[str]) -> None:
    """Add to a document's tags those of what it takes the place of, such as its older version."""
    all_ids = [heirs_id, *document_ids]
    query = select(document_tag.c.tag).where(document_tag.c.document_id.in_(all_ids)).distinct()
    put_tags(connection, heirs_id, connection.execute(query).scalars().all())


def _state(row: Row[Any]) -> DocumentState:
    """Being deleted or out of reach hides what a document was, and does not change it."""
    if row.deleted_at is not None:
        return DocumentState.TRASHED
    if row.offline_at is not None:
        return DocumentState.OFFLINE
    return DocumentState(row.state)


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
        embedder_id=row.embedder_id,
        embedder=row.embedder,
        dimension=row.dimension,
        query_prefix=row.query_prefix or "",
        passage_prefix=row.passage_prefix or "",
        generation=row.generation,
    )


def documents_of(owner_id: UserId) -> Select[Any]:
    return select(document, TAGS).where(document.c.owner_id == owner_id, LIVE)


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


def known_files(connection: Connection, collection_id: CollectionId) -> set[tuple[str, int, int]]:
    """Return path, size and time of the files that are ingested, about to be, or mere copies."""
    rows = connection.execute(
        select(document.c.path, document.c.size_bytes, document.c.modified_ns).where(
            document.c.collection_id == collection_id,
            LIVE,
            document.c.state != DocumentState.FAILED,
        )
    )
    copies = connection.execute(
        select(file_copy.c.path, file_copy.c.size_bytes, file_copy.c.modified_ns).where(
            file_copy.c.collection_id == collection_id,
            exists().where(
                document.c.sha256 == file_copy.c.sha256,
                document.c.collection_id == collection_id,
                LIVE,
            ),
        )
    )
    return {(row.path, row.size_bytes, row.modified_ns) for row in (*rows, *copies)}


def queued(
    file: FileSeen,
    job_id: JobId | None,
    owner_id: UserId,
    collection_id: CollectionId,
    when: str,
    parent_id: DocumentId | None = None,
) -> dict[str, object]:
    return {
        "parent_id": parent_id,
        "id": new_id("doc"),
        "owner_id": owner_id,
        "collection_id": collection_id,
        "job_id": job_id,
        "name": file.name,
        "path": file.path,
        "media_type": "",
        "size_bytes": file.size_bytes,
        "modified_ns": file.modified_ns,
        "identity": file.identity,
        "sha256": "",
        "state": DocumentState.QUEUED,
        "title": "",
        "characters": 0,
        "chunk_count": 0,
        "embedded_count": 0,
        "created_at": when,
    }
