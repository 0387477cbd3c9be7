"""Chunks and their vectors: what the two indexes are built from, and what a hit turns into.

The keyword and vector indexes know only ids; whether a chunk may be shown, and to whom, is
decided here, so that a stale index can never show a deleted or a foreign document.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Row,
    UnaryExpression,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.sql.operators import custom_op

from core.records import Chunk, ChunkId, CollectionId, DocumentId, DocumentState, UserId
from core.store.database import Database
from core.store.document_rows import FINDABLE, LIVE, tagged
from core.store.schema import chunk, collection, document, embedding

PRESENT = embedding.c.generation == collection.c.generation


def _only_checked(column: Column[Any]) -> UnaryExpression[Any]:
    """Return a column that rows are checked by and not looked up by: a few ids find them sooner.

    Without it SQLite walks through all chunks of an owner or a collection to find twenty.
    Source: SQLite's query planner, on unary plus.
    """
    return UnaryExpression(column, operator=custom_op("+"), type_=column.type)


_owner_id, _collection_id = (
    _only_checked(document.c.owner_id),
    _only_checked(document.c.collection_id),
)


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
class MadeBy:
    """What a collection's vectors depend on: columns of `collection`."""

    embedder: str
    """The vectors' name: those of different names must not be compared."""
    embedder_id: str
    dimension: int
    query_prefix: str = ""
    passage_prefix: str = ""


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
        query = STORED.where(chunk.c.document_id == document_id).order_by(chunk.c.ordinal)
        return self._database.read(lambda c: [stored_chunk(row) for row in c.execute(query)])

    def findable(self) -> dict[DocumentId, list[ChunkId]]:
        """Return what the keyword index should hold: each document with its chunks."""
        query = (
            select(document.c.id, chunk.c.id)
            .join(chunk, chunk.c.document_id == document.c.id)
            .where(LIVE, FINDABLE)
        )
        found: dict[DocumentId, list[ChunkId]] = {}
        for document_id, chunk_id in self._database.read(lambda c: c.execute(query).all()):
            found.setdefault(document_id, []).append(chunk_id)
        return found

    def searchable(
        self, owner_id: UserId, chunk_ids: Sequence[ChunkId]
    ) -> dict[ChunkId, StoredChunk]:
        """Return those of the chunks that the owner may find: live, indexed, and their own."""
        query = STORED.where(chunk.c.id.in_(chunk_ids), _owner_id == owner_id, LIVE, FINDABLE)
        rows = self._database.read(lambda c: c.execute(query).all())
        return {row.id: stored_chunk(row) for row in rows}

    def some_of(self, collection_id: CollectionId, limit: int) -> list[StoredChunk]:
        """Return some chunks of a collection."""
        query = STORED.where(document.c.collection_id == collection_id, LIVE).limit(limit)
        return self._database.read(lambda c: [stored_chunk(row) for row in c.execute(query)])

    def filtered(
        self,
        owner_id: UserId,
        collection_ids: Sequence[CollectionId],
        document_ids: Sequence[DocumentId],
        since: datetime | None,
        tags: Sequence[str] = (),
    ) -> list[DocumentId]:
        """Return the owner's searchable documents of collections that pass filters.

        No document ids mean all of them, and no tags that none is asked for.
        """
        query = select(document.c.id).where(
            document.c.owner_id == owner_id,
            document.c.collection_id.in_(collection_ids),
            LIVE,
            FINDABLE,
        )
        if document_ids:
            query = query.where(document.c.id.in_(document_ids))
        if tags:
            query = query.where(document.c.id.in_(tagged(tags)))
        if since is not None:
            query = query.where(document.c.created_at >= since.astimezone(UTC).isoformat())
        return list(self._database.read(lambda c: c.execute(query).scalars().all()))

    # ------------------------------------------------------------ vectors

    def unembedded(self, document_ids: Sequence[DocumentId], limit: int) -> list[StoredChunk]:
        """Return the first chunks of documents that have no vector of the present generation."""
        query = (
            STORED.join(collection, collection.c.id == document.c.collection_id)
            .outerjoin(
                embedding,
                (embedding.c.chunk_id == chunk.c.id)
                & (embedding.c.generation == collection.c.generation),
            )
            .where(chunk.c.document_id.in_(document_ids), embedding.c.chunk_id.is_(None), LIVE)
            .order_by(chunk.c.document_id, chunk.c.ordinal)
            .limit(limit)
        )
        return self._database.read(lambda c: [stored_chunk(row) for row in c.execute(query)])

    def store_vectors(
        self, collection_id: CollectionId, ids: Sequence[ChunkId], blobs: Sequence[bytes]
    ) -> None:
        """Keep vectors of the present generation, of some chunks of one collection."""
        present = select(collection.c.generation).where(collection.c.id == collection_id)
        of = select(chunk.c.document_id, func.count()).where(chunk.c.id.in_(ids))

        def store(connection: Connection) -> None:
            rows = vector_rows(ids, blobs, connection.execute(present).scalar_one())
            connection.execute(insert(embedding), rows)
            for document_id, count in connection.execute(of.group_by(chunk.c.document_id)).all():
                connection.execute(
                    update(document)
                    .where(document.c.id == document_id)
                    .values(embedded_count=document.c.embedded_count + count)
                )

        self._database.write(store)

    def document_vectors(self, *document_ids: DocumentId) -> Vectors:
        """Return all vectors of documents in the order of their chunks."""
        return self._vectors(chunk.c.document_id.in_(document_ids))

    def collection_vectors(self, collection_id: CollectionId) -> Vectors:
        """Return all vectors that a search of the collection may find."""
        return self._vectors(document.c.collection_id == collection_id, LIVE, FINDABLE)

    def vectors_of(self, chunk_ids: Sequence[ChunkId], generation: int | None = None) -> Vectors:
        """Return the vectors of those of the chunks that have one, of the present generation."""
        return self._vectors(chunk.c.id.in_(chunk_ids), generation=generation)

    def vectors_by_collection(
        self, collection_ids: Sequence[CollectionId], chunk_ids: Sequence[ChunkId]
    ) -> dict[CollectionId, Vectors]:
        """Return the vectors of those of the chunks that have one and lie in the collections."""
        query = (
            _VECTORS.add_columns(document.c.collection_id)
            .where(PRESENT, chunk.c.id.in_(chunk_ids), _collection_id.in_(collection_ids))
            .order_by(document.c.collection_id)
        )
        rows = self._database.read(lambda c: c.execute(query).all())
        return {
            collection_id: _as_vectors(list(some))
            for collection_id, some in groupby(rows, key=attrgetter("collection_id"))
        }

    def vectors_among(
        self, collection_ids: Sequence[CollectionId], document_ids: Sequence[DocumentId]
    ) -> Vectors:
        """Return the vectors of those of the documents that lie in the collections."""
        return self._vectors(
            chunk.c.document_id.in_(document_ids), _collection_id.in_(collection_ids)
        )

    def ready_vector_ids(
        self, collection_id: CollectionId, generation: int | None = None
    ) -> list[ChunkId]:
        """Return the chunks of a collection's ready documents that have a vector."""
        query = (
            select(embedding.c.chunk_id)
            .join(chunk, chunk.c.id == embedding.c.chunk_id)
            .join(document, document.c.id == chunk.c.document_id)
            .join(collection, collection.c.id == document.c.collection_id)
            .where(PRESENT if generation is None else embedding.c.generation == generation)
            .where(document.c.collection_id == collection_id, LIVE)
            .where(document.c.state == DocumentState.READY)
        )
        return list(self._database.read(lambda c: c.execute(query).scalars().all()))

    def sample_vector(self, collection_id: CollectionId) -> Vectors:
        """Return one vector of a ready document of the collection, if there is one."""
        ready = document.c.state == DocumentState.READY
        return self._vectors(document.c.collection_id == collection_id, LIVE, ready, limit=1)

    def _vectors(
        self,
        *conditions: ColumnElement[bool],
        limit: int | None = None,
        generation: int | None = None,
    ) -> Vectors:
        query = (
            _VECTORS.where(PRESENT if generation is None else embedding.c.generation == generation)
            .where(*conditions)
            .order_by(chunk.c.document_id, chunk.c.ordinal)
            .limit(limit)
        )
        return _as_vectors(self._database.read(lambda c: c.execute(query).all()))

    # ------------------------------------------------------------ collections

    def made_by(self, collection_ids: Sequence[CollectionId]) -> dict[CollectionId, MadeBy]:
        """Return what makes each collection's vectors, '' where nothing has been chosen yet."""
        query = select(collection).where(collection.c.id.in_(collection_ids))
        rows = self._database.read(lambda c: c.execute(query).all())
        return {
            row.id: MadeBy(
                row.embedder,
                row.embedder_id or "",
                row.dimension or 0,
                row.query_prefix or "",
                row.passage_prefix or "",
            )
            for row in rows
        }

    def set_embedder(self, collection_id: CollectionId, made_by: MadeBy) -> None:
        """Remember what makes a collection's vectors."""
        self._database.write(
            lambda c: c.execute(
                update(collection).where(collection.c.id == collection_id).values(asdict(made_by))
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


def vector_rows(
    ids: Sequence[ChunkId], blobs: Sequence[bytes], generation: int
) -> list[dict[str, object]]:
    """Return the rows of `embedding` for some chunks and their vectors."""
    return [
        {"chunk_id": each, "generation": generation, "vector": blob}
        for each, blob in zip(ids, blobs, strict=True)
    ]


_VECTORS = (
    select(embedding.c.chunk_id, embedding.c.vector)
    .join(chunk, chunk.c.id == embedding.c.chunk_id)
    .join(document, document.c.id == chunk.c.document_id)
    .join(collection, collection.c.id == document.c.collection_id)
)


def _as_vectors(rows: Sequence[Any]) -> Vectors:
    return Vectors(tuple(row.chunk_id for row in rows), tuple(row.vector for row in rows))


STORED = select(
    chunk,
    document.c.name,
    document.c.title,
    document.c.collection_id,
).join(document, document.c.id == chunk.c.document_id)


def stored_chunk(row: Row[Any]) -> StoredChunk:
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
            row.context,
            row.language,
        ),
    )
