"""Files added to a collection become passages, whatever happens in between."""

from __future__ import annotations

import io
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from fpdf import FPDF

from core.changes import Change, Changes, Topic
from core.config import Settings
from core.errors import Conflict, InvalidInput, NotFound, UnreadableDocument
from core.records import PARTIAL, CollectionId, Document, DocumentState, IngestJob, UserId
from core.retrieval import indexing
from core.retrieval import uploads as module
from core.retrieval.collections import Collections
from core.retrieval.embedding import SentenceTransformersEmbedder
from core.store.database import Database
from tests.core.retrieval.parsing.test_parser import pdf

pytestmark = pytest.mark.model

Make = Callable[[], Collections]


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with three readable documents, one of them a PDF of three pages, and a bad one."""
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "foxes.md").write_text(
        "# Foxes\n\n## Food\n\nA fox eats mice.\n\n## Home\n\nIt digs a den.", "utf-8"
    )
    (folder / "pumps.txt").write_text("Grease the bearing of pump XQ-4711 yearly.", "utf-8")
    (folder / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0" + bytes(range(256)))
    made = FPDF()
    made.set_font("Helvetica", size=12)
    for text in ("Rules of the house.", "Smoking is forbidden.", "The gate closes at nine."):
        made.add_page()
        made.multi_cell(0, 6, text)
    made.output(str(folder / "rules.pdf"))
    return folder


@pytest.fixture
def make(
    settings: Settings, database: Database, embedder: SentenceTransformersEmbedder
) -> Iterator[Make]:
    """Makes collections over the same folders, as a restart would; closes what is left open."""
    made: list[Collections] = []

    def build() -> Collections:
        made.append(Collections(settings, database, Changes(), embedder))
        return made[-1]

    yield build
    for each in made:
        each.close()


@pytest.fixture
def collections(make: Make) -> Collections:
    """Running collections."""
    made = make()
    made.start()
    return made


@pytest.fixture
def shelf(collections: Collections, owner: UserId) -> CollectionId:
    """An empty collection."""
    return collections.create(owner, "Shelf").id


def until(condition: Callable[[], object], limit_s: float = 30.0) -> None:
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.01)


def finished(collections: Collections, job: IngestJob) -> IngestJob:
    """Wait for a job and return it."""
    until(lambda: collections.job(job.owner_id, job.id).finished)
    return collections.job(job.owner_id, job.id)


def names(collections: Collections, owner: UserId, text: str) -> list[str]:
    wanted = [each.id for each in collections.list(owner)]
    return [each.document_name for each in collections.find(owner, text, wanted)]


def by_name(collections: Collections, owner: UserId, shelf: CollectionId) -> dict[str, Document]:
    return {each.name: each for each in collections.documents(owner, shelf)}


def test_a_folder_becomes_passages_with_pages(
    collections: Collections, owner: UserId, shelf: CollectionId, files: Path
) -> None:
    """Every file ends as ready or failed with a reason, and a passage names page and heading."""
    job = finished(collections, collections.add_files(owner, shelf, [files]))
    assert (job.total, job.done, job.failed) == (4, 3, 1)
    found = by_name(collections, owner, shelf)
    assert {name: each.reason for name, each in found.items() if each.reason} == {
        "photo.jpg": "unknown_format"
    }
    assert "'photo.jpg'" in (found["photo.jpg"].problem or "")
    assert {found[name].state for name in ("foxes.md", "pumps.txt", "rules.pdf")} == {"ready"}
    assert found["rules.pdf"].pages == 3
    assert found["rules.pdf"].embedded_count == found["rules.pdf"].chunk_count == 3
    (passage, *_) = collections.find(owner, "When does the gate close?", [shelf])
    assert (passage.document_name, passage.first_page) == ("rules.pdf", 3)
    (passage, *_) = collections.find(owner, "What do foxes eat?", [shelf])
    assert passage.heading == "Foxes › Food"
    text = collections.document_text(owner, passage.document_id).text
    assert text[passage.start : passage.end] == passage.text


def test_text_is_found_before_its_vectors_are_made(
    collections: Collections,
    owner: UserId,
    shelf: CollectionId,
    files: Path,
    embedder: SentenceTransformersEmbedder,
) -> None:
    """While the embedder is busy elsewhere, keyword search already finds the new text."""
    assert embedder._child is not None
    worker = psutil.Process(embedder._child.pid)
    worker.suspend()
    try:
        job = collections.add_files(owner, shelf, [files / "pumps.txt"])
        until(lambda: by_name(collections, owner, shelf)["pumps.txt"].state == "indexing")
        until(lambda: collections.find(owner, "XQ-4711", [shelf], wait_s=0.01))
    finally:
        worker.resume()
    finished(collections, job)
    assert by_name(collections, owner, shelf)["pumps.txt"].state is DocumentState.READY


def test_a_restart_goes_on_where_it_was(
    make: Make,
    owner: UserId,
    tmp_path: Path,
    embedder: SentenceTransformersEmbedder,
) -> None:
    """Closed in the middle, ingest ends quickly; the next start finishes everything, once each."""
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(6):
        (folder / f"{number}.txt").write_text(f"Paper {number}. " + "More words. " * 200)
    first = make()
    first.start()
    shelf = first.create(owner, "Shelf").id
    job = first.add_files(owner, shelf, [folder])
    until(lambda: any(each.embedded_count for each in first.documents(owner, shelf)))
    start = time.monotonic()
    first.close()
    assert time.monotonic() - start < 4
    assert not first.job(owner, job.id).finished
    second = make()
    second.start()
    assert finished(second, job).done == 6
    documents = second.documents(owner, shelf)
    assert len(documents) == 6
    assert all(each.embedded_count == each.chunk_count > 0 for each in documents)


def test_indexes_that_were_lost_are_built_again(
    make: Make,
    owner: UserId,
    files: Path,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With the folders of both indexes gone, a start brings every passage back from SQLite."""
    monkeypatch.setattr(indexing, "OPEN_VECTORS_AFTER_S", 0.0)
    first = make()
    first.start()
    shelf = first.create(owner, "Shelf").id
    until(lambda: shelf in first._vectors._sizes)
    finished(first, first.add_files(owner, shelf, [files]))
    assert first._vectors._sizes == {shelf: 6}
    first.close()
    for folder in (settings.tantivy_dir, settings.chroma_dir):
        shutil.rmtree(folder)
    second = make()
    second.start()
    until(lambda: second._vectors._sizes == {shelf: 6})
    second._vectors._exact_below = 0
    monkeypatch.setattr(second._vectors._exact, "search", None)
    (passage, *_) = second.find(owner, "XQ-4711 bearing", [shelf])
    assert (passage.lexical_rank, passage.vector_rank) == (1, 1)


def test_adding_again_skips_what_is_there_and_replaces_what_changed(
    collections: Collections, owner: UserId, shelf: CollectionId, files: Path
) -> None:
    """Unchanged files cost nothing, a copy is named as skipped, a changed file has one version."""
    (files / "photo.jpg").unlink()
    finished(collections, collections.add_files(owner, shelf, [files]))
    (files / "copy.txt").write_bytes((files / "pumps.txt").read_bytes())
    (files / "foxes.md").write_text("# Badgers\n\nA badger eats worms.", "utf-8")
    job = finished(collections, collections.add_files(owner, shelf, [files]))
    assert sorted(job.skipped) == ["copy.txt", "pumps.txt", "rules.pdf"]
    assert (job.total, job.done) == (4, 4)
    assert set(by_name(collections, owner, shelf)) == {"foxes.md", "pumps.txt", "rules.pdf"}
    assert names(collections, owner, "badger worms") == ["foxes.md"]
    assert "foxes.md" not in names(collections, owner, "den")


def test_retry_after_the_file_was_put_right(
    collections: Collections, owner: UserId, shelf: CollectionId, tmp_path: Path
) -> None:
    """A missing file fails with what to do, and succeeds once it is there."""
    path = tmp_path / "late.txt"
    job = finished(collections, collections.add_files(owner, shelf, [path]))
    (failed,) = collections.documents(owner, shelf)
    assert (job.failed, failed.reason) == (1, "missing")
    path.write_text("Here at last.")
    assert finished(collections, collections.retry(owner, failed.id)).done == 1
    assert names(collections, owner, "at last") == ["late.txt"]
    with pytest.raises(Conflict):
        collections.retry(owner, failed.id)


def test_a_file_that_was_cut_off_says_so_for_good(
    make: Make, collections: Collections, owner: UserId, shelf: CollectionId, tmp_path: Path
) -> None:
    """What could be read is found; that it is not all stays with the document over a restart."""
    whole = pdf(tmp_path / "whole.pdf", *(f"Gearbox {n}. " + "words " * 300 for n in range(8)))
    cut = tmp_path / "cut.pdf"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    job = finished(collections, collections.add_files(owner, shelf, [cut]))
    (before,) = collections.documents(owner, shelf)
    assert (job.done, before.state, before.reason) == (1, DocumentState.READY, PARTIAL)
    assert names(collections, owner, "gearbox")[:1] == ["cut.pdf"]
    collections.close()
    (after,) = make().documents(owner, shelf)
    assert (after.reason, after.problem) == (PARTIAL, before.problem)


def test_uploads_are_copied_and_named(
    collections: Collections, owner: UserId, shelf: CollectionId, settings: Settings
) -> None:
    """What is sent is kept in the data folder under a name of ours, and known by its own."""
    sent = io.BytesIO(b"# Report\n\nThe turbine was inspected.")
    job = collections.add_upload(owner, shelf, "../../etc/Report 1.md", sent)
    finished(collections, job)
    (stored,) = collections.documents(owner, shelf)
    assert stored.name == "Report 1.md"
    assert stored.title == "Report"
    assert Path(stored.path).parent == settings.uploads_dir
    again = collections.add_upload(owner, shelf, "again.md", io.BytesIO(sent.getvalue()))
    assert finished(collections, again).skipped == ("again.md",)
    assert [each.name for each in settings.uploads_dir.iterdir()] == [Path(stored.path).name]


def test_bad_uploads_leave_nothing_behind(
    collections: Collections,
    owner: UserId,
    stranger: UserId,
    shelf: CollectionId,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A file without a name, one too big, and one for somebody else's collection are refused."""
    with pytest.raises(InvalidInput):
        collections.add_upload(owner, shelf, "..", io.BytesIO(b"x"))
    with pytest.raises(NotFound):
        collections.add_upload(stranger, shelf, "a.txt", io.BytesIO(b"x"))
    monkeypatch.setattr(module, "MAX_FILE_BYTES", 10)
    with pytest.raises(UnreadableDocument):
        collections.add_upload(owner, shelf, "a.txt", io.BytesIO(b"x" * 11))
    assert list(settings.uploads_dir.iterdir()) == []


def test_deleted_documents_and_collections_are_forgotten(
    collections: Collections, owner: UserId, shelf: CollectionId, files: Path
) -> None:
    """After deleting, nothing is found, and both indexes are told."""
    finished(collections, collections.add_files(owner, shelf, [files]))
    found = by_name(collections, owner, shelf)
    collections.delete_document(owner, found["pumps.txt"].id)
    assert "pumps.txt" not in names(collections, owner, "XQ-4711 bearing")
    until(lambda: not collections._lexical.search("XQ-4711", [shelf], 5))
    collections.delete(owner, shelf)
    assert collections.list(owner) == []
    assert collections.find(owner, "fox", [shelf]) == []
    until(lambda: not collections._lexical.chunk_ids())


def test_changes_are_announced_with_their_initiator(
    settings: Settings,
    database: Database,
    owner: UserId,
    files: Path,
    embedder: SentenceTransformersEmbedder,
) -> None:
    """A write names who made it; the work that follows announces documents and collections."""
    changes = Changes()
    heard: list[Change] = []
    changes.subscribe(heard.append)
    collections = Collections(settings, database, changes, embedder)
    try:
        collections.start()
        made = collections.create(owner, "Shelf", initiator="window")
        assert heard == [Change(Topic.COLLECTIONS, made.id, owner, "window")]
        job = collections.add_files(owner, made.id, [files / "pumps.txt"], initiator="window")
        finished(collections, job)
        (document,) = collections.documents(owner, made.id)
        ready = Change(Topic.DOCUMENTS, document.id, owner)
        until(lambda: heard.count(ready) >= 3)
        until(lambda: Change(Topic.COLLECTIONS, made.id, owner) in heard)
    finally:
        collections.close()


@pytest.mark.allow_log("vector search failed")
def test_without_an_embedder_documents_are_still_found(
    settings: Settings, database: Database, owner: UserId, files: Path, tmp_path: Path
) -> None:
    """The text is searchable by its words, the job ends, and the document says what it lacks."""
    collections = Collections(
        settings, database, Changes(), SentenceTransformersEmbedder(tmp_path / "none")
    )
    try:
        collections.start()
        shelf = collections.create(owner, "Shelf").id
        job = collections.add_files(owner, shelf, [files / "pumps.txt"])
        assert finished(collections, job).done == 1
        (document,) = collections.documents(owner, shelf)
        assert (document.state, document.reason) == ("indexing", "no_embedder")
        assert names(collections, owner, "bearing") == ["pumps.txt"]
    finally:
        collections.close()


@pytest.mark.allow_log("reading .* failed")
def test_a_mistake_of_ours_costs_one_document(
    collections: Collections,
    owner: UserId,
    shelf: CollectionId,
    files: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An error that nobody foresaw is logged and noted, and the next file is read."""
    parse = collections._parser.parse

    def faulty(path: Path, name: str) -> object:
        if name == "foxes.md":
            raise ZeroDivisionError
        return parse(path, name)

    monkeypatch.setattr(collections._parser, "parse", faulty)
    finished(collections, collections.add_files(owner, shelf, [files]))
    found = by_name(collections, owner, shelf)
    assert found["foxes.md"].reason == "internal"
    assert found["pumps.txt"].state is DocumentState.READY


def test_closing_before_and_after_starting(make: Make) -> None:
    """A start that comes after the close does nothing: no thread is left."""
    made = make()
    made.close()
    made.start()
    made.close()
    assert not [t for t in threading.enumerate() if t.name.startswith("outpost-ind")]
