"""What was read gets its vectors, each exactly once, and both indexes hear of all of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.changes import Changes
from core.records import CollectionId, DocumentState, UserId
from core.retrieval.embedders import Embedders
from core.retrieval.embedding import SentenceTransformersEmbedder
from core.retrieval.embedding_step import EmbeddingStep
from core.retrieval.index_doctor import IndexDoctor
from core.retrieval.indexing import Indexing
from core.retrieval.lexical import LexicalIndex
from core.retrieval.notices import Notices
from core.retrieval.pace import Pace
from core.retrieval.vector_index import VectorIndex
from core.store.chunks import ChunkStore
from core.store.database import Database
from core.store.documents import Documents
from core.store.indexing import IngestStore
from core.streams import Cancel
from tests.core.retrieval.builders import add_document

pytestmark = pytest.mark.model

CHUNKS, MADE_BEFORE = 40, 10


@pytest.fixture
def collection(database: Database, owner: UserId) -> CollectionId:
    """An empty collection."""
    return Documents(database).create_collection(owner, "Shelf").id


@pytest.fixture
def vectors(tmp_path: Path, database: Database) -> Iterator[VectorIndex]:
    """A vector index that asks Chroma however few vectors there are."""
    made = VectorIndex(tmp_path / "chroma", ChunkStore(database), exact_below=0)
    yield made
    made.close()


@pytest.fixture
def lexical(tmp_path: Path) -> Iterator[LexicalIndex]:
    """An empty keyword index."""
    made = LexicalIndex(tmp_path / "tantivy")
    yield made
    made.close()


def test_a_document_that_was_begun_is_completed(
    tmp_path: Path,
    database: Database,
    owner: UserId,
    collection: CollectionId,
    embedder: SentenceTransformersEmbedder,
    embedder_dir: Path,
    vectors: VectorIndex,
    lexical: LexicalIndex,
) -> None:
    """Vectors of an earlier run stay as they are, and the index gets them with the new ones."""
    store, chunks = IngestStore(database), ChunkStore(database)
    texts = [f"Paper {number} tells of pumps. " * (1 + number % 5) for number in range(CHUNKS)]
    made = add_document(database, owner, collection, "a.txt", texts)
    ids = [each.id for each in chunks.chunks(made.id)]
    early = [bytes(row) for row in embedder.embed_passages(["early"] * MADE_BEFORE)]
    chunks.store_vectors(collection, ids[:MADE_BEFORE], early)
    embedders = Embedders(tmp_path, tmp_path, embedder_dir, embedder)
    step = EmbeddingStep(embedders, Pace(), lambda: False)
    doctor = IndexDoctor(chunks, store, lexical, vectors)
    indexing = Indexing(store, chunks, step, lexical, vectors, Notices(Changes()), doctor)
    assert indexing.step(Cancel())
    found = store.live(made.id)
    assert found is not None
    assert (found.state, found.embedded_count) == (DocumentState.READY, CHUNKS)
    stored = chunks.document_vectors(made.id)
    assert stored.ids == tuple(ids)
    assert list(stored.blobs[:MADE_BEFORE]) == early
    assert vectors._ask("count", vectors._name(collection)).head["count"] == CHUNKS
    expected = embedder.embed_passages(texts[-1:])[0]
    assert vectors.search(collection, expected, 1)[0].score == pytest.approx(1.0, abs=1e-4)
    assert not indexing.step(Cancel())
