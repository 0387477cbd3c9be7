"""The model catalogue over real files: the starter model and small generated ones."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from core.changes import Change, Changes, Topic
from core.engines.gguf import read_header
from core.errors import Cancelled, Conflict, NotFound, UnusableModel
from core.models import Models, catalogue
from core.records import ModelId
from core.store.database import Database
from core.store.models import ModelStore
from core.streams import Cancel
from tests.core.engines.test_gguf import write_small


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty models folder."""
    made = tmp_path / "models"
    made.mkdir()
    return made


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A fresh database."""
    made = Database(tmp_path / "outpost.sqlite")
    yield made
    made.close()


@pytest.fixture
def models(folder: Path, database: Database) -> Models:
    """The catalogue over the empty folder."""
    return Models(folder, ModelStore(database), Changes())


def test_the_starter_model_is_listed(models: Models, starter_model_path: Path) -> None:
    """A fresh installation has one model, which can be used."""
    (starter,) = models.list()
    assert models.starter() == starter
    assert starter.usable
    assert starter.is_starter
    assert starter.path == starter_model_path
    assert (starter.architecture, starter.quantisation) == ("llama", "Q4_1")
    assert (starter.context_tokens, starter.has_chat_template) == (8192, True)
    assert models.header(starter.id).vocabulary == 49152


def test_files_in_folders_are_found_by_relative_path(models: Models, folder: Path) -> None:
    """A model's id is its path below the models folder, with forward slashes."""
    (folder / "acme" / "tiny").mkdir(parents=True)
    write_small(folder / "acme" / "tiny" / "m.gguf")
    (folder / "readme.txt").write_text("not a model")
    models.scan()
    model = models.get(ModelId("acme/tiny/m.gguf"))
    assert (model.name, model.quantisation, model.usable) == ("m", "F32", True)
    assert len(models.list()) == 2


def test_unusable_files_are_listed_with_the_reason(models: Models, folder: Path) -> None:
    """A broken file stays visible, says why, and gives no header."""
    (folder / "broken.gguf").write_bytes(b"GGUF\x03\0\0\0")
    models.scan()
    model = models.get(ModelId("broken.gguf"))
    assert not model.usable
    assert "ends too early" in str(model.problem)
    with pytest.raises(UnusableModel):
        models.header(model.id)


def test_unknown_models_are_not_found(models: Models) -> None:
    """An unknown id is an error, never a default; nor may it point outside the folder."""
    for model_id in ("none.gguf", "../outpost.sqlite", ""):
        with pytest.raises(NotFound):
            models.get(ModelId(model_id))
        with pytest.raises(NotFound):
            models.sha256(ModelId(model_id))


def test_headers_are_read_once(
    models: Models, folder: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unchanged files are not read again, in this run or the next; changed ones are."""
    path = write_small(folder / "m.gguf")
    models.scan()
    read = list[str]()
    honest = read_header

    def counting(path: Path) -> object:
        read.append(path.name)
        return honest(path)

    monkeypatch.setattr(catalogue, "read_header", counting)
    again = Models(folder, ModelStore(database), Changes())
    again.scan()
    assert read == []
    assert again.get(ModelId("m.gguf")).usable
    path.write_bytes(b"no model any more")
    again.scan()
    assert read == ["m.gguf"]
    assert not again.get(ModelId("m.gguf")).usable


def test_deleted_files_leave_the_list(models: Models, folder: Path) -> None:
    """A file that is gone at the next scan is unknown."""
    path = write_small(folder / "m.gguf")
    models.scan()
    path.unlink()
    models.scan()
    with pytest.raises(NotFound):
        models.get(ModelId("m.gguf"))


def test_dangling_links_are_passed_over(models: Models, folder: Path) -> None:
    """A link to nowhere is not a model and breaks nothing."""
    (folder / "dangling.gguf").symlink_to(folder / "nowhere.gguf")
    models.scan()
    assert [model.is_starter for model in models.list()] == [True]


def test_scans_announce_only_changes(folder: Path, database: Database) -> None:
    """Views hear of new files once."""
    changes, heard = Changes(), list[Change]()
    changes.subscribe(heard.append)
    models = Models(folder, ModelStore(database), changes)
    models.scan()
    models.scan()
    assert heard == [Change(Topic.MODELS)]


def test_sha256_is_of_the_file_as_it_is_now(models: Models, folder: Path) -> None:
    """The sum is computed from the bytes, kept, and computed anew after a change."""
    path = write_small(folder / "m.gguf")
    models.scan()
    first = hashlib.sha256(path.read_bytes()).hexdigest()
    assert models.sha256(ModelId("m.gguf")) == first
    assert models.sha256(ModelId("m.gguf")) == first
    write_small(path, layers=3)
    assert models.sha256(ModelId("m.gguf")) == hashlib.sha256(path.read_bytes()).hexdigest()
    path.unlink()
    with pytest.raises(UnusableModel):
        models.sha256(ModelId("m.gguf"))


def test_sha256_survives_a_restart_without_reading(
    models: Models, folder: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sum of an unchanged file is not computed twice."""
    write_small(folder / "m.gguf")
    first = models.sha256(ModelId("m.gguf"))

    def fail(*_: object) -> None:
        raise AssertionError("the file was read again")

    monkeypatch.setattr(catalogue, "sha256_of", fail)
    again = Models(folder, ModelStore(database), Changes())
    assert again.sha256(ModelId("m.gguf")) == first


def test_import_copies_and_lists(models: Models, folder: Path, tmp_path: Path) -> None:
    """An imported file is copied whole, with progress up to its size."""
    source = write_small(tmp_path / "other.gguf")
    seen = list[tuple[int, int]]()
    model = models.import_file(source, lambda done, total: seen.append((done, total)))
    size = source.stat().st_size
    assert seen[-1] == (size, size)
    assert model == models.get(ModelId("other.gguf"))
    assert (folder / "other.gguf").read_bytes() == source.read_bytes()
    assert [path.name for path in folder.iterdir()] == ["other.gguf"]


def test_import_refuses_a_taken_name(models: Models, folder: Path, tmp_path: Path) -> None:
    """A file of the same name is never replaced."""
    write_small(folder / "m.gguf", layers=3)
    before = (folder / "m.gguf").read_bytes()
    with pytest.raises(Conflict):
        models.import_file(write_small(tmp_path / "m.gguf"))
    assert (folder / "m.gguf").read_bytes() == before


def test_import_refuses_what_is_no_model(models: Models, folder: Path, tmp_path: Path) -> None:
    """A file that could not be used is not copied."""
    source = tmp_path / "notes.gguf"
    source.write_text("my notes")
    with pytest.raises(UnusableModel):
        models.import_file(source)
    with pytest.raises(UnusableModel):
        models.import_file(tmp_path / "missing.gguf")
    assert not list(folder.iterdir())


def test_cancelled_import_leaves_nothing(
    models: Models, folder: Path, starter_model_path: Path
) -> None:
    """A stopped copy is removed."""
    cancel = Cancel()
    with pytest.raises(Cancelled):
        models.import_file(starter_model_path, lambda done, total: cancel.set(), cancel)
    assert not list(folder.iterdir())


def test_remains_of_a_crashed_import_go_after_a_day(models: Models, folder: Path) -> None:
    """Half-copied files are never listed, and removed once they are surely abandoned."""
    young, old = folder / ".a.gguf.copy_1.partial", folder / ".b.gguf.copy_2.partial"
    for path in (young, old):
        shutil.copy(write_small(folder / "m.gguf"), path)
    os.utime(old, (0, 0))
    models.scan()
    assert young.exists()
    assert not old.exists()
    assert len(models.list()) == 2


def test_reads_only_what_is_no_longer_known(models: Models, folder: Path) -> None:
    """A file that becomes readable is read, though its content did not change."""
    path = write_small(folder / "m.gguf")
    content = path.read_bytes()
    path.write_bytes(content[:-500])
    models.scan()
    assert not models.get(ModelId("m.gguf")).usable
    stamp = path.stat().st_mtime_ns
    path.write_bytes(content)
    os.utime(path, ns=(stamp, stamp))
    models.scan()
    assert models.get(ModelId("m.gguf")).usable


def test_a_deleted_model_is_gone_from_disk_and_list(models: Models, folder: Path) -> None:
    """The file goes, the list follows, and what is not there cannot be deleted."""
    write_small(folder / "small.gguf")
    models.scan()
    models.delete(ModelId("small.gguf"))
    assert not (folder / "small.gguf").exists()
    assert [each for each in models.list() if not each.is_starter] == []
    with pytest.raises(NotFound):
        models.delete(ModelId("small.gguf"))


def test_the_starter_model_cannot_be_deleted(models: Models) -> None:
    """It lies among the installed packages, not in the models folder."""
    starter = models.starter()
    assert starter is not None
    with pytest.raises(Conflict):
        models.delete(starter.id)
    assert starter.path.exists()


# ---------------------------------------------------------------- trust


class Looked:
    """Stands for the process that loads foreign files: what it was shown, and how it ends."""

    def __init__(self) -> None:
        self.shown: list[list[str]] = []
        self.refuses = False

    def __call__(self, files: Sequence[Path], cancel: Cancel) -> None:
        self.shown.append([path.name for path in files])
        if self.refuses:
            raise UnusableModel("It crashes.", reason="crashes")


@pytest.fixture
def looked() -> Looked:
    return Looked()


@pytest.fixture
def wary(folder: Path, database: Database, looked: Looked) -> Models:
    """A catalogue whose looks are counted, with one model in its folder."""
    write_small(folder / "m.gguf")
    return Models(folder, ModelStore(database), Changes(), probe=looked)


M = ModelId("m.gguf")


def test_a_file_is_looked_at_once(
    wary: Models, looked: Looked, folder: Path, database: Database
) -> None:
    """At its first use only, also over restarts; the starter, which comes with Outpost, never."""
    wary.trust(M, [], Cancel())
    wary.trust(M, [], Cancel())
    Models(folder, ModelStore(database), Changes(), probe=looked).trust(M, [], Cancel())
    assert looked.shown == [["m.gguf"]]
    starter = wary.starter()
    assert starter is not None
    wary.trust(starter.id, [], Cancel())
    assert looked.shown == [["m.gguf"]]


def test_a_new_adapter_is_looked_at_with_its_model(
    wary: Models, looked: Looked, folder: Path
) -> None:
    """It can only be loaded on top of the model."""
    wary.trust(M, [], Cancel())
    write_small(folder / "a.gguf", type="adapter")
    wary.scan()
    wary.trust(M, [ModelId("a.gguf")], Cancel())
    assert looked.shown == [["m.gguf"], ["m.gguf", "a.gguf"]]


def test_a_file_that_did_not_pass_is_looked_at_again(wary: Models, looked: Looked) -> None:
    """Nothing is pinned by a look that failed."""
    looked.refuses = True
    for _ in range(2):
        with pytest.raises(UnusableModel, match="crashes"):
            wary.trust(M, [], Cancel())
    assert len(looked.shown) == 2


@pytest.mark.parametrize("same_time", [False, True])
def test_a_changed_file_is_refused(wary: Models, folder: Path, same_time: bool) -> None:
    """One byte is enough, also where size and time are what they were."""
    wary.trust(M, [], Cancel())
    path = folder / "m.gguf"
    before = path.stat()
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    if same_time:
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(UnusableModel, match="SHA-256 has changed") as refusal:
        wary.trust(M, [], Cancel())
    assert refusal.value.reason == "changed"
    assert "outpost models accept" in refusal.value.advice


def test_a_file_that_was_touched_only_is_let_through(wary: Models, folder: Path) -> None:
    """Another time of change alone makes no other file."""
    wary.trust(M, [], Cancel())
    os.utime(folder / "m.gguf", (1, 1))
    wary.trust(M, [], Cancel())


def test_a_truncated_file_is_refused(wary: Models, folder: Path) -> None:
    """Also one that nobody has scanned since."""
    wary.trust(M, [], Cancel())
    path = folder / "m.gguf"
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(UnusableModel) as refusal:
        wary.trust(M, [], Cancel())
    assert refusal.value.reason == "damaged"


def test_a_file_that_was_away_is_still_known(wary: Models, folder: Path) -> None:
    """Its pin waits for it, so that another one cannot come back in its place."""
    wary.trust(M, [], Cancel())
    (folder / "m.gguf").unlink()
    wary.scan()
    write_small(folder / "m.gguf", layers=3)
    wary.scan()
    with pytest.raises(UnusableModel, match="SHA-256 has changed"):
        wary.trust(M, [], Cancel())


def test_a_change_can_be_accepted(wary: Models, looked: Looked, folder: Path) -> None:
    """The new file is then treated like any new one."""
    wary.trust(M, [], Cancel())
    write_small(folder / "m.gguf", layers=3)
    assert wary.accept(M).usable
    wary.trust(M, [], Cancel())
    assert len(looked.shown) == 2
    with pytest.raises(NotFound):
        wary.accept(ModelId("none.gguf"))


def test_a_deleted_model_leaves_no_pin(wary: Models, folder: Path) -> None:
    """Who deletes a file on purpose may bring another one of its name."""
    wary.trust(M, [], Cancel())
    wary.delete(M)
    write_small(folder / "m.gguf", layers=3)
    wary.scan()
    wary.trust(M, [], Cancel())
