"""The doctor of the indexes: what differs from SQLite is counted, and put right from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from core import seals
from core.records import ChunkId, CollectionId, Document, DocumentId, HealthState, UserId
from core.retrieval.index_doctor import IndexDoctor
from core.retrieval.lexical import VERSION, Lacking, LexicalIndex
from core.retrieval.quarantine import REASON, put_aside, quarantined
from core.retrieval.vector_index import VectorIndex
from core.store.chunks import ChunkStore, StoredChunk
from core.store.database import Database
from core.store.documents import Documents
from core.store.indexing import IngestStore
from core.streams import Cancel
from tests.core.retrieval.builders import add_document, embed

CHUNKS = 40


@pytest.fixture
def lexical(tmp_path: Path) -> Iterator[LexicalIndex]:
    """A keyword index."""
    made = LexicalIndex(tmp_path / "index" / "tantivy")
    yield made
    made.close()


@pytest.fixture
def vectors(tmp_path: Path, database: Database) -> Iterator[VectorIndex]:
    """A vector index."""
    made = VectorIndex(tmp_path / "index" / "chroma", ChunkStore(database), exact_below=0)
    yield made
    made.close()


@pytest.fixture
def doctor(database: Database, lexical: LexicalIndex, vectors: VectorIndex) -> IndexDoctor:
    """Their doctor."""
    return IndexDoctor(ChunkStore(database), IngestStore(database), lexical, vectors)


@pytest.fixture
def papers(
    database: Database, owner: UserId, lexical: LexicalIndex, vectors: VectorIndex
) -> list[Document]:
    """Two documents that both indexes know."""
    shelf = Documents(database).create_collection(owner, "Shelf").id
    source = np.random.default_rng(1)
    made = []
    for name in ("a.txt", "b.txt"):
        texts = [f"{name} number {number}" for number in range(CHUNKS)]
        made.append(add_document(database, owner, shelf, name, texts))
        embed(database, made[-1].id, _unit(source.standard_normal((CHUNKS, 16))).tolist())
        lexical.replace(made[-1].id, ChunkStore(database).chunks(made[-1].id))
    vectors.open(Cancel())
    return made


def _unit(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    unit: NDArray[np.float64] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def states(doctor: IndexDoctor) -> list[HealthState]:
    return [each.state for each in doctor.examine()]


def test_what_agrees_is_whole(doctor: IndexDoctor, papers: list[Document]) -> None:
    """Each chunk once in each index."""
    words, meanings = doctor.examine()
    assert (words.state, words.expected) == (HealthState.WHOLE, 2 * CHUNKS)
    assert (meanings.state, meanings.expected) == (HealthState.WHOLE, 2 * CHUNKS)


def test_what_differs_is_counted_and_put_right(
    doctor: IndexDoctor,
    database: Database,
    papers: list[Document],
    lexical: LexicalIndex,
    vectors: VectorIndex,
) -> None:
    """A document that one index lacks, chunks that the other has lost, and one of nobody."""
    chunks = ChunkStore(database)
    lexical.delete(papers[0].id)
    stray = chunks.chunks(papers[1].id)[0]
    lexical.replace(DocumentId("doc_stray"), [_of_nobody(stray)])
    gone = chunks.document_vectors(papers[1].id).ids[:7]
    vectors.remove(papers[1].collection_id, gone)
    words, meanings = doctor.examine()
    assert (words.missing, words.orphaned) == (CHUNKS, 1)
    assert (meanings.missing, meanings.orphaned) == (7, 0)
    doctor.request()
    assert doctor.repairing
    assert doctor.step(Cancel())
    assert states(doctor) == [HealthState.WHOLE] * 2
    assert not doctor.step(Cancel())


def _of_nobody(stray: StoredChunk) -> StoredChunk:
    return replace(stray, id=ChunkId("doc_stray-00000"), document_id=DocumentId("doc_stray"))


def test_what_is_owed_is_no_fault(
    doctor: IndexDoctor, database: Database, owner: UserId, papers: list[Document]
) -> None:
    """A deleted document that the indexes have not been told of yet."""
    Documents(database).trash_document(owner, papers[0].id)
    assert states(doctor) == [HealthState.WHOLE] * 2


@pytest.mark.allow_log("put aside")
@pytest.mark.parametrize("damage", ["meta.json", "segment"])
def test_a_broken_keyword_index_is_put_aside_and_filled(
    tmp_path: Path, doctor: IndexDoctor, papers: list[Document], lexical: LexicalIndex, damage: str
) -> None:
    """What was there is kept with the reason; the new one says that it lacks everything."""
    lexical.close()
    folder = tmp_path / "index" / "tantivy" / f"v{VERSION}"
    file = folder / "meta.json" if damage == "meta.json" else max(folder.glob("*.term"))
    file.write_bytes(file.read_bytes()[:-30] + b"?" * 30)
    again = LexicalIndex(tmp_path / "index" / "tantivy")
    doctor._lexical = again
    assert again.lacking() is Lacking.ALL
    assert states(doctor)[0] is HealthState.INCOMPLETE
    doctor.align_words(Cancel())
    assert states(doctor)[0] is HealthState.WHOLE
    (aside,) = quarantined(folder.parent)
    assert file.name in (aside / REASON).read_text()
    assert (aside / folder.name / file.name).exists()
    again.close()


def test_an_index_that_was_not_closed_is_compared(
    tmp_path: Path, doctor: IndexDoctor, papers: list[Document], lexical: LexicalIndex
) -> None:
    """Without a seal it may lack something; with one it is trusted, and opened at once."""
    folder = tmp_path / "index" / "tantivy"
    doctor.align_words(Cancel())
    lexical.close()
    assert seals.holds(folder / f"v{VERSION}")
    again = LexicalIndex(folder)
    assert again.lacking() is Lacking.NOTHING
    again.close()
    seals.break_seal(folder / f"v{VERSION}")
    third = LexicalIndex(folder)
    assert third.lacking() is Lacking.SOME
    third.close()


@pytest.mark.allow_log("put aside")
def test_evidence_is_never_overwritten(tmp_path: Path) -> None:
    """Two that are put aside within a second lie beside each other; a missing one is no error."""
    index = tmp_path / "chroma"
    for number in range(2):
        index.mkdir()
        (index / "file").write_text(str(number))
        put_aside(index, index, f"reason {number}")
    put_aside(index, index, "it was not even there")
    found = quarantined(index)
    assert [(each / "chroma" / "file").read_text() for each in found[:2]] == ["0", "1"]
    assert len(found) == 3


def test_vectors_that_are_not_those_of_sqlite_are_seen(
    database: Database, papers: list[Document], vectors: VectorIndex
) -> None:
    """The count is right and every search finds something; only comparing shows it."""
    shelf: CollectionId = papers[0].collection_id
    truth = vectors._truth(shelf)
    assert truth.lies(shelf, Cancel()) is None
    ids = list(ChunkStore(database).ready_vector_ids(shelf))
    other = np.random.default_rng(2).standard_normal((1, 16)).astype("<f4")
    vectors._ask("upsert", vectors._name(shelf), other.tobytes(), ids=ids[5:6])
    assert "not those of SQLite" in str(truth.lies(shelf, Cancel()))
