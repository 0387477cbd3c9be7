"""A watched folder on a real disk: whatever happens to its files, the collection follows."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.changes import Changes
from core.config import Settings
from core.errors import Conflict, InvalidInput, NotFound
from core.records import CollectionId, Document, DocumentState, FolderState, UserId
from core.retrieval.collections import Collections
from core.retrieval.embedding import SentenceTransformersEmbedder
from core.store.database import Database

pytestmark = pytest.mark.model

WITHIN_S = 5.0
"""In which each change has to be followed, once it is noticed at all."""
PATIENCE = float(os.environ.get("OUTPOST_TEST_PATIENCE", "6"))
"""How many times as long a loaded machine may take; the benchmark asks for 1."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with three texts."""
    made = tmp_path / "watched"
    made.mkdir()
    for name, text in (
        ("fox.txt", "A fox eats mice."),
        ("pump.txt", "Grease pump XQ-4711 yearly."),
        ("gate.txt", "The gate closes at nine."),
    ):
        (made / name).write_text(text)
    return made


@pytest.fixture
def collections(
    settings: Settings, database: Database, embedder: SentenceTransformersEmbedder
) -> Iterator[Collections]:
    """Running collections."""
    made = Collections(settings, database, Changes(), embedder)
    made.start()
    yield made
    made.close()


@pytest.fixture
def shelf(collections: Collections, owner: UserId) -> CollectionId:
    """An empty collection."""
    return collections.create(owner, "Shelf").id


class Shelf:
    """The collection as its owner sees it."""

    def __init__(self, collections: Collections, owner: UserId, shelf: CollectionId):
        self.collections, self.owner, self.id = collections, owner, shelf

    def documents(self) -> dict[str, Document]:
        return {each.name: each for each in self.collections.documents(self.owner, self.id)}

    def ready(self, *names: str) -> bool:
        """Tell whether exactly these documents are there, all of them ready."""
        found = self.documents()
        return set(found) == set(names) and all(
            each.state is DocumentState.READY for each in found.values()
        )

    def finds(self, text: str) -> list[str]:
        return [each.document_name for each in self.collections.find(self.owner, text, [self.id])]

    def reads(self, word: str) -> bool:
        """Tell whether a passage with that word is found by it."""
        found = self.collections.find(self.owner, word, [self.id])
        return any(word in each.text for each in found)


@pytest.fixture
def view(collections: Collections, owner: UserId, shelf: CollectionId) -> Shelf:
    """The collection as its owner sees it."""
    return Shelf(collections, owner, shelf)


def soon(condition: Callable[[], object], what: str) -> None:
    start = time.monotonic()
    while not condition():
        assert time.monotonic() - start < WITHIN_S * PATIENCE, f"{what} took too long"
        time.sleep(0.05)
    if PATIENCE == 1:
        sys.stderr.write(f"{what}: {time.monotonic() - start:.1f} s\n")


def test_create_change_rename_and_delete(view: Shelf, folder: Path) -> None:
    """Each ends right: read, replaced, kept under the new name, and in the trash."""
    view.collections.watch(view.owner, view.id, folder)
    soon(lambda: view.ready("fox.txt", "gate.txt", "pump.txt"), "the first look")
    (folder / "new.txt").write_text("The turbine was inspected.")
    soon(lambda: view.ready("fox.txt", "gate.txt", "pump.txt", "new.txt"), "creating")
    assert view.finds("turbine")[0] == "new.txt"

    (folder / "fox.txt").write_text("A badger eats worms in the night.")
    soon(lambda: view.reads("badger"), "changing")
    soon(lambda: view.ready("fox.txt", "gate.txt", "pump.txt", "new.txt"), "its vectors")
    assert not view.reads("mice")

    before = view.documents()["pump.txt"]
    (folder / "sub").mkdir()
    (folder / "pump.txt").rename(folder / "sub" / "pumps.txt")
    soon(lambda: view.ready("fox.txt", "gate.txt", "pumps.txt", "new.txt"), "renaming")
    after = view.documents()["pumps.txt"]
    assert (after.id, after.chunk_count) == (before.id, before.chunk_count)
    assert view.finds("XQ-4711")[0] == "pumps.txt"

    (folder / "new.txt").unlink()
    soon(lambda: view.ready("fox.txt", "gate.txt", "pumps.txt"), "deleting")
    (gone,) = view.collections.trashed(view.owner, view.id)
    assert (gone.name, gone.state) == ("new.txt", DocumentState.TRASHED)
    assert "new.txt" not in view.finds("turbine")


def test_what_a_person_deletes_stays_deleted_until_it_is_restored(
    view: Shelf, folder: Path
) -> None:
    """The folder leaves that file out by a rule of its own; restoring takes the rule back."""
    view.collections.watch(view.owner, view.id, folder, ["gate.*"])
    soon(lambda: view.ready("fox.txt", "pump.txt"), "the first look")
    fox = view.documents()["fox.txt"].id
    view.collections.delete_document(view.owner, fox)
    (folder / "fox.txt").write_text("The fox again, and changed.")
    (folder / "hen.txt").write_text("A hen lays eggs.")
    soon(lambda: view.ready("hen.txt", "pump.txt"), "a file beside it")
    (watched,) = view.collections.watched(view.owner, view.id)
    assert watched.ignore == ("gate.*", "/fox.txt")
    assert view.collections.restore_document(view.owner, fox).id == fox
    soon(lambda: view.ready("fox.txt", "hen.txt", "pump.txt"), "restoring")
    soon(lambda: view.reads("changed"), "reading what changed meanwhile")
    (watched,) = view.collections.watched(view.owner, view.id)
    assert watched.ignore == ("gate.*",)


def test_copies_are_known_and_stand_in(view: Shelf, folder: Path) -> None:
    """A copy is read once and no document; when the first file goes, the document has its path."""
    (folder / "zcopy.txt").write_bytes((folder / "fox.txt").read_bytes())
    view.collections.watch(view.owner, view.id, folder)
    soon(lambda: view.ready("fox.txt", "gate.txt", "pump.txt"), "the first look")
    jobs = len(view.collections.jobs(view.owner, view.id))
    view.collections._watching.look_again()
    (folder / "fox.txt").unlink()
    soon(lambda: view.ready("zcopy.txt", "gate.txt", "pump.txt"), "standing in")
    assert len(view.collections.jobs(view.owner, view.id)) == jobs
    assert view.finds("mice")[0] == "zcopy.txt"


def test_a_folder_that_is_moved_away_is_offline_and_comes_back(view: Shelf, folder: Path) -> None:
    """Nothing is deleted or read again; what is offline is still found."""
    view.collections.watch(view.owner, view.id, folder)
    soon(lambda: view.ready("fox.txt", "gate.txt", "pump.txt"), "the first look")
    jobs = len(view.collections.jobs(view.owner, view.id))
    away = folder.with_name("away")
    folder.rename(away)
    soon(
        lambda: {each.state for each in view.documents().values()} == {DocumentState.OFFLINE},
        "going offline",
    )
    soon(
        lambda: view.collections.watched(view.owner, view.id)[0].state is FolderState.OFFLINE,
        "noting it",
    )
    assert len(view.documents()) == 3
    assert view.finds("mice")[0] == "fox.txt"
    away.rename(folder)
    soon(lambda: view.ready("fox.txt", "gate.txt", "pump.txt"), "coming back")
    assert len(view.collections.jobs(view.owner, view.id)) == jobs
    assert view.collections.trashed(view.owner, view.id) == []


def mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True, capture_output=True)


@pytest.fixture
def drive(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """A drive in memory, and where it is mounted; it keeps its files while it is unmounted."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("mounting needs root on Linux")
    kept, shown = tmp_path / "kept", tmp_path / "drive"
    kept.mkdir()
    shown.mkdir()
    try:
        mount("-t", "tmpfs", "none", str(kept))
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this machine does not let root mount a tmpfs")
    mount("--bind", str(kept), str(shown))
    yield kept, shown
    for place in (shown, kept):
        subprocess.run(["umount", "-l", str(place)], check=False, capture_output=True)


def test_a_drive_that_is_unmounted_and_mounted_again(
    view: Shelf, drive: tuple[Path, Path], folder: Path
) -> None:
    """Its documents are offline, not deleted; what changed meanwhile is followed afterwards."""
    kept, shown = drive
    for file in folder.iterdir():
        (kept / file.name).write_bytes(file.read_bytes())
    view.collections.watch(view.owner, view.id, shown)
    soon(lambda: view.ready("fox.txt", "gate.txt", "pump.txt"), "the first look")
    ids = {each.id for each in view.documents().values()}
    subprocess.run(["umount", str(shown)], check=True)
    assert shown.is_dir()
    soon(
        lambda: {each.state for each in view.documents().values()} == {DocumentState.OFFLINE},
        "unmounting",
    )
    assert {each.id for each in view.documents().values()} == ids
    (kept / "gate.txt").unlink()
    (kept / "new.txt").write_text("The turbine was inspected.")
    mount("--bind", str(kept), str(shown))
    soon(lambda: view.ready("fox.txt", "pump.txt", "new.txt"), "mounting")
    (kept / "after.txt").write_text("Written after the drive came back.")
    soon(lambda: view.ready("fox.txt", "pump.txt", "new.txt", "after.txt"), "a change after it")
    assert [each.name for each in view.collections.trashed(view.owner, view.id)] == ["gate.txt"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_links_out_of_the_folder_are_not_followed(
    view: Shelf, folder: Path, tmp_path: Path
) -> None:
    """Neither a linked folder nor a linked file brings in what lies elsewhere."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "secret.txt").write_text("The secret is elsewhere.")
    view.collections.watch(view.owner, view.id, folder)
    soon(lambda: view.ready("fox.txt", "gate.txt", "pump.txt"), "the first look")
    (folder / "linked").symlink_to(elsewhere)
    (folder / "linked.txt").symlink_to(elsewhere / "secret.txt")
    (folder / "real.txt").write_text("A file beside the links.")
    soon(lambda: view.ready("fox.txt", "gate.txt", "pump.txt", "real.txt"), "a file beside")


def test_what_cannot_be_watched_is_refused(view: Shelf, folder: Path, stranger: UserId) -> None:
    """A folder must be there, and not lie inside another one; strangers see nothing."""
    with pytest.raises(InvalidInput):
        view.collections.watch(view.owner, view.id, folder / "none")
    watched = view.collections.watch(view.owner, view.id, folder)
    assert view.collections.watch(view.owner, view.id, folder, ["*.md"]).id == watched.id
    for each in (folder.parent, folder / "sub"):
        each.mkdir(exist_ok=True)
        with pytest.raises(Conflict):
            view.collections.watch(view.owner, view.id, each)
    with pytest.raises(NotFound):
        view.collections.watched(stranger, view.id)
    with pytest.raises(NotFound):
        view.collections.unwatch(stranger, watched.id)
    view.collections.unwatch(view.owner, watched.id)
    assert view.collections.watched(view.owner, view.id) == []
