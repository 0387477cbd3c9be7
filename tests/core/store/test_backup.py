"""Copies of the database: complete, checked, and told apart from what only looks like one."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from core.errors import Cancelled, StorageFailed
from core.store import backup
from core.store.backup import contents, copy_database, remove_copy
from core.store.database import Database
from core.store.users import UserStore
from core.streams import Cancel

Patch = pytest.MonkeyPatch


def test_a_copy_holds_what_is_still_in_the_log(database: Database, tmp_path: Path) -> None:
    """A copy of the file alone would miss the newest writes; this one has them, in one file."""
    UserStore(database).add("ada")
    target = tmp_path / "copy.sqlite"
    copy_database(database.path, target)
    with closing(sqlite3.connect(target)) as connection:
        assert connection.execute('SELECT name FROM "user"').fetchall() == [("ada",)]
    assert sorted(each.name for each in tmp_path.glob("copy*")) == [
        "copy.sqlite",
        "copy.sqlite.sha256",
    ]
    assert target.stat().st_mode & 0o077 == 0


def test_a_damaged_file_is_not_copied(database: Database, tmp_path: Path) -> None:
    """A copy that fails its check never gets its name."""
    store = UserStore(database)
    for number in range(200):
        store.add(f"user {number} " + "x" * 200)
    database.close()
    with closing(sqlite3.connect(database.path)) as connection:
        page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'user'")
        root = page.fetchone()[0]
    with database.path.open("r+b") as file:
        file.seek((root - 1) * 4096 + 8)
        file.write(b"\xff" * 64)
    with pytest.raises(StorageFailed):
        copy_database(database.path, tmp_path / "copy.sqlite")
    assert list(tmp_path.glob("copy*")) == []


def test_contents_are_counted(database: Database, tmp_path: Path) -> None:
    """What is in a copy is told without opening it as the application's database."""
    target = tmp_path / "copy.sqlite"
    copy_database(database.path, target)
    found = contents(target)
    assert (found.schema_revision, found.agents, found.messages) == ("0001", 0, 0)


def test_one_changed_byte_is_found(database: Database, tmp_path: Path) -> None:
    """SQLite's own check passes over changed text; the digest does not."""
    UserStore(database).add("ada")
    target = tmp_path / "copy.sqlite"
    copy_database(database.path, target)
    changed = target.read_bytes().replace(b"ada", b"eve")
    target.write_bytes(changed)
    with pytest.raises(StorageFailed, match="SHA-256"):
        contents(target)


@pytest.mark.parametrize("content", [b"", b"no database at all", b"SQLite format 3\0" + b"\0" * 84])
def test_other_files_are_no_backups(content: bytes, tmp_path: Path) -> None:
    """A file that is no database of Outpost's is refused with a sentence."""
    path = tmp_path / "other.sqlite"
    path.write_bytes(content)
    with pytest.raises(StorageFailed, match=r"other\.sqlite"):
        contents(path)


def test_a_copy_goes_with_its_digest(database: Database, tmp_path: Path) -> None:
    """Deleting leaves nothing, and may be repeated."""
    target = tmp_path / "copy.sqlite"
    copy_database(database.path, target)
    remove_copy(target)
    remove_copy(target)
    assert list(tmp_path.glob("copy*")) == []


def test_a_copy_can_be_stopped(database: Database, tmp_path: Path) -> None:
    """Closing does not wait for a large database; what was copied by then is gone."""
    cancel = Cancel()
    cancel.set()
    with pytest.raises(Cancelled):
        copy_database(database.path, tmp_path / "copy.sqlite", cancel)
    assert list(tmp_path.glob("copy*")) == []


def test_a_check_can_be_stopped(database: Database, tmp_path: Path, monkeypatch: Patch) -> None:
    """So can the check that follows the copy, which takes as long."""
    cancel = Cancel()
    monkeypatch.setattr(backup, "STEPS_AT_ONCE", 1)
    monkeypatch.setattr(backup, "PAGES_AT_ONCE", -1)
    check = backup._expect_whole

    def stopped(path: Path, cancel: Cancel | None = None) -> None:
        assert cancel is not None
        cancel.set()
        check(path, cancel)

    monkeypatch.setattr(backup, "_expect_whole", stopped)
    with pytest.raises(Cancelled):
        copy_database(database.path, tmp_path / "copy.sqlite", cancel)
    assert list(tmp_path.glob("copy*")) == []


def test_a_copy_is_of_one_moment(database: Database, tmp_path: Path, monkeypatch: Patch) -> None:
    """What is written while the copy is made is not in it, and does not make it begin again."""
    store = UserStore(database)
    store.add("before")
    steps: list[int] = []

    def write_meanwhile(cancel: Cancel) -> None:
        steps.append(len(steps))
        store.add(f"during {len(steps)}")

    monkeypatch.setattr(backup, "PAGES_AT_ONCE", 8)
    monkeypatch.setattr(backup, "_go_on", write_meanwhile)
    target = tmp_path / "copy.sqlite"
    copy_database(database.path, target)
    with closing(sqlite3.connect(target)) as connection:
        assert connection.execute('SELECT name FROM "user"').fetchall() == [("before",)]
    assert 2 < len(steps) < 1000
