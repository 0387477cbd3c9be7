"""Search finds by words and by meaning, shows only what the asker owns, and says nothing twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from core.errors import StorageFailed
from core.records import (
    MIN_EVIDENCE,
    CollectionId,
    Document,
    DocumentId,
    RetrievalSettings,
    UserId,
    Verdict,
)
from core.retrieval.embedding import Embedder, SentenceTransformersEmbedder
from core.retrieval.lexical import LexicalIndex
from core.retrieval.questions import Questions
from core.retrieval.reranking import Rerankers
from core.retrieval.search import DEFAULTS, FIRST_LOOK, Search
from core.retrieval.vector_index import VectorIndex
from core.store.chunks import ChunkStore, MadeBy
from core.store.database import Database
from core.store.documents import Documents
from core.store.indexing import IngestStore
from tests.core.retrieval.builders import add_document

pytestmark = pytest.mark.model

FOXES = "The vixen feeds her cubs with mice that she catches in the meadow before dawn."
PUMPS = "Grease the bearing of pump XQ-4711 once a year and replace its gasket."
TAXES = "Income from abroad must be declared with form 88 before the end of March."


class Shelf:
    """A search over one collection, and how documents get into it."""

    def __init__(self, folder: Path, database: Database, owner: UserId, embedder: Embedder):
        self.rerankers = Rerankers(folder / "models")
        self.database = database
        self.owner = owner
        self.embedder = embedder
        self.documents = Documents(database)
        self.chunks = ChunkStore(database)
        self.lexical = LexicalIndex(folder / "tantivy")
        self.vectors = VectorIndex(folder / "chroma", self.chunks)
        questions = Questions(self.chunks, lambda _: embedder)
        rerank = self.rerankers.scores
        self.search = Search(
            self.documents, self.chunks, self.lexical, self.vectors, questions, rerank
        )
        self.collection = self.documents.create_collection(owner, "Shelf").id

    def put(self, name: str, *texts: str, vectors: bool = True) -> DocumentId:
        made = add_document(self.database, self.owner, self.collection, name, texts)
        self.lexical.replace(made.id, self.chunks.chunks(made.id))
        if vectors:
            self.chunks.set_embedder(
                self.collection, MadeBy(self.embedder.name, "starter", self.embedder.dimension)
            )
            rows = [row.tobytes() for row in self.embedder.embed_passages(texts)]
            ids = [each.id for each in self.chunks.chunks(made.id)]
            self.chunks.store_vectors(self.collection, ids, rows)
            IngestStore(self.database).finish(made.id)
            self.vectors.add(self.collection, self.chunks.document_vectors(made.id))
        return made.id

    def document(self, name: str) -> Document:
        documents = self.documents.documents(self.owner, self.collection)
        return next(each for each in documents if each.name == name)

    def names(
        self,
        text: str,
        limit: int = 5,
        *,
        owner: UserId | None = None,
        settings: RetrievalSettings = DEFAULTS,
    ) -> list[str]:
        place = [self.collection]
        found = self.search.find(owner or self.owner, text, place, limit, settings=settings)
        assert [each.rank for each in found] == list(range(1, len(found) + 1))
        return [each.document_name for each in found]

    def close(self) -> None:
        self.search.close()
        self.rerankers.close()
        self.vectors.close()
        self.lexical.close()


@pytest.fixture
def shelf(
    tmp_path: Path, database: Database, owner: UserId, embedder: SentenceTransformersEmbedder
) -> Iterator[Shelf]:
    """Three documents about different things."""
    made = Shelf(tmp_path, database, owner, embedder)
    for name, text in (("foxes.txt", FOXES), ("pumps.txt", PUMPS), ("taxes.txt", TAXES)):
        made.put(name, text)
    yield made
    made.close()


def test_by_meaning_by_words_and_by_both(shelf: Shelf) -> None:
    """A paraphrase, a part number and a plain question each find their document first."""
    lenient = RetrievalSettings(min_evidence=0.1)
    question = "What does a wild canine mother give her young to eat?"
    assert shelf.names(question, settings=lenient)[0] == "foxes.txt"
    assert shelf.names("XQ-4711")[0] == "pumps.txt"
    assert shelf.names("When must foreign income be declared?")[0] == "taxes.txt"


def test_a_passage_tells_where_it_is_and_why_it_was_found(shelf: Shelf) -> None:
    """Offsets, page, document and both indexes' ranks and scores come with it."""
    (first, *_) = shelf.search.find(shelf.owner, "bearing of the pump", [shelf.collection], 5)
    text = shelf.documents.document_text(shelf.owner, first.document_id).text
    assert first.text == text[first.start : first.end] == PUMPS
    assert (first.first_page, first.lexical_rank, first.vector_rank) == (1, 1, 1)
    assert 0.5 < first.score <= 1.0
    assert first.vector_score is not None
    assert 0.4 < first.vector_score < 1


def test_no_evidence_gives_nothing(shelf: Shelf) -> None:
    """A question about something else finds nothing rather than the least bad passage."""
    assert shelf.names("Who won the football championship in Brazil?") == []
    assert shelf.names("   ") == []
    assert shelf.names("the of and") == []


def test_only_the_owner_finds(shelf: Shelf, stranger: UserId) -> None:
    """Somebody else's collection is as good as missing."""
    assert shelf.names("pump bearing", owner=stranger) == []
    assert shelf.search.find(shelf.owner, "pump", [CollectionId("col_none")], 5) == []


def test_deleted_documents_are_not_found_even_before_the_indexes_know(shelf: Shelf) -> None:
    """SQLite decides: what is in the trash does not come up, whatever an index still holds."""
    gone = shelf.put("more.txt", "The bearing of the pump needs grease each year.")
    assert "more.txt" in shelf.names("bearing grease pump")
    shelf.documents.trash_document(shelf.owner, gone)
    assert shelf.names("bearing grease pump") == ["pumps.txt"]


def test_near_duplicates_come_once(shelf: Shelf) -> None:
    """The same words in two documents take one place, so that others have room."""
    shelf.put("copy of pumps.txt", PUMPS.upper())
    found = shelf.names("bearing of pump XQ-4711")
    assert sum("pumps" in name for name in found) == 1


def test_limit_is_kept(shelf: Shelf) -> None:
    """No more passages than asked for."""
    shelf.put("many.txt", *(f"{subject} pump bearing" for subject in ("old", "new", "red")))
    assert len(shelf.names("pump bearing", limit=2)) == 2
    assert shelf.names("pump bearing", limit=0) == []


def test_text_without_vectors_is_found_by_its_words(shelf: Shelf) -> None:
    """A document that is still being embedded is found by keywords among the others."""
    shelf.put("fresh.txt", "Quarterly zymurgy report.", vectors=False)
    assert shelf.names("zymurgy report") == ["fresh.txt"]


@pytest.mark.allow_log("vector search failed")
def test_without_an_embedder_keywords_answer(shelf: Shelf, tmp_path: Path) -> None:
    """Where no embedder can be had, that is logged once and keyword search goes on."""
    gone = SentenceTransformersEmbedder(tmp_path / "gone")
    shelf.search._questions = Questions(shelf.chunks, lambda _: gone)
    assert shelf.names("bearing") == ["pumps.txt"]
    assert shelf.names("income") == ["taxes.txt"]
    assert shelf.search._questions._complained == {"starter"}


def test_while_the_embedder_loads_keywords_answer(shelf: Shelf, embedder_dir: Path) -> None:
    """A question waits no longer than it was told to."""
    loading = SentenceTransformersEmbedder(embedder_dir)
    shelf.search._questions = Questions(shelf.chunks, lambda _: loading)
    found = shelf.search.find(shelf.owner, "bearing", [shelf.collection], 5, wait_s=0.05)
    loading.close()
    assert [each.document_name for each in found] == ["pumps.txt"]
    assert found[0].vector_score is None


def test_vectors_of_another_embedder_are_not_compared(shelf: Shelf) -> None:
    """A collection embedded by another model is searched by its words only."""
    shelf.chunks.set_embedder(shelf.collection, MadeBy("another-model", "other", 384))
    found = shelf.search.find(shelf.owner, "pump bearing", [shelf.collection], 5)
    assert [each.vector_rank for each in found] == [None]


@pytest.mark.allow_log("keyword search failed")
def test_without_the_keyword_index_vectors_answer(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where tantivy fails, meaning alone decides."""

    def fail(*_: object) -> None:
        raise StorageFailed("The keyword index failed.")

    monkeypatch.setattr(shelf.lexical, "search", fail)
    assert shelf.names("Which animal catches mice?")[0] == "foxes.txt"


def test_filters_leave_other_documents_out(shelf: Shelf) -> None:
    """With documents or a date given, nothing else is found, by words or by meaning."""
    pumps, foxes = (shelf.document(name) for name in ("pumps.txt", "foxes.txt"))
    only = RetrievalSettings(documents=(pumps.id,), min_evidence=0.0)
    found = shelf.search.find(
        shelf.owner, "foxes pump bearing", [shelf.collection], 5, settings=only
    )
    assert {each.document_id for each in found} == {pumps.id}
    late = RetrievalSettings(since=foxes.created_at + timedelta(days=1))
    assert shelf.search.find(shelf.owner, "pump", [shelf.collection], 5, settings=late) == []


def test_documents_without_a_wanted_tag_are_left_out(shelf: Shelf) -> None:
    """One of the tags is enough, a document without any is not found, and it is told why."""
    pumps, taxes = (shelf.document(name) for name in ("pumps.txt", "taxes.txt"))
    shelf.documents.tag(shelf.owner, pumps.id, ["machines"])
    shelf.documents.tag(shelf.owner, taxes.id, ["money", "law"])
    question = "mice, the bearing of a pump, income from abroad"
    for tags, expected in (
        (("machines",), {"pumps.txt"}),
        (("machines", "law"), {"pumps.txt", "taxes.txt"}),
        (("Machines",), set()),
    ):
        settings = RetrievalSettings(tags=tags, min_evidence=0.0)
        assert set(shelf.names(question, settings=settings)) == expected
    foxes = shelf.document("foxes.txt").id
    settings = RetrievalSettings(tags=("machines",))
    why = shelf.search.why_not(shelf.owner, "mice", foxes, [shelf.collection], settings)
    assert "none of the tags" in why.reason
    assert [each.passage.document_id for each in why.candidates] == [foxes]


def test_inspecting_tells_what_became_of_everything(shelf: Shelf) -> None:
    """The kept ones are those that are found, and the others say why they are not."""
    shelf.put("copy of pumps.txt", PUMPS.upper())
    seen = shelf.search.inspect(shelf.owner, "bearing of pump XQ-4711", [shelf.collection])
    verdicts = {each.passage.document_name: each.verdict for each in seen.candidates}
    assert sorted(verdicts[name] for name in ("pumps.txt", "copy of pumps.txt")) == [
        Verdict.DUPLICATE,
        Verdict.KEPT,
    ]
    assert verdicts["foxes.txt"] is Verdict.NO_EVIDENCE
    assert seen.with_vectors


def test_why_a_document_was_not_found(shelf: Shelf) -> None:
    """The reason is that which holds, and a document that is shown has none."""

    def reason(name: str, settings: RetrievalSettings = DEFAULTS) -> str:
        asked = shelf.owner, "bearing of pump XQ-4711", shelf.document(name).id
        return shelf.search.why_not(*asked, [shelf.collection], settings).reason

    assert reason("pumps.txt") == ""
    assert f"{MIN_EVIDENCE} are needed" in reason("foxes.txt")
    assert "limited to" in reason("pumps.txt", RetrievalSettings(documents=(DocumentId("x"),)))
    elsewhere = shelf.documents.create_collection(shelf.owner, "Elsewhere").id
    taxes = shelf.document("taxes.txt").id
    seen = shelf.search.why_not(shelf.owner, "income", taxes, [elsewhere])
    assert "not searched" in seen.reason
    assert seen.candidates[0].passage.document_name == "taxes.txt"


def test_a_passage_behind_many_copies_is_found(shelf: Shelf) -> None:
    """Where the first chunks that are read say the same, the others are read too."""
    for number in range(3 * FIRST_LOOK):
        shelf.put(f"copy{number}.txt", PUMPS)
    shelf.put("gasket.txt", "A gasket of pump XQ-4711 is ordered from the store in the cellar.")
    found = shelf.search.find(shelf.owner, "bearing of pump XQ-4711", [shelf.collection], 2)
    assert [each.text for each in found][1:] == [
        "A gasket of pump XQ-4711 is ordered from the store in the cellar."
    ]
