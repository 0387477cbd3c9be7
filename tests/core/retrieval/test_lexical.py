"""The keyword index finds words, forgives anything typed, and is rebuilt when broken."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import Cancelled, StorageFailed
from core.records import CollectionId, Document, UserId
from core.retrieval.lexical import VERSION, Lacking, LexicalIndex
from core.retrieval.lexical_files import COMPONENTS, damage
from core.store.chunks import ChunkStore
from core.store.database import Database
from core.store.documents import Documents
from tests.core.retrieval.builders import add_document


@pytest.fixture
def index(tmp_path: Path) -> Iterator[LexicalIndex]:
    """An empty index."""
    made = LexicalIndex(tmp_path / "tantivy")
    yield made
    made.close()


@pytest.fixture
def collection(database: Database, owner: UserId) -> CollectionId:
    """An empty collection."""
    return Documents(database).create_collection(owner, "Papers").id


@pytest.fixture
def zoo(
    index: LexicalIndex, database: Database, owner: UserId, collection: CollectionId
) -> Document:
    """A document about animals, indexed."""
    made = add_document(
        database,
        owner,
        collection,
        "zoo_animals.txt",
        ["The running foxes are quick.", "A café for élan vital.", "Penguins swim."],
        heading="Mammals › Foxes",
    )
    index.replace(made.id, ChunkStore(database).chunks(made.id))
    return made


def found(index: LexicalIndex, text: str, *collections: CollectionId) -> list[str]:
    return [hit.chunk_id[-1] for hit in index.search(text, collections, 10)]


def test_words_are_found_in_other_forms(
    index: LexicalIndex, zoo: Document, collection: CollectionId
) -> None:
    """Inflection, case, accents and width of letters do not matter."""
    assert found(index, "fox who runs QUICKLY?", collection)[0] == "0"
    assert found(index, "CAFE", collection) == ["1"]
    assert found(index, "ｐｅｎｇｕｉｎ", collection) == ["2"]


def test_title_and_heading_count_but_less_than_the_text(
    index: LexicalIndex, zoo: Document, collection: CollectionId
) -> None:
    """A word in the file's name or heading finds all its chunks; one in the text ranks first."""
    assert len(found(index, "zoo", collection)) == 3
    assert found(index, "foxes", collection)[0] == "0"
    assert len(found(index, "mammals", collection)) == 3


def test_only_the_asked_collections_are_searched(
    index: LexicalIndex, database: Database, owner: UserId, zoo: Document, collection: CollectionId
) -> None:
    """A hit in another collection does not appear, and none are asked gives nothing."""
    other = Documents(database).create_collection(owner, "Other").id
    assert found(index, "penguins", other) == []
    assert found(index, "penguins", other, collection) == ["2"]
    assert found(index, "penguins") == []


def test_replacing_and_deleting(
    index: LexicalIndex, database: Database, owner: UserId, zoo: Document, collection: CollectionId
) -> None:
    """A document indexed again appears once; a deleted one and a dropped collection not at all."""
    index.replace(zoo.id, ChunkStore(database).chunks(zoo.id))
    assert found(index, "penguins", collection) == ["2"]
    again = add_document(database, owner, collection, "ice.txt", ["Penguins on ice."])
    index.replace(again.id, ChunkStore(database).chunks(again.id))
    index.delete(zoo.id)
    assert found(index, "penguins", collection) == ["0"]
    index.drop(collection)
    assert index.chunk_ids() == []


def test_the_share_says_how_much_of_the_question_a_chunk_has(
    index: LexicalIndex, database: Database, owner: UserId, collection: CollectionId
) -> None:
    """A chunk with the rare word of a question has more of it than those with the common one."""
    texts = [f"common words number {number}" for number in range(200)] + ["common xylophone"]
    made = add_document(database, owner, collection, "many.txt", texts)
    index.replace(made.id, ChunkStore(database).chunks(made.id))
    best, second, *_ = index.search("common xylophone", [collection], 5)
    assert best.share > 0.4
    assert second.share < 0.05
    (stranger, *_) = index.search("common zymurgy in Ulaanbaatar", [collection], 1)
    assert stranger.share < 0.02


def test_each_language_has_its_own_stems_and_stop_words(
    index: LexicalIndex, database: Database, owner: UserId, collection: CollectionId
) -> None:
    """A question in a language finds its inflections, also among documents in another one."""
    texts = {
        "de": "Die Häuser der Stadt wurden nach dem Brand neu gebaut und sind heute bewohnt.",
        "en": "The houses of the town were built anew after the fire and people live there.",
        "fr": "Les chevaux mangent de l'herbe dans les prés et ils dorment sous les arbres.",
    }
    for language, text in texts.items():
        made = add_document(
            database, owner, collection, f"{language}.txt", [text], language=language
        )
        index.replace(made.id, ChunkStore(database).chunks(made.id))
    ids = {each.name[:2]: each.id for each in Documents(database).documents(owner, collection)}

    def first(question: str) -> str:
        return index.search(question, [collection], 3)[0].chunk_id.rsplit("-", 1)[0]

    assert first("Welches Haus wurde gebaut?") == ids["de"]
    assert first("Which house was built?") == ids["en"]
    assert first("Que mange le cheval dans le pré ?") == ids["fr"]
    assert index.search("Und die der das?", [collection], 3) == []


def test_texts_without_spaces_are_found_by_their_signs(
    index: LexicalIndex, database: Database, owner: UserId, collection: CollectionId
) -> None:
    """Chinese, Japanese and Thai need no dictionary, and numbers among them stay whole."""
    texts = ["黑豹队的防守只丢了308分，排名第六。", "東京の天気は晴れです。", "แมวกินปลาทุกวัน"]
    made = add_document(database, owner, collection, "signs.txt", texts)
    index.replace(made.id, ChunkStore(database).chunks(made.id))
    assert found(index, "黑豹队丢了多少分？", collection)[0] == "0"
    assert found(index, "308", collection) == ["0"]
    assert found(index, "東京の天気", collection)[0] == "1"
    assert found(index, "ปลา", collection) == ["2"]
    assert found(index, "什么 多少 吗", collection) == []


def test_neighbouring_words_count_more(
    index: LexicalIndex, database: Database, owner: UserId, collection: CollectionId
) -> None:
    """Of two chunks with the same words the one with the question's phrase comes first."""
    texts = ["The hard disk failed; replace the drive.", "The disk was hard to replace; drive on."]
    made = add_document(database, owner, collection, "disks.txt", texts)
    index.replace(made.id, ChunkStore(database).chunks(made.id))
    assert found(index, "hard disk", collection) == ["0", "1"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.text(max_size=200) | st.sampled_from(["it's 50% off!", "(" * 5000, 'a AND "b']))
def test_anything_may_be_typed(
    index: LexicalIndex, zoo: Document, collection: CollectionId, text: str
) -> None:
    """No text makes search fail: it is words to look for, not a query language."""
    index.search(text, [collection], 5)


def test_it_is_there_after_reopening(
    tmp_path: Path, index: LexicalIndex, zoo: Document, collection: CollectionId
) -> None:
    """What was committed is on disk."""
    index.close()
    again = LexicalIndex(tmp_path / "tantivy")
    assert again.chunk_ids()
    assert found(again, "penguins", collection) == ["2"]
    again.close()


@pytest.mark.allow_log("put aside")
def test_a_broken_index_is_thrown_away(
    tmp_path: Path, index: LexicalIndex, zoo: Document, collection: CollectionId
) -> None:
    """A damaged folder is replaced by an empty index, which says that it has to be filled."""
    index.close()
    (tmp_path / "tantivy" / f"v{VERSION}" / "meta.json").write_text("{ not json")
    again = LexicalIndex(tmp_path / "tantivy")
    assert again.lacking() is Lacking.ALL
    again.close()


def test_many_threads_may_use_it(
    index: LexicalIndex, database: Database, zoo: Document, collection: CollectionId
) -> None:
    """Searching and writing at once from several threads never borrows twice."""
    errors: list[BaseException] = []
    chunks = ChunkStore(database).chunks(zoo.id)

    def use() -> None:
        try:
            for _ in range(3):
                index.replace(zoo.id, chunks)
                assert found(index, "penguins", collection) == ["2"]
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_a_disk_that_takes_too_long_is_a_failure_of_storage(
    index: LexicalIndex, zoo: Document, collection: CollectionId, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is so refused is tried again later; what was being written is there all the same."""
    monkeypatch.setattr("core.retrieval.lexical.DEADLINE_S", 0.05)
    goes_on = threading.Event()
    index._owner.post(goes_on.wait)
    with pytest.raises(StorageFailed, match="no answer within"):
        index.delete(zoo.id)
    goes_on.set()
    monkeypatch.undo()
    assert found(index, "penguins", collection) == []


def test_after_closing_it_refuses(index: LexicalIndex, collection: CollectionId) -> None:
    """A search during shutdown is cancelled rather than left waiting."""
    index.close()
    with pytest.raises(Cancelled):
        index.search("anything", [collection], 1)


def test_a_missing_or_changed_file_is_damage(
    tmp_path: Path, index: LexicalIndex, zoo: Document
) -> None:
    """Whichever of a segment's files it is, and before anybody opens the index."""
    index.close()
    folder = tmp_path / "tantivy" / f"v{VERSION}"
    files = [each for each in folder.iterdir() if each.suffix[1:] in COMPONENTS]
    assert len(files) == len(COMPONENTS)
    assert damage(folder) is None
    for file in files:
        content = file.read_bytes()
        file.unlink()
        assert damage(folder) is not None, file.name
        file.write_bytes(bytes([content[0] ^ 1]) + content[1:])
        assert damage(folder) is not None, file.name
        file.write_bytes(content)
    assert damage(folder) is None
