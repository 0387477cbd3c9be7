"""Chunks and their vectors: what the two indexes are built from, and what a hit turns into.

The keyword and vector indexes know only ids; whether a chunk may be shown, and to whom, is
decided here, so that a stale index can never show a deleted or a foreign document.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, insert, select, update

from core.records import Chunk, ChunkId, CollectionId, DocumentId, DocumentState, UserId
from core.store.database import Database
from core.store.document_rows import FINDABLE, LIVE
from core.store.schema import chunk, collection, document, embedding


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """A chunk with what the indexes and search need to know of its document."""

    id: ChunkId
    document_id: DocumentId
    document_name: str
    document_title: str
    collection_id: CollectionId
    chunk: Chunk


@dataclass(frozen=True, slots=True)
class Vectors:
    """Chunk ids and their vectors in the same order, each float32 little-endian."""

    ids: tuple[ChunkId, ...]
    blobs: tuple[bytes, ...]


class ChunkStore:
    """Chunks by document, vectors by collection, and what a searcher may see."""

    def __init__(self, database: Database):
        self._database = database

    # ------------------------------------------------------------ chunks

    def chunks(self, document_id: DocumentId) -> list[StoredChunk]:
        """Return a document's chunks in their order."""
        query = _STORED.where(chunk.c.document_id == document_id).order_by(chunk.c.ordinal)
        return self._database.read(lambda c: [_stored_chunk(row) for row in c.execute(query)])

    def documents_with_text(self) -> list[DocumentId]:
        """Return every document that the keyword index should hold."""
        query = select(document.c.id).where(LIVE, FINDABLE).order_by(document.c.created_at)
        return list(self._database.read(lambda c: c.execute(query).scalars().all()))

    def searchable(
        self, owner_id: UserId, chunk_ids: Sequence[ChunkId]
    ) -> dict[ChunkId, StoredChunk]:
        """Return those of the chunks that the owner may find: live, indexed, and their own."""
        query = _STORED.where(
            chunk.c.id.in_(chunk_ids), document.c.owner_id == owner_id, LIVE, FINDABLE
        )
        rows = self._database.read(lambda c: c.execute(query).all())
        return {row.id: _stored_chunk(row) for row in rows}

    # ------------------------------------------------------------ vectors

    def unembedded(self, document_id: DocumentId, limit: int) -> list[StoredChunk]:
        """Return the first chunks of a document that have no vector yet."""
        query = (
            _STORED.outerjoin(embedding, embedding.c.chunk_id == chunk.c.id)
            .where(chunk.c.document_id == document_id, embedding.c.chunk_id.is_(None), LIVE)
            .order_by(chunk.c.ordinal)
            .limit(limit)
        )
        return self._database.read(lambda c: [_stored_chunk(row) for row in c.execute(query)])

    def store_vectors(
        self, document_id: DocumentId, ids: Sequence[ChunkId], blobs: Sequence[bytes]
    ) -> None:
        """Keep the vectors of some chunks of one document."""
        rows = [{"chunk_id": i, "vector": blob} for i, blob in zip(ids, blobs, strict=True)]

        def store(connection: Connection) -> None:
            connection.execute(insert(embedding), rows)
            connection.execute(
                update(document)
                .where(document.c.id == document_id)
                .values(embedded_count=document.c.embedded_count + len(rows))
            )

        self._database.write(store)

    def document_vectors(self, document_id: DocumentId) -> Vectors:
        """Return all vectors of a document in the order of its chunks."""
        return self._vectors(chunk.c.document_id == document_id)

    def collection_vectors(self, collection_id: CollectionId) -> Vectors:
        """Return all vectors that a search of the collection may find."""
        return self._vectors(document.c.collection_id == collection_id, LIVE, FINDABLE)

    def vectors_of(self, chunk_ids: Sequence[ChunkId]) -> Vectors:
        """Return the vectors of those of the chunks that have one."""
        return self._vectors(chunk.c.id.in_(chunk_ids))

    def ready_vector_ids(self, collection_id: CollectionId) -> list[ChunkId]:
        """Return the chunks of a collection's ready documents that have a vector."""
        query = (
            select(embedding.c.chunk_id)
            .join(chunk, chunk.c.id == embedding.c.chunk_id)
            .join(document, document.c.id == chunk.c.document_id)
            .where(document.c.collection_id == collection_id, LIVE)
            .where(document.c.state == DocumentState.READY)
        )
        return list(self._database.read(lambda c: c.execute(query).scalars().all()))

    def sample_vector(self, collection_id: CollectionId) -> Vectors:
        """Return one vector of a ready document of the collection, if there is one."""
        ready = document.c.state == DocumentState.READY
        return self._vectors(document.c.collection_id == collection_id, LIVE, ready, limit=1)

    def _vectors(self, *conditions: ColumnElement[bool], limit: int | None = None) -> Vectors:
        query = (
            select(embedding.c.chunk_id, embedding.c.vector)
            .join(chunk, chunk.c.id == embedding.c.chunk_id)
            .join(document, document.c.id == chunk.c.document_id)
            .where(*conditions)
            .order_by(chunk.c.document_id, chunk.c.ordinal)
            .limit(limit)
        )
        rows = self._database.read(lambda c: c.execute(query).all())
        return Vectors(tuple(row.chunk_id for row in rows), tuple(row.vector for row in rows))

    # ------------------------------------------------------------ collections

    def embedders(self, collection_ids: Sequence[CollectionId]) -> dict[CollectionId, str]:
        """Return each collection's embedder, '' where nothing has been embedded yet."""
        query = select(collection.c.id, collection.c.embedder).where(
            collection.c.id.in_(collection_ids)
        )
        rows = self._database.read(lambda c: c.execute(query).all())
        return {row.id: row.embedder for row in rows}

    def set_embedder(self, collection_id: CollectionId, name: str) -> None:
        """Remember which embedder made a collection's vectors."""
        self._database.write(
            lambda c: c.execute(
                update(collection).where(collection.c.id == collection_id).values(embedder=name)
            )
        )

    def generation(self, collection_id: CollectionId) -> int:
        """Return the number of the collection's present set of vectors."""
        query = select(collection.c.generation).where(collection.c.id == collection_id)
        return self._database.read(lambda c: c.execute(query).scalar()) or 1

    def ready_vectors(self) -> dict[CollectionId, int]:
        """Return how many vectors the ready documents of each live collection have."""
        query = (
            select(collection.c.id, func.coalesce(func.sum(document.c.embedded_count), 0))
            .outerjoin(
                document,
                (document.c.collection_id == collection.c.id)
                & LIVE
                & (document.c.state == DocumentState.READY),
            )
            .where(collection.c.deleted_at.is_(None))
            .group_by(collection.c.id)
        )
        rows = self._database.read(lambda c: c.execute(query).all())
        return {row[0]: row[1] for row in rows}


_STORED = select(
    chunk,
    document.c.name,
    document.c.title,
    document.c.collection_id,
).join(document, document.c.id == chunk.c.document_id)


def _stored_chunk(row: Row[Any]) -> StoredChunk:
    return StoredChunk(
        id=row.id,
        document_id=row.document_id,
        document_name=row.name,
        document_title=row.title,
        collection_id=row.collection_id,
        chunk=Chunk(
            row.ordinal,
            row.text,
            row.start,
            row.end,
            row.first_page,
            row.last_page,
            row.heading,
        ),
    )
