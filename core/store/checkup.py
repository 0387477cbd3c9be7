"""Is the database whole? Looked at from outside, by connections that cannot change anything."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

MOST = 5
"""Complaints that are told; one is bad enough."""
UNREADABLE = (sqlite3.Error, UnicodeDecodeError)
"""What a damaged file raises: SQLite's message may quote a name that is no text any more."""


def complaints(file: Path) -> list[str]:
    """Have SQLite check a whole file, in use or not; returns what is wrong with it.

    A text that was changed in place is no fault to SQLite: that is what seals are for.
    """
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as database:
            rows = database.execute(f"PRAGMA quick_check({MOST})").fetchall()
            found = [str(row[0]) for row in rows if row[0] != "ok"]
            if not found:
                found = [_dangling(row) for row in database.execute("PRAGMA foreign_key_check")]
    except UNREADABLE as error:
        return [str(error)]
    return found[:MOST]


def _dangling(row: tuple[str, int, str, int]) -> str:
    return f"row {row[1]} of {row[0]} refers to a row of {row[2]} that is not there"
