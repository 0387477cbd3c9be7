"""What became of a folder's files is told from what was found and what is known."""

from __future__ import annotations

from pathlib import Path

from core.records import DocumentId
from core.retrieval.folder_scan import Devices, compare
from core.retrieval.walk import seen
from core.store.document_rows import FileSeen
from core.store.folders import FolderChange, KnownFile


def file(path: str, *, time: int = 1, identity: str = "1:1") -> FileSeen:
    return FileSeen(Path(path).name, path, 9, time, identity)


def known(number: str, found: FileSeen, sha256: str = "", **more: bool) -> KnownFile:
    return KnownFile(DocumentId(number), found, sha256 or f"sha {number}", **more)


def deleted(_: KnownFile) -> bool:
    return True


def away(_: KnownFile) -> bool:
    return False


def test_an_unchanged_folder_changes_nothing() -> None:
    """The same path, size and time mean the same file, also of a mere copy."""
    copy = known("", file("/f/copy"), "sha a")
    assert not compare([file("/f/a"), file("/f/copy")], [known("a", file("/f/a")), copy], deleted)


def test_new_and_changed_files_are_read_and_missing_ones_go() -> None:
    """What is waiting to be read anyway is not queued twice."""
    before = [known(name, file(f"/f/{name}", identity=f"1:{name}")) for name in ("a", "b")]
    waiting = known("w", file("/f/w"), is_waiting=True)
    changed, new = file("/f/a", time=2), file("/f/new", identity="1:9")
    change = compare([changed, new, file("/f/w", time=2)], [*before, waiting], deleted)
    assert change.fresh == (changed, new)
    assert change.gone == ("b",)


def test_a_renamed_file_is_known_by_its_identity() -> None:
    """Another path with the same identity, size and time is a move; an overwritten one is not."""
    a, b = file("/f/a", identity="1:5"), file("/f/b", identity="1:6")
    moved = file("/f/sub/c", identity="1:5")
    assert compare([moved, b], [known("a", a), known("b", b)], deleted) == FolderChange(
        moved=(("a", moved),)  # type: ignore[arg-type]
    )
    over = file("/f/b", time=7, identity="1:5")
    change = compare([over], [known("a", a), known("b", b)], deleted)
    assert (change.fresh, change.gone) == ((over,), ("a",))


def test_a_copy_stands_in_for_a_file_that_went() -> None:
    """The document lives on with the copy's path, and the copy is none any more."""
    copy = file("/f/copy", identity="1:2")
    change = compare([copy], [known("a", file("/f/a"), "same"), known("", copy, "same")], deleted)
    assert change.moved == (("a", copy),)
    assert change.copies_gone == ("/f/copy",)
    assert not change.gone


def test_a_file_that_came_back_is_restored_and_one_on_a_drive_that_left_is_offline() -> None:
    """Coming back needs the same stamp; being offline is noted once."""
    gone, a = known("g", file("/f/g"), is_gone=True), known("a", file("/f/a"))
    assert compare([file("/f/g")], [gone], deleted).restored == (("g", file("/f/g")),)
    assert compare([file("/f/g", time=3)], [gone], deleted).fresh == (file("/f/g", time=3),)
    assert compare([], [a], away).offline == ("a",)
    offline = known("a", file("/f/a"), is_offline=True)
    assert not compare([], [offline], away)
    assert compare([file("/f/a")], [offline], away).back == (("a", file("/f/a")),)


def test_devices_tell_deleted_files_from_drives_that_are_away(tmp_path: Path) -> None:
    """A missing file was deleted if its place is on its device still, whatever its number now."""
    there = tmp_path / "there.txt"
    there.write_text("x")
    now = seen(there)
    device = now.identity.partition(":")[0]
    lost = str(tmp_path / "sub" / "lost.txt")
    same, other = file(lost, identity=f"{device}:7"), file(lost, identity="999:7")
    assert Devices(tmp_path, [], []).is_deleted(known("a", same))
    assert not Devices(tmp_path, [], []).is_deleted(known("a", other))
    before = known("b", file(str(there), identity="999:1"))
    assert Devices(tmp_path, [now], [before]).is_deleted(known("a", other))
    assert not Devices(tmp_path / "none", [], []).is_deleted(known("a", same))
    assert not Devices(tmp_path, [], []).is_deleted(known("a", file(lost, identity="")))
    left_out = known("c", file(str(there)))
    assert Devices(tmp_path, [], []).is_deleted(left_out)
