"""Jobs tell how far they are and obey: pause, resume, cancel; the trash gives back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from core.changes import Change, Changes, Topic
from core.config import Settings
from core.errors import Conflict, NotFound
from core.records import CollectionId, DocumentState, JobId, JobState, UserId, now
from core.retrieval.collections import Collections
from core.retrieval.embedding import SentenceTransformersEmbedder
from core.retrieval.pace import Pace
from core.store.database import Database
from core.store.indexing import IngestStore

pytestmark = pytest.mark.model


@pytest.fixture
def changes() -> Changes:
    """Where notices are heard."""
    return Changes()


@pytest.fixture
def collections(
    settings: Settings,
    database: Database,
    changes: Changes,
    embedder: SentenceTransformersEmbedder,
) -> Iterator[Collections]:
    """Running collections."""
    made = Collections(settings, database, changes, embedder)
    made.start()
    yield made
    made.close()


@pytest.fixture
def shelf(collections: Collections, owner: UserId) -> CollectionId:
    """An empty collection."""
    return collections.create(owner, "Shelf").id


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Five texts of two chunks each."""
    made = tmp_path / "files"
    made.mkdir()
    for number in range(5):
        (made / f"{number}.txt").write_text(f"Paper {number}. " + "More words here. " * 100)
    return made


@pytest.fixture
def stopped(embedder: SentenceTransformersEmbedder) -> Iterator[psutil.Process]:
    """The embedder's worker, standing still, so that a job stays where it is."""
    assert embedder._child is not None
    worker = psutil.Process(embedder._child.pid)
    worker.suspend()
    yield worker
    worker.resume()


def until(condition: Callable[[], object], limit_s: float = 60.0) -> None:
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.01)


def test_a_paused_job_rests_and_goes_on(
    collections: Collections,
    owner: UserId,
    shelf: CollectionId,
    folder: Path,
    stopped: psutil.Process,
) -> None:
    """Paused, it makes no more vectors after the ones at hand; resumed it ends."""
    job = collections.add_files(owner, shelf, [folder])
    until(lambda: collections.job(owner, job.id).chunks == 10)
    paused = collections.pause_job(owner, job.id)
    assert (paused.state, paused.finished, paused.seconds_left) == (JobState.PAUSED, False, None)
    stopped.resume()
    time.sleep(1.0)  # for the group of chunks that was being embedded
    rested = collections.job(owner, job.id).embedded
    time.sleep(0.5)
    assert collections.job(owner, job.id).embedded == rested
    assert collections.job(owner, job.id).state is JobState.PAUSED
    states = {each.state for each in collections.documents(owner, shelf)}
    assert states == {DocumentState.INDEXING}
    collections.resume_job(owner, job.id)
    until(lambda: collections.job(owner, job.id).finished)
    done = collections.job(owner, job.id)
    assert (done.state, done.chunks, done.embedded) == (JobState.FINISHED, 10, 10)
    assert done.seconds_left == 0
    with pytest.raises(Conflict):
        collections.pause_job(owner, job.id)


def test_a_paused_job_reads_nothing_and_others_pass_it(
    collections: Collections, owner: UserId, shelf: CollectionId, folder: Path, tmp_path: Path
) -> None:
    """A pause before the start holds, and a later job does not wait for it."""
    collections._ingest.stop()
    collections._ingest.join(5)
    job = collections.add_files(owner, shelf, [folder])
    collections.pause_job(owner, job.id)
    other = tmp_path / "other.txt"
    other.write_text("Another text.")
    collections.add_files(owner, shelf, [other])
    store = IngestStore(collections._documents._database)
    found = store.next_queued()
    assert found is not None
    assert found.name == "other.txt"
    store.begin_parsing(found.id)
    assert store.next_queued() is None
    collections.resume_job(owner, job.id)
    found = store.next_queued()
    assert found is not None
    assert found.name == "0.txt"


def test_cancelling_keeps_what_was_read(
    collections: Collections,
    owner: UserId,
    shelf: CollectionId,
    folder: Path,
    tmp_path: Path,
    changes: Changes,
    stopped: psutil.Process,
) -> None:
    """What was read is found by keywords and can have its vectors later; the rest is restorable."""
    job = collections.add_files(owner, shelf, [folder])
    until(lambda: collections.job(owner, job.id).chunks == 10)
    heard: list[Change] = []
    changes.subscribe(heard.append)
    cancelled = collections.cancel_job(owner, job.id, initiator="window")
    assert (cancelled.state, cancelled.finished) == (JobState.CANCELLED, True)
    assert Change(Topic.COLLECTIONS, shelf, owner, "window") in heard
    stopped.resume()
    (first, *others) = collections.documents(owner, shelf)
    assert {each.reason for each in (first, *others)} == {"cancelled"}
    assert len(collections.find(owner, "Paper 3", [shelf], wait_s=0)) > 0
    retried = collections.retry(owner, first.id)
    until(lambda: collections.job(owner, retried.id).finished)
    again = collections.document(owner, first.id)
    assert (again.state, again.embedded_count) == (DocumentState.READY, 2)
    assert collections.job(owner, job.id).state is JobState.CANCELLED


def test_what_was_not_read_yet_goes_to_the_trash_when_cancelled(
    collections: Collections, owner: UserId, shelf: CollectionId, folder: Path
) -> None:
    """A cancelled file can be taken out of the trash, and is read then."""
    collections._ingest.stop()
    collections._ingest.join(5)
    job = collections.add_files(owner, shelf, [folder])
    collections.cancel_job(owner, job.id)
    assert collections.documents(owner, shelf) == []
    trashed = collections.trashed(owner, shelf)
    assert len(trashed) == 5
    back = collections.restore_document(owner, trashed[0].id)
    assert back.state is DocumentState.QUEUED
    store = IngestStore(collections._documents._database)
    found = store.next_queued()
    assert found is not None
    assert found.id == back.id


def test_jobs_are_listed_newest_first_and_are_ones_own(
    collections: Collections,
    owner: UserId,
    stranger: UserId,
    shelf: CollectionId,
    folder: Path,
) -> None:
    """Of one collection or of all; a stranger finds none of them."""
    first = collections.add_files(owner, shelf, [folder / "0.txt"])
    second = collections.add_files(owner, collections.create(owner, "Two").id, [folder / "1.txt"])
    assert [each.id for each in collections.jobs(owner)] == [second.id, first.id]
    assert [each.id for each in collections.jobs(owner, shelf)] == [first.id]
    assert collections.jobs(stranger) == []
    for act in (collections.pause_job, collections.resume_job, collections.cancel_job):
        with pytest.raises(NotFound):
            act(stranger, first.id)
        with pytest.raises(NotFound):
            act(owner, JobId("job_none"))
    with pytest.raises(NotFound):
        collections.jobs(stranger, shelf)


def test_the_trash_gives_back_what_was_read(
    collections: Collections, owner: UserId, shelf: CollectionId, folder: Path
) -> None:
    """A restored document is found by both indexes with its old vectors, unless it was replaced."""
    job = collections.add_files(owner, shelf, [folder / "0.txt"])
    until(lambda: collections.job(owner, job.id).finished)
    (found,) = collections.documents(owner, shelf)
    collections.delete_document(owner, found.id)
    until(lambda: not collections._lexical.search("Paper", [shelf], 5))
    (trashed,) = collections.trashed(owner, shelf)
    assert (trashed.id, trashed.state) == (found.id, DocumentState.TRASHED)
    assert collections.restore_document(owner, found.id).embedded_count == 2
    until(lambda: collections.document(owner, found.id).state is DocumentState.READY)
    assert len(collections._lexical.search("Paper", [shelf], 5)) == 1
    assert collections.find(owner, "Paper 0", [shelf])[0].vector_score is not None
    collections.delete_document(owner, found.id)
    (folder / "0.txt").write_text("Something else stands here now.")
    job = collections.add_files(owner, shelf, [folder / "0.txt"])
    until(lambda: collections.job(owner, job.id).finished)
    with pytest.raises(Conflict, match="has taken its place"):
        collections.restore_document(owner, found.id)


def test_the_trash_is_emptied_on_request_and_by_age(
    collections: Collections, owner: UserId, stranger: UserId, shelf: CollectionId, folder: Path
) -> None:
    """What is purged is gone from the database, text and all."""
    job = collections.add_files(owner, shelf, [folder])
    until(lambda: collections.job(owner, job.id).finished)
    first, second, *_ = collections.documents(owner, shelf)
    collections.delete_document(owner, first.id)
    with pytest.raises(NotFound):
        collections.empty_trash(stranger, shelf)
    assert collections.empty_trash(owner, shelf) == 1
    with pytest.raises(NotFound):
        collections.restore_document(owner, first.id)
    database = collections._documents._database

    def texts() -> int:
        query = "SELECT count(*) FROM document_text"
        return int(database.read(lambda c: c.exec_driver_sql(query).scalar_one()))

    until(lambda: texts() == 4)
    collections.delete_document(owner, second.id)
    store = IngestStore(database)
    assert store.purge_older_than(now() - timedelta(days=1)) == 0
    assert store.purge_older_than(now() + timedelta(days=1)) == 1
    collections._ingest.wake()
    until(lambda: texts() == 3)


def test_a_file_that_moved_and_is_added_again_keeps_its_document(
    collections: Collections, owner: UserId, shelf: CollectionId, folder: Path
) -> None:
    """The same content under another name, the old file gone, is the same document."""
    job = collections.add_files(owner, shelf, [folder / "0.txt"])
    until(lambda: collections.job(owner, job.id).finished)
    (before,) = collections.documents(owner, shelf)
    (folder / "0.txt").rename(folder / "renamed.txt")
    job = collections.add_files(owner, shelf, [folder / "renamed.txt"])
    until(lambda: collections.job(owner, job.id).finished)
    (after,) = collections.documents(owner, shelf)
    assert (after.id, after.name, after.embedded_count) == (before.id, "renamed.txt", 2)


def test_pace_is_learned_batch_by_batch() -> None:
    """Nothing is foretold before the first batch; later ones shift the average."""
    pace = Pace()
    assert pace.seconds("a", 100) is None
    pace.note("a", 20, 2.0)
    assert pace.seconds("a", 100) == pytest.approx(10)
    pace.note("a", 20, 1.0)
    assert pace.seconds("a", 100) == pytest.approx(9)
