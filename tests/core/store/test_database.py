"""The database file: who may write, what a failure leaves, and what a damaged disk is called."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, Insert, insert, select, text
from sqlalchemy.exc import IntegrityError

import core.store.database
from core.errors import InvalidInput, NotFound, StorageFailed
from core.store.backup import copy_database
from core.store.checkup import complaints
from core.store.database import Database
from core.store.schema import setting


def put(name: str, value: str = "1") -> Insert:
    """Return a write that stores one setting."""
    return insert(setting).values(name=name, value=value)


def write(database: Database, *statements: Insert) -> None:
    """Run statements in one transaction."""

    def action(connection: Connection) -> None:
        for statement in statements:
            connection.execute(statement)

    database.write(action)


def names(database: Database) -> list[str]:
    """Return the names of all stored settings."""
    query = select(setting.c.name).order_by(setting.c.name)
    return database.read(lambda connection: list(connection.execute(query).scalars()))


def test_what_is_written_can_be_read(database: Database) -> None:
    """A write is there as soon as the call returns, and the action's result comes back."""
    assert database.write(lambda connection: connection.execute(put("a")).rowcount) == 1
    assert names(database) == ["a"]


def test_a_failed_action_leaves_nothing(database: Database) -> None:
    """All of a transaction or none of it, whatever error ends it."""

    def action(connection: Connection) -> None:
        connection.execute(put("a"))
        raise NotFound("thing", "x")

    with pytest.raises(NotFound):
        database.write(action)
    with pytest.raises(IntegrityError):
        write(database, put("b"), put("b"))
    assert names(database) == []


def test_a_write_inside_a_write_is_refused(database: Database) -> None:
    """It would wait for itself for ever."""
    with pytest.raises(RuntimeError, match="inside a write"):
        database.write(lambda _: write(database, put("a")))
    write(database, put("b"))
    assert names(database) == ["b"]


@pytest.mark.allow_log("the database failed")
def test_a_reader_cannot_write(database: Database) -> None:
    """Reading connections are query_only."""
    with pytest.raises(StorageFailed, match="readonly"):
        database.read(lambda connection: connection.execute(put("a")))


def test_a_read_sees_one_moment(database: Database) -> None:
    """What is written while a read goes on is not seen by it."""

    def action(connection: Connection) -> tuple[int, int]:
        query = select(setting.c.name)
        before = len(connection.execute(query).all())
        write(database, put("a"))
        return before, len(connection.execute(query).all())

    assert database.read(action) == (0, 0)
    assert names(database) == ["a"]


def test_writes_of_many_threads_queue_up(database: Database) -> None:
    """Nobody meets a locked database, and nothing is lost."""

    def write_ten(at: int) -> None:
        for number in range(10):
            write(database, put(f"{at}-{number}"))

    threads = [threading.Thread(target=write_ten, args=(at,)) for at in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(names(database)) == 80


def test_more_readers_than_connections_wait_their_turn(database: Database) -> None:
    """Thirty readers at once all get an answer."""
    results: list[int] = []
    barrier = threading.Barrier(30)

    def read() -> None:
        barrier.wait()
        results.append(len(names(database)))

    threads = [threading.Thread(target=read) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [0] * 30


def test_the_pragmas_hold(database: Database) -> None:
    """Durability, foreign keys and distrust of the file's schema are as designed."""
    wanted = {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "trusted_schema": 0,
        "cell_size_check": 1,
        "mmap_size": 0,
        "busy_timeout": 5000,
    }

    def read(connection: Connection) -> dict[str, object]:
        return {name: connection.execute(text(f"PRAGMA {name}")).scalar() for name in wanted}

    assert database.write(read) == wanted
    reader = database.read(read)
    assert {**reader, "synchronous": 2} == wanted
    query_only = text("PRAGMA query_only")
    checkpoint = text("PRAGMA wal_autocheckpoint")
    assert database.read(lambda c: c.execute(query_only).scalar()) == 1
    assert database.read(lambda c: c.execute(checkpoint).scalar()) == 0
    assert database.write(lambda c: c.execute(checkpoint).scalar()) == 1000


def test_case_is_folded_beyond_ascii(database: Database) -> None:
    """Both kinds of connection know that 'Ä' and 'ä' are one letter."""
    query = text("SELECT casefold('ÄÉß')")
    assert database.read(lambda connection: connection.execute(query).scalar()) == "äéss"
    assert database.write(lambda connection: connection.execute(query).scalar()) == "äéss"


@pytest.mark.parametrize("name", ["a b", "what?", "50%", "a%20b", "ü#1", "x;y", "a&mode=ro"])
def test_a_path_may_hold_any_characters(tmp_path: Path, name: str) -> None:
    """The file is made exactly where it was asked for."""
    folder = tmp_path / name
    folder.mkdir()
    database = Database(folder / "outpost.sqlite")
    write(database, put("a"))
    database.close()
    assert (folder / "outpost.sqlite").stat().st_size > 0
    again = Database(folder / "outpost.sqlite")
    assert names(again) == ["a"]
    again.close()


@pytest.mark.allow_log("the database failed")
@pytest.mark.parametrize("content", [b"this is no database at all" * 100, b"SQLite format 3\0" * 9])
def test_a_garbage_file_is_a_storage_failure(tmp_path: Path, content: bytes) -> None:
    """The person is told what is wrong, and the file is left as it was."""
    path = tmp_path / "outpost.sqlite"
    path.write_bytes(content)
    with pytest.raises(StorageFailed, match="could not be read or written"):
        Database(path)
    assert path.read_bytes() == content


@pytest.mark.allow_log("the database failed")
def test_damage_that_sqlite_cannot_put_into_words_is_a_storage_failure(
    migrated_file: Path, tmp_path: Path
) -> None:
    """Its message quotes the damaged name, which is no UTF-8 any more; reading it may fail too."""
    path = tmp_path / "outpost.sqlite"
    content = migrated_file.read_bytes()
    assert b"CREATE TABLE setting" in content
    path.write_bytes(content.replace(b"CREATE TABLE setting", b"CREATE T\xc5BLE setting"))
    with pytest.raises(StorageFailed, match="could not be read or written"):
        Database(path)
    assert complaints(path)
    with pytest.raises(StorageFailed):
        copy_database(path, tmp_path / "copy.sqlite")


@pytest.mark.allow_log("the database failed")
def test_a_folder_that_is_not_there_is_a_storage_failure(tmp_path: Path) -> None:
    """Nothing can be opened in a missing folder, or where a folder stands."""
    with pytest.raises(StorageFailed):
        Database(tmp_path / "missing" / "outpost.sqlite")
    with pytest.raises(StorageFailed):
        Database(tmp_path)


@pytest.mark.allow_log("the database failed")
def test_a_full_disk_is_a_storage_failure(database: Database) -> None:
    """What does not fit is refused, what was there stays, and room makes it work again."""
    write(database, put("a"))
    limit = text("PRAGMA max_page_count=1")
    pages = database.write(lambda connection: connection.execute(limit).scalar())
    with pytest.raises(StorageFailed, match="full"):
        write(database, put("b", "x" * 1_000_000))
    assert names(database) == ["a"]
    limit = text(f"PRAGMA max_page_count={int(pages or 0) + 10_000}")
    database.write(lambda connection: connection.execute(limit).scalar())
    write(database, put("b", "x" * 1_000_000))
    assert names(database) == ["a", "b"]


@pytest.mark.allow_log("the database failed")
def test_a_database_locked_by_another_program_is_a_storage_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After waiting a while, the person is told; once it is free, writing works again."""
    quick = tuple(each.replace("5000", "100") for each in core.store.database.COMMON_PRAGMAS)
    monkeypatch.setattr(core.store.database, "COMMON_PRAGMAS", quick)
    database = Database(tmp_path / "outpost.sqlite")
    with closing(sqlite3.connect(database.path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StorageFailed, match="locked"):
            write(database, put("a"))
        other.execute("ROLLBACK")
    write(database, put("a"))
    assert names(database) == ["a"]
    database.close()


def test_half_a_character_is_the_callers_mistake(database: Database) -> None:
    """JSON can carry what UTF-8 cannot; nothing of it is stored, and no disk is blamed."""
    with pytest.raises(InvalidInput):
        write(database, put("a"), put("\ud83d"))
    with pytest.raises(InvalidInput):
        database.read(lambda connection: connection.execute(text("SELECT :a"), {"a": "\udc00"}))
    assert names(database) == []


def test_closing_twice_does_no_harm(tmp_path: Path) -> None:
    """Nothing of the log is left beside a closed database; there is its seal."""
    database = Database(tmp_path / "outpost.sqlite")
    write(database, put("a"))
    database.close()
    database.close()
    assert {path.name for path in tmp_path.iterdir()} == {"outpost.sqlite", "outpost.sqlite.seal"}


def test_a_file_that_was_changed_while_closed_is_known(tmp_path: Path) -> None:
    """What another program wrote is told once; what Outpost left is what it finds."""
    path = tmp_path / "outpost.sqlite"
    write(first := Database(path), put("a"))
    first.close()
    write(second := Database(path), put("b"))
    assert not second.was_changed()
    second.close()
    with closing(sqlite3.connect(path)) as other:
        other.execute("UPDATE setting SET value = '2'")
        other.commit()
    third = Database(path)
    assert third.was_changed()
    assert not third.was_changed()
    third.close()


def test_a_seal_that_nobody_looked_at_still_tells_later(tmp_path: Path) -> None:
    """Short commands close without looking through everything that they do not need."""
    path = tmp_path / "outpost.sqlite"
    write(first := Database(path), put("a"))
    first.close()
    with closing(sqlite3.connect(path)) as other:
        other.execute("UPDATE setting SET value = '2'")
        other.commit()
    Database(path).close()
    again = Database(path)
    assert again.was_changed()
    again.close()


@pytest.mark.allow_log("the database failed")
def test_a_database_that_is_gone_is_not_begun_anew(tmp_path: Path) -> None:
    """Its seal says that there was one; an empty one in its place would look like a loss."""
    path = tmp_path / "outpost.sqlite"
    Database(path).close()
    path.unlink()
    with pytest.raises(StorageFailed, match="gone") as refusal:
        Database(path)
    assert "backup" in refusal.value.advice
    assert not path.exists()
