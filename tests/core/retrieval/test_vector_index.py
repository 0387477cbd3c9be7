"""Chroma answers what exact search answers, and every damage is repaired from SQLite."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from core.records import ChunkId, CollectionId, Document, UserId
from core.retrieval.exact import ExactSearch
from core.retrieval.vector_index import VectorIndex
from core.store.chunks import ChunkStore
from core.store.database import Database
from core.store.documents import Documents
from core.streams import Cancel
from tests.core.retrieval.builders import add_document, embed

DIMENSION = 32
ROWS = np.random.default_rng(7).standard_normal((150, DIMENSION)).astype(np.float32)
ROWS /= np.linalg.norm(ROWS, axis=1, keepdims=True)


@pytest.fixture
def collection(database: Database, owner: UserId) -> CollectionId:
    """An empty collection."""
    return Documents(database).create_collection(owner, "Vectors").id


@pytest.fixture
def document(database: Database, owner: UserId, collection: CollectionId) -> Document:
    """A ready document of 150 chunks with random vectors."""
    made = add_document(database, owner, collection, "a.txt", [f"text {n}" for n in range(150)])
    embed(database, made.id, ROWS.tolist())
    return made


@pytest.fixture
def index(tmp_path: Path, database: Database) -> Iterator[VectorIndex]:
    """A vector index that asks Chroma however few vectors there are."""
    made = VectorIndex(tmp_path / "chroma", ChunkStore(database), exact_below=0)
    yield made
    made.close()


def ids(index: VectorIndex | ExactSearch, collection: CollectionId, row: int) -> list[ChunkId]:
    return [hit.chunk_id for hit in index.search(collection, ROWS[row], 5)]


def refuse(*_: Any) -> list[Any]:
    raise AssertionError("exact search was asked")


def only_chroma(index: VectorIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make sure that answers come from Chroma."""
    monkeypatch.setattr(index._exact, "search", refuse)


def test_chroma_agrees_with_exact_search(
    index: VectorIndex,
    database: Database,
    document: Document,
    collection: CollectionId,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Built from SQLite on opening, it gives the same neighbours with the same cosines."""
    exact = ExactSearch(ChunkStore(database))
    index.open(Cancel())
    only_chroma(index, monkeypatch)
    for row in (0, 50, 149):
        expected = exact.search(collection, ROWS[row], 5)
        found = index.search(collection, ROWS[row], 5)
        assert [hit.chunk_id for hit in found] == [hit.chunk_id for hit in expected]
        assert [hit.score for hit in found] == pytest.approx(
            [hit.score for hit in expected], abs=1e-5
        )


def test_before_it_is_open_exact_search_answers(
    index: VectorIndex, document: Document, collection: CollectionId
) -> None:
    """A question never waits for Chroma to start."""
    assert ids(index, collection, 3)[0].endswith("-00003")
    assert not index.is_open


def test_small_collections_are_searched_exactly(
    tmp_path: Path, database: Database, document: Document, collection: CollectionId
) -> None:
    """Below the bound Chroma is not asked even when it is open."""
    index = VectorIndex(tmp_path / "chroma", ChunkStore(database), exact_below=1000)
    index.open(Cancel())
    assert index._child is not None
    psutil.Process(index._child.pid).suspend()
    assert ids(index, collection, 3)[0].endswith("-00003")
    psutil.Process(index._child.pid).resume()
    index.close()


def test_added_removed_and_dropped(
    index: VectorIndex,
    database: Database,
    owner: UserId,
    collection: CollectionId,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Vectors come and go with their documents and collections."""
    store = ChunkStore(database)
    index.open(Cancel())
    only_chroma(index, monkeypatch)
    made = add_document(database, owner, collection, "b.txt", ["one", "two"])
    embed(database, made.id, ROWS[:2].tolist())
    index.add(collection, store.document_vectors(made.id))
    assert [each[-1] for each in ids(index, collection, 1)] == ["1", "0"]
    index.remove(collection, store.document_vectors(made.id).ids[1:])
    assert [each[-1] for each in ids(index, collection, 1)] == ["0"]
    index.drop(collection)
    assert index._ask("names").head["names"] == []


def test_it_is_there_after_reopening(
    tmp_path: Path,
    index: VectorIndex,
    database: Database,
    document: Document,
    collection: CollectionId,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was built is trusted at the next start and not built again."""
    index.open(Cancel())
    index.close()
    again = VectorIndex(tmp_path / "chroma", ChunkStore(database), exact_below=0)
    monkeypatch.setattr(again, "_upsert", refuse)
    again.open(Cancel())
    only_chroma(again, monkeypatch)
    assert ids(again, collection, 9)[0].endswith("-00009")
    again.close()


def test_what_is_missing_is_put_back(
    tmp_path: Path,
    index: VectorIndex,
    database: Database,
    document: Document,
    collection: CollectionId,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An index that lost vectors, as after a kill, is completed on opening."""
    index.open(Cancel())
    index.remove(collection, ChunkStore(database).document_vectors(document.id).ids[:40])
    index.close()
    again = VectorIndex(tmp_path / "chroma", ChunkStore(database), exact_below=0)
    again.open(Cancel())
    only_chroma(again, monkeypatch)
    assert ids(again, collection, 5)[0].endswith("-00005")
    again.close()


def test_collections_that_are_gone_are_dropped(
    index: VectorIndex,
    database: Database,
    owner: UserId,
    document: Document,
    collection: CollectionId,
    tmp_path: Path,
) -> None:
    """What SQLite does not know any more does not stay in Chroma."""
    index.open(Cancel())
    index.close()
    Documents(database).trash_collection(owner, collection)
    again = VectorIndex(tmp_path / "chroma", ChunkStore(database), exact_below=0)
    again.open(Cancel())
    assert again._ask("names").head["names"] == []
    again.close()


@pytest.mark.allow_log("the vector index is broken")
@pytest.mark.allow_log("the vectors worker ended")
def test_a_damaged_folder_is_put_aside(
    tmp_path: Path,
    index: VectorIndex,
    document: Document,
    collection: CollectionId,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A folder that Chroma cannot open is kept aside, and everything is built anew."""
    folder = tmp_path / "chroma"
    folder.mkdir()
    (folder / "chroma.sqlite3").write_bytes(b"this is no database" * 100)
    index.open(Cancel())
    assert ids(index, collection, 5)[0].endswith("-00005")
    index.open(Cancel())
    only_chroma(index, monkeypatch)
    assert ids(index, collection, 5)[0].endswith("-00005")
    assert (tmp_path / "chroma-broken" / "chroma.sqlite3").exists()


@pytest.mark.allow_log("the vectors worker ended")
def test_a_dead_chroma_is_replaced(
    index: VectorIndex,
    document: Document,
    collection: CollectionId,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """When Chroma's process dies, exact search answers until it is open again."""
    index.open(Cancel())
    assert index._child is not None
    psutil.Process(index._child.pid).kill()
    assert ids(index, collection, 5)[0].endswith("-00005")
    index.open(Cancel())
    only_chroma(index, monkeypatch)
    assert ids(index, collection, 6)[0].endswith("-00006")


def test_a_slow_chroma_does_not_delay_an_answer(
    index: VectorIndex, document: Document, collection: CollectionId
) -> None:
    """A question waits half a second for Chroma and then goes to exact search."""
    index.open(Cancel())
    assert index._child is not None
    worker = psutil.Process(index._child.pid)
    worker.suspend()
    start = time.monotonic()
    assert ids(index, collection, 5)[0].endswith("-00005")
    assert time.monotonic() - start < 2
    worker.resume()


def test_opening_stops_when_asked(
    index: VectorIndex, document: Document, collection: CollectionId
) -> None:
    """A program that ends while the index is being checked does not wait for it."""
    cancel = Cancel()
    cancel.set()
    index.open(cancel)
    assert ids(index, collection, 5)[0].endswith("-00005")


def test_exact_search_sees_changes_when_told(
    database: Database, owner: UserId, document: Document, collection: CollectionId
) -> None:
    """Vectors kept in memory are read anew after `forget`."""
    exact = ExactSearch(ChunkStore(database))
    assert len(exact.search(collection, ROWS[0], 500)) == 150
    Documents(database).trash_document(owner, document.id)
    exact.forget(collection)
    assert exact.search(collection, ROWS[0], 500) == []
