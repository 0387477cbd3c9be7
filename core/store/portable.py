"""Whole documents out of the store and into it: text, chunks and vectors, without their files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sqlalchemy import Connection, insert, select

from core.records import (
    Chunk,
    ChunkId,
    CollectionId,
    DocumentId,
    DocumentState,
    HeadingSpan,
    PageSpan,
    ParsedDocument,
    TableSpan,
    UserId,
    new_id,
    now,
)
from core.store.audit import append
from core.store.chunks import ChunkStore, MadeBy, vector_rows
from core.store.codec import tuple_from_json
from core.store.database import Database
from core.store.document_rows import (
    FINDABLE,
    LIVE,
    TAGS,
    FileSeen,
    add_errands,
    own_collection,
    put_tags,
    queued,
    tags_of,
)
from core.store.indexing import write_chunks, write_text
from core.store.schema import collection, document, document_text, embedding

PATH = "bundle:"
"""Begins the path of a document that came without its file."""


@dataclass(frozen=True, slots=True)
class PortableDocument:
    """A document as it can be carried; the texts of its chunks are slices of its own."""

    name: str
    size_bytes: int
    sha256: str
    """Of the file that it was read from."""
    document: ParsedDocument
    chunks: tuple[Chunk, ...] = ()
    embedded: bool = False
    """Whether each chunk has its vector."""
    tags: tuple[str, ...] = ()


class PortableStore:
    """Reads and writes whole documents; every call names their owner."""

    def __init__(self, database: Database):
        self._database = database
        self._chunks = ChunkStore(database)

    def digests(self, owner_id: UserId, collection_id: CollectionId) -> dict[str, DocumentId]:
        """Return the collection's documents by the SHA-256 of their files."""
        query = select(document.c.sha256, document.c.id).where(
            document.c.owner_id == owner_id,
            document.c.collection_id == collection_id,
            LIVE,
            FINDABLE,
        )
        rows = self._database.read(lambda c: c.execute(query.order_by(document.c.name)).all())
        return {row.sha256: row.id for row in rows}

    def read(self, document_id: DocumentId) -> tuple[PortableDocument, bytes]:
        """Return a document and its vectors in the order of its chunks, float32 little-endian."""
        query = (
            select(document, document_text, TAGS)
            .join(document_text, document_text.c.document_id == document.c.id)
            .where(document.c.id == document_id)
        )
        row = self._database.read(lambda c: c.execute(query).one())
        chunks = [replace(each.chunk, text="") for each in self._chunks.chunks(document_id)]
        vectors = self._chunks.document_vectors(document_id).blobs
        embedded = len(vectors) == len(chunks)
        parsed = ParsedDocument(
            text=row.text,
            media_type=row.media_type,
            pages=tuple_from_json(PageSpan, row.pages_json),
            headings=tuple_from_json(HeadingSpan, row.headings_json),
            title=row.title,
            tables=tuple_from_json(TableSpan, row.tables_json),
            problem=row.unread or "",
        )
        found = PortableDocument(
            row.name,
            row.size_bytes,
            row.sha256,
            parsed,
            tuple(chunks),
            embedded,
            tags_of(row.tags),
        )
        return found, b"".join(vectors) if embedded else b""

    def documents(
        self, owner_id: UserId, collection_id: CollectionId
    ) -> Iterator[tuple[PortableDocument, bytes]]:
        """Yield every document of the collection that was read."""
        for document_id in self.digests(owner_id, collection_id).values():
            yield self.read(document_id)

    def set_embedder(self, collection_id: CollectionId, made_by: MadeBy) -> None:
        """Note what made the vectors that a new collection is about to get."""
        self._chunks.set_embedder(collection_id, made_by)

    def write(
        self,
        owner_id: UserId,
        collection_id: CollectionId,
        found: PortableDocument,
        vectors: tuple[bytes, ...],
    ) -> None:
        """Store a document with the vectors given, or none; the indexes are told by errands."""
        seen = FileSeen(found.name, f"{PATH}{found.sha256[:16]}/{found.name}", found.size_bytes)
        parsed = found.document

        def store(connection: Connection) -> None:
            own_collection(connection, owner_id, collection_id)
            row = queued(seen, None, owner_id, collection_id, now().isoformat())
            document_id = DocumentId(new_id("doc"))
            connection.execute(
                insert(document).values(
                    row
                    | {
                        "id": document_id,
                        "media_type": parsed.media_type,
                        "sha256": found.sha256,
                        "state": DocumentState.INDEXING,
                        "title": parsed.title,
                        "pages": len(parsed.pages) or None,
                        "characters": len(parsed.text),
                        "chunk_count": len(found.chunks),
                        "embedded_count": len(vectors),
                        "unread": parsed.problem or None,
                    }
                )
            )
            put_tags(connection, document_id, found.tags)
            write_text(connection, document_id, parsed)
            write_chunks(connection, document_id, found.chunks)
            _write_vectors(connection, collection_id, document_id, vectors)
            add_errands(connection, "restore", [(collection_id, document_id)])
            append(connection, "document.import", document_id, owner_id)

        self._database.write(store)


def _write_vectors(
    connection: Connection,
    collection_id: CollectionId,
    document_id: DocumentId,
    vectors: tuple[bytes, ...],
) -> None:
    present = select(collection.c.generation).where(collection.c.id == collection_id)
    ids = [ChunkId(f"{document_id}-{ordinal:05d}") for ordinal in range(len(vectors))]
    if ids:
        rows = vector_rows(ids, vectors, connection.execute(present).scalar_one())
        connection.execute(insert(embedding), rows)
