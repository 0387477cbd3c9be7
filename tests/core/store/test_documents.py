"""Collections, documents and jobs in SQLite: owned, counted, and kept in step with the outbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from core.errors import Conflict, InvalidInput, NotFound
from core.records import (
    Chunk,
    CollectionId,
    Document,
    DocumentId,
    DocumentState,
    HeadingSpan,
    JobId,
    PageSpan,
    ParsedDocument,
    UserId,
)
from core.store.chunks import ChunkStore, MadeBy
from core.store.database import Database
from core.store.document_rows import FileSeen
from core.store.documents import MAX_NAME, Documents
from core.store.indexing import Errand, FileRead, IngestStore
from core.store.jobs import JobStore
from core.store.users import UserStore

PARSED = ParsedDocument(
    "One. Two.",
    "application/pdf",
    (PageSpan(1, 0, 4), PageSpan(2, 5, 9)),
    (HeadingSpan(1, "One", 0),),
    "Numbers",
)
CHUNKS = [Chunk(0, "One.", 0, 4, 1, 1, "One"), Chunk(1, "Two.", 5, 9, 2, 2, "One")]
VECTOR = b"\0\0\x80?" * 4


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A fresh database."""
    made = Database(tmp_path / "outpost.sqlite")
    yield made
    made.close()


@pytest.fixture
def documents(database: Database) -> Documents:
    """The owner-scoped repository."""
    return Documents(database)


@pytest.fixture
def ingest(database: Database) -> IngestStore:
    """The repository that ingest writes to."""
    return IngestStore(database)


@pytest.fixture
def owner(database: Database) -> UserId:
    """The user who owns what the tests make."""
    return UserStore(database).add("Ada", is_owner=True).id


@pytest.fixture
def stranger(database: Database) -> UserId:
    """A user who owns nothing."""
    return UserStore(database).add("Eve").id


@pytest.fixture
def collection(documents: Documents, owner: UserId) -> CollectionId:
    """An empty collection."""
    return documents.create_collection(owner, "Papers").id


def seen(name: str, size: int = 9, time: int = 1) -> FileSeen:
    return FileSeen(name, f"/files/{name}", size, time)


def read(ingest: IngestStore, sha256: str = "sha", time: int = 1) -> Document:
    """Take the next document from the queue and store its text."""
    found = ingest.next_queued()
    assert found is not None
    ingest.begin_parsing(found.id)
    assert ingest.store_text(found, FileRead(9, time, sha256), PARSED, CHUNKS)
    return found


def jobs_of(documents: Documents) -> JobStore:
    return JobStore(documents._database)


def next_errand(ingest: IngestStore, exclude: Sequence[int] = ()) -> Errand | None:
    return next(iter(ingest.next_errands(exclude)), None)


def test_a_collection_is_made_listed_and_counted(
    documents: Documents, ingest: IngestStore, owner: UserId
) -> None:
    """Counts come from the documents; names are tidied and sorted."""
    made = documents.create_collection(owner, "  Zoo   papers ", " about animals ")
    documents.create_collection(owner, "atlas")
    assert (made.name, made.description) == ("Zoo papers", "about animals")
    documents.add(owner, made.id, [seen("a.txt"), seen("b.txt"), seen("c.txt")])
    ingest.finish(read(ingest).id)
    failing = ingest.next_queued()
    assert failing is not None
    ingest.fail(failing, "damaged", "It is damaged.")
    names = [each.name for each in documents.collections(owner)]
    counted = documents.collection(owner, made.id)
    assert names == ["atlas", "Zoo papers"]
    assert (counted.document_count, counted.ready_count, counted.failed_count) == (3, 1, 1)
    assert (counted.chunk_count, counted.size_bytes) == (2, 27)


@pytest.mark.parametrize("name", ["", "   ", "x" * (MAX_NAME + 1)])
def test_bad_names_are_refused(documents: Documents, owner: UserId, name: str) -> None:
    """A collection needs a name of a reasonable length."""
    with pytest.raises(InvalidInput):
        documents.create_collection(owner, name)


def test_a_name_is_taken_for_its_owner_only(
    documents: Documents, owner: UserId, stranger: UserId, collection: CollectionId
) -> None:
    """Two users may use the same name; one user may use it again after deleting."""
    with pytest.raises(Conflict):
        documents.create_collection(owner, "PAPERS")
    documents.create_collection(stranger, "Papers")
    documents.trash_collection(owner, collection)
    documents.create_collection(owner, "Papers")


def test_what_is_not_ones_own_does_not_exist(
    documents: Documents,
    ingest: IngestStore,
    database: Database,
    owner: UserId,
    stranger: UserId,
    collection: CollectionId,
) -> None:
    """Every way to reach somebody else's thing answers as for a thing that is not there."""
    job = documents.add(owner, collection, [seen("a.txt")])
    found = read(ingest)
    ways: list[Callable[[], object]] = [
        lambda: documents.collection(stranger, collection),
        lambda: documents.trash_collection(stranger, collection),
        lambda: documents.documents(stranger, collection),
        lambda: documents.add(stranger, collection, [seen("b.txt")]),
        lambda: documents.document(stranger, found.id),
        lambda: documents.document_text(stranger, found.id),
        lambda: documents.trash_document(stranger, found.id),
        lambda: documents.retry(stranger, found.id),
        lambda: jobs_of(documents).job(stranger, job.id),
        lambda: documents.collection(owner, CollectionId("col_none")),
        lambda: documents.document(owner, DocumentId("doc_none")),
        lambda: jobs_of(documents).job(owner, JobId("job_none")),
    ]
    for way in ways:
        with pytest.raises(NotFound):
            way()
    chunk_ids = [each.id for each in ChunkStore(database).chunks(found.id)]
    assert documents.collections(stranger) == []
    assert documents.owned(stranger, [collection]) == []
    assert ChunkStore(database).searchable(stranger, chunk_ids) == {}
    assert len(ChunkStore(database).searchable(owner, chunk_ids)) == 2


def test_a_document_goes_its_way(
    documents: Documents, ingest: IngestStore, owner: UserId, collection: CollectionId
) -> None:
    """Queued, parsing, indexing with text and pages, ready; the job counts along."""
    job = documents.add(owner, collection, [seen("a.pdf")])
    assert (job.total, job.done, job.failed, job.finished) == (1, 0, 0, False)
    (queued,) = documents.documents(owner, collection)
    assert queued.state is DocumentState.QUEUED
    with pytest.raises(Conflict):
        documents.document_text(owner, queued.id)
    read(ingest)
    indexing = documents.document(owner, queued.id)
    assert indexing.state is DocumentState.INDEXING
    assert (indexing.pages, indexing.characters, indexing.chunk_count) == (2, 9, 2)
    assert (indexing.title, indexing.media_type) == ("Numbers", "application/pdf")
    text = documents.document_text(owner, queued.id)
    assert (text.text, text.pages) == (PARSED.text, PARSED.pages)
    assert not jobs_of(documents).job(owner, job.id).finished
    assert ingest.finish(queued.id)
    assert documents.document(owner, queued.id).state is DocumentState.READY
    done = jobs_of(documents).job(owner, job.id)
    assert (done.done, done.finished) == (1, True)
    assert next_errand(ingest) is None


def test_unchanged_files_are_skipped_and_changed_ones_are_not(
    documents: Documents, ingest: IngestStore, owner: UserId, collection: CollectionId
) -> None:
    """Path, size and time decide; the job names what it skipped and counts it as done."""
    documents.add(owner, collection, [seen("a.txt")])
    ingest.finish(read(ingest).id)
    again = documents.add(owner, collection, [seen("a.txt"), seen("b.txt")])
    assert (again.total, again.done, again.skipped) == (2, 1, ("a.txt",))
    changed = documents.add(owner, collection, [seen("a.txt", time=2)])
    assert (changed.total, changed.skipped) == (1, ())


def test_a_changed_file_replaces_its_old_document_at_once(
    documents: Documents, ingest: IngestStore, owner: UserId, collection: CollectionId
) -> None:
    """Until the new text is there the old one stays; then only the new one is listed."""
    documents.add(owner, collection, [seen("a.txt")])
    old = read(ingest, "old")
    ingest.finish(old.id)
    documents.add(owner, collection, [seen("a.txt", time=2)])
    assert len(documents.documents(owner, collection)) == 2
    new = read(ingest, "new", time=2)
    assert [each.id for each in documents.documents(owner, collection)] == [new.id]
    errand = next_errand(ingest)
    assert errand is not None
    assert (errand.action, errand.document_id) == ("delete", old.id)


def test_documents_are_tagged_listed_by_tag_and_hand_their_tags_on(
    documents: Documents,
    ingest: IngestStore,
    owner: UserId,
    stranger: UserId,
    collection: CollectionId,
) -> None:
    """Tags are replaced as a whole, and a newer version of the file has those of the older one."""
    documents.add(owner, collection, [seen("a.txt"), seen("b.txt")])
    old, other = read(ingest, "old"), read(ingest, "other")
    documents.tag(owner, old.id, ["wrong", "x"])
    assert documents.tag(owner, old.id, ["sea", "Law"]).tags == ("Law", "sea")
    documents.tag(owner, other.id, ["sea"])
    assert [each.id for each in documents.documents(owner, collection, "Law")] == [old.id]
    assert len(documents.documents(owner, collection, "sea")) == 2
    assert documents.documents(owner, collection, "se") == []
    assert (documents.tags(owner), documents.tags(stranger)) == (["Law", "sea"], [])
    with pytest.raises(NotFound):
        documents.tag(stranger, old.id, ["mine"])
    documents.add(owner, collection, [seen("a.txt", time=2)])
    new = read(ingest, "new", time=2)
    assert documents.document(owner, new.id).tags == ("Law", "sea")
    documents.trash_document(owner, new.id)
    assert documents.trashed(owner, collection)[0].tags == ("Law", "sea")
    assert documents.tags(owner) == ["sea"]


def test_the_same_content_is_not_added_twice(
    documents: Documents, ingest: IngestStore, owner: UserId, collection: CollectionId
) -> None:
    """A twin in the same collection takes the new document out of the queue, and the job knows."""
    documents.add(owner, collection, [seen("a.txt")])
    first = read(ingest, "same")
    job = documents.add(owner, collection, [seen("copy.txt")])
    second = ingest.next_queued()
    assert second is not None
    twin = ingest.twin(second, "same")
    assert twin is not None
    assert twin.id == first.id
    assert ingest.twin(second, "other") is None
    ingest.skip(second, twin, FileRead(9, 1, "same"))
    after = jobs_of(documents).job(owner, job.id)
    assert (after.total, after.done, after.finished, after.skipped) == (1, 1, True, ("copy.txt",))
    assert [each.name for each in documents.documents(owner, collection)] == ["a.txt"]


def test_a_touched_file_is_known_by_its_new_time(
    documents: Documents, ingest: IngestStore, owner: UserId, collection: CollectionId
) -> None:
    """A file whose time changed but not its content is skipped without hashing the next time."""
    documents.add(owner, collection, [seen("a.txt")])
    first = read(ingest, "same")
    documents.add(owner, collection, [seen("a.txt", time=7)])
    second = ingest.next_queued()
    assert second is not None
    ingest.skip(second, first, FileRead(9, 7, "same"))
    assert documents.add(owner, collection, [seen("a.txt", time=7)]).skipped == ("a.txt",)


def test_failure_and_retry(
    documents: Documents, ingest: IngestStore, owner: UserId, collection: CollectionId
) -> None:
    """A failed document keeps its reason and may be tried again, as a job of its own."""
    job = documents.add(owner, collection, [seen("a.txt")])
    found = ingest.next_queued()
    assert found is not None
    ingest.fail(found, "encrypted", "It is locked.")
    failed = documents.document(owner, found.id)
    assert (failed.state, failed.reason, failed.problem) == ("failed", "encrypted", "It is locked.")
    assert (
        jobs_of(documents).job(owner, job.id).failed,
        jobs_of(documents).job(owner, job.id).finished,
    ) == (1, True)
    retried = documents.retry(owner, found.id)
    assert (retried.total, retried.finished) == (1, False)
    assert documents.document(owner, found.id).reason is None
    with pytest.raises(Conflict):
        documents.retry(owner, found.id)


def test_a_failure_is_replaced_by_the_next_attempt(
    documents: Documents, ingest: IngestStore, owner: UserId, collection: CollectionId
) -> None:
    """Adding a failed file again does not pile up failures, and a success removes them."""
    for reason in ("damaged", "encrypted"):
        documents.add(owner, collection, [seen("a.txt")])
        found = ingest.next_queued()
        assert found is not None
        ingest.fail(found, reason, reason)
    assert [each.reason for each in documents.documents(owner, collection)] == ["encrypted"]
    documents.add(owner, collection, [seen("a.txt")])
    read(ingest)
    assert [each.state for each in documents.documents(owner, collection)] == ["indexing"]


def test_trash_hides_a_document_and_tells_the_indexes(
    documents: Documents,
    ingest: IngestStore,
    database: Database,
    owner: UserId,
    collection: CollectionId,
) -> None:
    """A deleted document is gone for its owner and for search, and an errand says so."""
    job = documents.add(owner, collection, [seen("a.txt")])
    found = read(ingest)
    ids = [each.id for each in ChunkStore(database).chunks(found.id)]
    assert documents.trash_document(owner, found.id).name == "a.txt"
    assert documents.documents(owner, collection) == []
    assert ChunkStore(database).searchable(owner, ids) == {}
    assert jobs_of(documents).job(owner, job.id).finished
    assert not ingest.finish(found.id)
    errand = next_errand(ingest)
    assert errand is not None
    assert errand.action == "delete"
    ingest.done(errand)
    assert next_errand(ingest) is None


def test_a_document_deleted_while_it_was_read_stays_deleted(
    documents: Documents, ingest: IngestStore, owner: UserId, collection: CollectionId
) -> None:
    """The text of a document that is not wanted any more is not stored."""
    documents.add(owner, collection, [seen("a.txt")])
    found = ingest.next_queued()
    assert found is not None
    documents.trash_document(owner, found.id)
    assert not ingest.store_text(found, FileRead(9, 1, "sha"), PARSED, CHUNKS)
    assert ingest.next_queued() is None


def test_vectors_are_stored_counted_and_found(
    documents: Documents,
    ingest: IngestStore,
    database: Database,
    owner: UserId,
    collection: CollectionId,
) -> None:
    """Chunks without a vector are listed until they have one; counts follow."""
    store = ChunkStore(database)
    documents.add(owner, collection, [seen("a.txt")])
    found = read(ingest)
    (first, second) = store.unembedded([found.id], 10)
    assert first.document_title == "Numbers"
    store.store_vectors(collection, [first.id], [VECTOR])
    assert [each.id for each in store.unembedded([found.id], 10)] == [second.id]
    assert store.sample_vector(collection).ids == ()
    store.store_vectors(collection, [second.id], [VECTOR])
    assert documents.document(owner, found.id).embedded_count == 2
    assert store.collection_vectors(collection).ids == (first.id, second.id)
    assert store.vectors_of([second.id]).blobs == (VECTOR,)
    assert store.ready_vectors() == {collection: 0}
    ingest.finish(found.id)
    assert store.ready_vectors() == {collection: 2}
    assert store.sample_vector(collection).ids == (first.id,)


def test_a_collection_remembers_its_embedder(database: Database, collection: CollectionId) -> None:
    """The embedder is noted with the first vectors, and unknown before."""
    store = ChunkStore(database)
    assert store.made_by([collection]) == {collection: MadeBy("", "", 0)}
    store.set_embedder(collection, MadeBy("minilm", "starter", 4))
    assert store.made_by([collection]) == {collection: MadeBy("minilm", "starter", 4)}
    assert store.generation(collection) == 1


def test_a_restart_queues_what_was_being_parsed(
    documents: Documents, ingest: IngestStore, owner: UserId, collection: CollectionId
) -> None:
    """Nothing stays in a state that nobody works on."""
    documents.add(owner, collection, [seen("a.txt")])
    found = ingest.next_queued()
    assert found is not None
    ingest.begin_parsing(found.id)
    assert ingest.next_queued() is None
    ingest.resume()
    again = ingest.next_queued()
    assert again is not None
    assert again.id == found.id


def test_documents_without_an_embedder_wait_and_count_as_done(
    documents: Documents, ingest: IngestStore, owner: UserId, collection: CollectionId
) -> None:
    """A text that cannot be embedded now is searchable, its job ends, and it is tried again."""
    job = documents.add(owner, collection, [seen("a.txt")])
    found = read(ingest)
    ingest.note_problem(found.id, "no_embedder", "There is none.")
    assert next_errand(ingest) is None
    assert jobs_of(documents).job(owner, job.id).finished
    assert documents.document(owner, found.id).problem == "There is none."
    ingest.forget_problems()
    errand = next_errand(ingest)
    assert errand is not None
    assert errand.document_id == found.id
    assert next_errand(ingest, [errand.seq]) is None
    assert ingest.last_errand() == errand.seq


def test_trashing_a_collection_takes_its_documents_along(
    documents: Documents, ingest: IngestStore, owner: UserId, collection: CollectionId
) -> None:
    """Nothing of it is listed, queued or searchable, and the indexes are told once."""
    documents.add(owner, collection, [seen("a.txt"), seen("b.txt")])
    found = read(ingest)
    documents.trash_collection(owner, collection)
    assert documents.collections(owner) == []
    assert ingest.next_queued() is None
    with pytest.raises(NotFound):
        documents.document(owner, found.id)
    errand = next_errand(ingest)
    assert errand is not None
    assert (errand.action, errand.collection_id) == ("drop", collection)
