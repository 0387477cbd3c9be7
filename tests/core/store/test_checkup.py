"""The checkup of the database: it finds what SQLite can find, and changes nothing."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from core.store.checkup import complaints
from core.store.database import Database


def test_a_database_in_use_is_whole(database: Database) -> None:
    """There is nothing to complain of."""
    assert complaints(database.path) == []


def test_a_row_that_refers_to_nothing_is_found(database: Database) -> None:
    """As after somebody deleted rows by hand."""
    with closing(sqlite3.connect(database.path)) as connection:
        connection.execute("INSERT INTO agent_tag VALUES ('nobody', 'tag')")
        connection.commit()
    (found,) = complaints(database.path)
    assert "agent_tag" in found


def test_a_damaged_page_is_found(database: Database) -> None:
    """And so is a file that is no database at all."""
    database.close()
    content = bytearray(database.path.read_bytes())
    content[4096:8192] = b"\xff" * 4096
    database.path.write_bytes(content)
    assert complaints(database.path)
    database.path.write_bytes(b"no database" * 1000)
    assert complaints(database.path) == ["file is not a database"]
