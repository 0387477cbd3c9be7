"""Chroma answers what exact search answers, and every damage is repaired from SQLite."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from core import seals
from core.records import ChunkId, CollectionId, Document, UserId
from core.retrieval import vector_index
from core.retrieval.exact import ExactSearch
from core.retrieval.vector_index import QUERY_LIMIT_S, VectorIndex
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


def test_reopening_trusts_what_is_there_and_puts_back_what_is_not(
    tmp_path: Path,
    index: VectorIndex,
    database: Database,
    document: Document,
    collection: CollectionId,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A whole index is not built again; one that lost vectors, as after a kill, is completed."""
    index.open(Cancel())
    ids_there = ChunkStore(database).document_vectors(document.id).ids
    index.close()
    again = VectorIndex(tmp_path / "chroma", ChunkStore(database), exact_below=0)
    with monkeypatch.context() as patch:
        patch.setattr(again, "_upsert", refuse)
        again.open(Cancel())
    only_chroma(again, monkeypatch)
    assert ids(again, collection, 9)[0].endswith("-00009")
    again._ask("delete", again._name(collection), ids=list(ids_there[:40]))
    again.close()
    third = VectorIndex(tmp_path / "chroma", ChunkStore(database), exact_below=0)
    third.open(Cancel())
    only_chroma(third, monkeypatch)
    assert ids(third, collection, 5)[0].endswith("-00005")
    third.close()


def test_what_changed_while_it_was_closed_is_caught_up(
    index: VectorIndex,
    database: Database,
    owner: UserId,
    document: Document,
    collection: CollectionId,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Additions and deletions of equal number, which leave the count right, are seen all the same.

    A collection that SQLite does not know any more is dropped.
    """
    store = ChunkStore(database)
    gone = Documents(database).create_collection(owner, "Gone").id
    index.open(Cancel())
    index._ask("upsert", index._name(gone), ROWS[:1].tobytes(), ids=["x"])
    assert index._child is not None
    index._child.close()
    old = store.document_vectors(document.id).ids
    Documents(database).trash_document(owner, document.id)
    index.remove(collection, old)
    made = add_document(database, owner, collection, "b.txt", [f"new {n}" for n in range(150)])
    embed(database, made.id, ROWS[::-1].tolist())
    index.add(collection, store.document_vectors(made.id))
    Documents(database).trash_collection(owner, gone)
    index.open(Cancel())
    only_chroma(index, monkeypatch)
    assert ids(index, collection, 149)[0] == store.document_vectors(made.id).ids[0]
    assert index._ask("names").head["names"] == [index._name(collection)]
    assert index._ask("count", index._name(collection)).head["count"] == 150


def test_too_much_waste_is_built_anew(
    index: VectorIndex,
    database: Database,
    owner: UserId,
    document: Document,
    collection: CollectionId,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Deleted vectors keep their room until there are more of them than live ones, and enough.

    A little waste stays, too much is gone after `slim`, and what lives is found as before.
    """
    monkeypatch.setattr(vector_index, "WASTE_LEAST", 100)
    index.open(Cancel())
    old = ChunkStore(database).document_vectors(document.id).ids
    made = add_document(database, owner, collection, "b.txt", [f"new {n}" for n in range(40)])
    embed(database, made.id, ROWS[:40].tolist())
    index.add(collection, ChunkStore(database).document_vectors(made.id))
    Documents(database).trash_document(owner, document.id)

    def dead_after(removed: Sequence[ChunkId]) -> int:
        index.remove(collection, removed)
        index.slim(Cancel())
        return int(index._ask("count", index._name(collection)).head["dead"])

    assert dead_after(old[:100]) == 100
    assert dead_after(old[100:]) == 0
    assert index._ask("count", index._name(collection)).head["count"] == 40
    only_chroma(index, monkeypatch)
    assert ids(index, collection, 7)[0] == f"{made.id}-00007"


def test_what_was_dropped_is_given_back(
    index: VectorIndex,
    database: Database,
    owner: UserId,
    document: Document,
    collection: CollectionId,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Chroma keeps a dropped collection's memory until it ends: it is closed and opened again.

    That happens once, in order, and not for little; what lives is found as before.
    """
    monkeypatch.setattr(vector_index, "WASTE_LEAST", 150)
    index.open(Cancel())
    for count in (149, 1):
        other = Documents(database).create_collection(owner, f"{count} vectors").id
        made = add_document(database, owner, other, "b.txt", [f"n {n}" for n in range(count)])
        embed(database, made.id, ROWS[:count].tolist())
        index.add(other, ChunkStore(database).document_vectors(made.id))
        Documents(database).trash_collection(owner, other)
        index.drop(other)
        before = process_of(index)
        assert index.slim(Cancel()) == (count == 1)
    assert process_of(index) != before
    assert not index._is_doubtful
    assert not index.slim(Cancel())
    only_chroma(index, monkeypatch)
    assert ids(index, collection, 7)[0] == f"{document.id}-00007"


def process_of(index: VectorIndex) -> int | None:
    """The process that Chroma runs in."""
    return index._child.pid if index._child else None


def test_chroma_rests_until_it_is_wanted(
    index: VectorIndex,
    document: Document,
    collection: CollectionId,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Exact search answers meanwhile; a question to a large collection asks for Chroma again.

    It is trusted as it was closed: nothing is put in again.
    """
    index.open(Cancel())
    index.rest(60.0)
    assert (index.is_open, index.rests) == (True, False)
    index.rest(0.0)
    assert (index.is_open, index.rests) == (False, True)
    wanted = []
    for least in (151, 150):
        index._exact_below = least
        assert ids(index, collection, 5)[0].endswith("-00005")
        index.wake()
        wanted.append(not index.rests)
    assert wanted == [False, True]
    monkeypatch.setattr(index, "_upsert", refuse)
    index.open(Cancel())
    only_chroma(index, monkeypatch)
    assert ids(index, collection, 9)[0].endswith("-00009")
    assert not index._is_doubtful


def test_what_is_missed_at_rest_breaks_the_seal(
    tmp_path: Path, index: VectorIndex, document: Document, collection: CollectionId
) -> None:
    """A seal says that nothing is lacking; a write that does not reach Chroma takes it away."""
    index.open(Cancel())
    index.rest(0.0)
    assert seals.holds(tmp_path / "chroma")
    index.remove(collection, index._store.document_vectors(document.id).ids)
    assert not seals.is_sealed(tmp_path / "chroma")
    index.close()
    assert not seals.is_sealed(tmp_path / "chroma")


@pytest.mark.allow_log("put aside")
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
    (aside,) = (tmp_path / "quarantine").iterdir()
    assert (aside / "chroma" / "chroma.sqlite3").exists()


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


def test_neither_a_slow_chroma_nor_a_small_collection_delays_an_answer(
    index: VectorIndex, document: Document, collection: CollectionId
) -> None:
    """A question waits half a second for Chroma; for a small collection it is not even asked."""
    index.open(Cancel())
    assert index._child is not None
    worker = psutil.Process(index._child.pid)
    worker.suspend()
    start = time.monotonic()
    assert ids(index, collection, 5)[0].endswith("-00005")
    assert QUERY_LIMIT_S <= time.monotonic() - start < QUERY_LIMIT_S + 2
    index._exact_below = 151
    start = time.monotonic()
    assert ids(index, collection, 5)[0].endswith("-00005")
    assert time.monotonic() - start < QUERY_LIMIT_S
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
