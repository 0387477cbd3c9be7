"""Copies of the database file: made while it is in use, checked before they count, looked into.

SQLite's backup API copies a consistent state without stopping readers or the writer. A copy gets
its name only when it is complete, and a file beside it holds its SHA-256 in the form that
`sha256sum -c` reads.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from contextlib import closing
from pathlib import Path

from core.crashpoints import reached
from core.errors import Cancelled, StorageFailed
from core.records import BackupContents
from core.store.checkup import UNREADABLE
from core.streams import Cancel

PAGES_AT_ONCE = 4096
"""Between so many, 16 MiB, a copy can be stopped."""
STEPS_AT_ONCE = 100_000
"""The same for steps of SQLite's machine, while a copy is checked."""
COUNTED = ("agent", "collection", "conversation", "document", "message")


def copy_database(source: Path, target: Path, cancel: Cancel | None = None) -> None:
    """Write a verified copy; raises StorageFailed or Cancelled, and then leaves nothing behind."""
    cancel = Cancel() if cancel is None else cancel
    part = target.with_name(f"{target.name}.part")
    try:
        part.unlink(missing_ok=True)
        part.touch(mode=0o600)
        with closing(_reader(source)) as old, closing(sqlite3.connect(part)) as new:
            old.execute("BEGIN")
            old.execute("SELECT 1 FROM sqlite_master")  # one state, whatever is written meanwhile
            old.backup(new, pages=PAGES_AT_ONCE, progress=lambda *_: _go_on(cancel))
            new.execute("PRAGMA journal_mode=DELETE")  # one file, whatever the source has beside it
        reached("backup.copied")
        _expect_whole(part, cancel)
        digest = _sha256(part)
        _sync(part)
        reached("backup.checked")
        part.replace(target)
        reached("backup.named")
        _digest_file(target).write_text(f"{digest}  {target.name}\n", "utf-8")
        reached("backup.sealed")
    except (*UNREADABLE, OSError) as error:
        _go_on(cancel)  # where it was interrupted, that is why
        raise StorageFailed(f"The backup '{target.name}' could not be written: {error}.") from error
    finally:
        part.unlink(missing_ok=True)


def remove_copy(path: Path) -> None:
    """Delete a copy and its digest; one that is gone already is no error."""
    path.unlink(missing_ok=True)
    _digest_file(path).unlink(missing_ok=True)


def contents(path: Path) -> BackupContents:
    """Check a copy as a whole and count what is in it; raises StorageFailed for a bad one."""
    try:
        _expect_digest(path)
        _expect_whole(path)
        with closing(_reader(path)) as connection:
            revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]
            counts = {
                table: int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
                for table in COUNTED
            }
    except (*UNREADABLE, OSError, TypeError) as error:
        raise StorageFailed(
            f"'{path.name}' cannot be read as a backup: {error}.",
            advice="Choose another backup.",
        ) from error
    return BackupContents(
        schema_revision=revision, **{f"{table}s": count for table, count in counts.items()}
    )


def _reader(path: Path) -> sqlite3.Connection:
    """Open a database that must exist; never checkpoint (see `core.store.database`)."""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    connection.execute("PRAGMA query_only=ON")
    return connection


def _go_on(cancel: Cancel) -> None:
    if cancel:
        raise Cancelled("The backup was stopped.")


def _expect_whole(path: Path, cancel: Cancel | None = None) -> None:
    with closing(_reader(path)) as connection:
        if cancel is not None:
            connection.set_progress_handler(lambda: int(bool(cancel)), STEPS_AT_ONCE)
        verdict = connection.execute("PRAGMA quick_check").fetchone()[0]
    if verdict != "ok":
        raise StorageFailed(
            f"'{path.name}' is damaged: {verdict}.", advice="Choose another backup."
        )


def _expect_digest(path: Path) -> None:
    """Compare with the file beside it; a copy that was brought here without one has only SQLite's
    own check."""
    digest = _digest_file(path)
    if digest.exists() and digest.read_text("utf-8").split()[:1] != [_sha256(path)]:
        raise StorageFailed(
            f"'{path.name}' is not what was written: its SHA-256 differs.",
            advice="Choose another backup.",
        )


def _digest_file(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
