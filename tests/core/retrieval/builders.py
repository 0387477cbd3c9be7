"""Documents put straight into the store, for tests that do not need a file to be read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.records import Chunk, CollectionId, Document, DocumentId, ParsedDocument, UserId
from core.store.chunks import ChunkStore
from core.store.database import Database
from core.store.document_rows import FileSeen
from core.store.documents import Documents
from core.store.indexing import FileRead, IngestStore


def add_document(
    database: Database,
    owner: UserId,
    collection_id: CollectionId,
    name: str,
    texts: Sequence[str],
    *,
    title: str = "",
    heading: str = "",
    language: str = "",
) -> Document:
    """Store a document with one chunk for each text, as `indexing`."""
    Documents(database).add(owner, collection_id, [FileSeen(name, f"/files/{name}", 1, 1)])
    store = IngestStore(database)
    found = store.next_queued()
    assert found is not None
    chunks, start = [], 0
    for ordinal, text in enumerate(texts):
        end = start + len(text)
        chunks.append(Chunk(ordinal, text, start, end, 1, 1, heading, language=language))
        start = end + 1
    parsed = ParsedDocument("\n".join(texts), "text/plain", title=title)
    assert store.store_text(found, FileRead(1, 1, f"sha of {name}"), parsed, chunks)
    stored = store.live(found.id)
    assert stored is not None
    return stored


def embed(database: Database, document_id: DocumentId, rows: Sequence[Sequence[float]]) -> None:
    """Give a document's chunks their vectors and call it ready."""
    chunks = ChunkStore(database)
    ids = [each.id for each in chunks.chunks(document_id)]
    live = IngestStore(database).live(document_id)
    assert live is not None
    blobs = [np.array(row, dtype="<f4").tobytes() for row in rows]
    chunks.store_vectors(live.collection_id, ids, blobs)
    IngestStore(database).finish(document_id)
