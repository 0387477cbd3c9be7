"""One SQLite file, one writer thread, any number of readers.

Every write runs on the writer thread in a transaction begun IMMEDIATE, so that writes queue up
in Python instead of colliding in SQLite. Readers are `query_only`. Only the writer checkpoints
the log: many Pythons link a SQLite older than 3.51.3, whose WAL-reset bug needs two connections
that checkpoint at once. A database that was closed in order is sealed; until the seal has been
looked at, nothing is checkpointed, so that the file stays as it was found.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.pool import QueuePool, StaticPool

from core import seals
from core.crashpoints import reached
from core.errors import DiskFull, InvalidInput, StorageFailed
from core.reserve import Reserve
from core.store.checkup import UNREADABLE
from core.store.migration import migrate

log = logging.getLogger(__name__)
T = TypeVar("T")

COMMON_PRAGMAS = (
    "foreign_keys=ON",
    "busy_timeout=5000",
    "trusted_schema=OFF",
    "cell_size_check=ON",
    "mmap_size=0",
)
WRITER_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL")
READER_PRAGMAS = ("wal_autocheckpoint=0", "query_only=ON", "cache_size=-16000")
"""16 MB of cache hold the inner pages of a million chunks' indexes; SQLite's own 2 MB do not."""
MAX_READERS = 16
CHECKPOINT_PAGES = 1000
GONE = "Bring it back, or restore a backup with 'outpost doctor --repair'."
SEALED_BYTES = 1 << 28
"""Larger files are not looked through when Outpost closes before it has looked at the seal."""


class Database:
    """The open database file; `close()` waits for the write in progress."""

    def __init__(self, path: Path, reserve: Reserve | None = None):
        """`reserve` is given up where the disk is full, and what was to be written tried again."""
        self.path = path
        self._reserve = reserve
        self._seal_unseen = seals.is_sealed(path)
        self._writer_engine = _engine(path, WRITER_PRAGMAS, "BEGIN IMMEDIATE", StaticPool)
        self._reader_engine = _engine(path, READER_PRAGMAS, "BEGIN", QueuePool)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="outpost-writer")
        self._closed = self._opened = False
        self._writer_ident = self._writer.submit(threading.get_ident).result()
        try:
            if seals.is_sealed(path) and not path.exists():
                raise StorageFailed(f"The database {path} is gone.", advice=GONE)
            if self._seal_unseen:
                self._checkpoint_after(0)
            self._writer.submit(migrate, self._writer_engine, path).result()
        except BaseException as error:
            self.close()
            raise _explained(error) from error
        self._opened = True

    def write(self, action: Callable[[Connection], T]) -> T:
        """Run the action in one durable transaction on the writer thread and return its result.

        Raises whatever the action raises, after rolling back; DiskFull, and StorageFailed for a
        locked or damaged disk. Must not be called within another write: pass the connection on.
        """
        if threading.get_ident() == self._writer_ident:
            raise RuntimeError("a write was started inside a write")
        context = copy_context()  # the audit log asks it who acts
        try:
            return self._writer.submit(context.run, self._write, action).result()
        except DiskFull:
            if self._reserve is None or not self._reserve.release():
                raise
        return self._writer.submit(context.run, self._write, action).result()

    def _write(self, action: Callable[[Connection], T]) -> T:
        try:
            with self._writer_engine.begin() as connection:
                reached("write.begun")
                result = action(connection)
                reached("write.ready")
        except (DBAPIError, UnicodeError) as error:
            raise _explained(error) from error
        reached("write.committed")
        return result

    def read(self, action: Callable[[Connection], T]) -> T:
        """Run the action on a consistent snapshot, on the calling thread."""
        try:
            with self._reader_engine.begin() as connection:
                return action(connection)
        except (DBAPIError, UnicodeError) as error:
            raise _explained(error) from error

    def was_changed(self) -> bool:
        """Tell whether the file is another one than Outpost left; False where that is not known.

        Reads the whole file. Only the first call has something to tell.
        """
        if not self._seal_unseen:
            return False
        changed = not seals.holds(self.path)
        seals.break_seal(self.path)
        self._seal_unseen = False
        self._checkpoint_after(CHECKPOINT_PAGES)
        return changed

    def _checkpoint_after(self, pages: int) -> None:
        """Have the writer checkpoint when the log has so many pages; 0 for never."""

        def set_limit() -> None:
            with self._writer_engine.begin() as connection:
                connection.exec_driver_sql(f"PRAGMA wal_autocheckpoint={pages}")

        self._writer.submit(set_limit).result()

    def close(self) -> None:
        """Finish the write in progress, close every connection, and seal the file."""
        if self._closed:
            return
        self._closed = True
        whole = self._may_be_sealed()
        self._writer.shutdown(wait=True)
        self._reader_engine.dispose()
        self._writer_engine.dispose()
        if whole:
            seals.seal(self.path)

    def _may_be_sealed(self) -> bool:
        """False where what was found at the start is not what had been left, or nobody knows.

        A seal that does not hold stays, for the next start to tell.
        """
        if not self._opened or not self._seal_unseen:
            return self._opened
        if self.path.stat().st_size > SEALED_BYTES:
            seals.break_seal(self.path)
            return False
        return seals.holds(self.path)


def _engine(path: Path, pragmas: tuple[str, ...], begin: str, pool: type[Any]) -> Engine:
    limits: dict[str, Any] = {}
    if pool is QueuePool:  # last in, first out: the connection whose cache is the warmest
        limits = {"pool_size": 4, "max_overflow": MAX_READERS - 4, "pool_use_lifo": True}
    engine = create_engine(
        URL.create("sqlite", database=str(path)),  # not a string: a path may hold '?' or '%'
        poolclass=pool,
        connect_args={"check_same_thread": False, "isolation_level": None},
        **limits,
    )

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _record: object) -> None:
        for pragma in COMMON_PRAGMAS + pragmas:
            connection.execute(f"PRAGMA {pragma}")
        # SQLite's own lower() and LIKE know no letters beyond ASCII.
        connection.create_function("casefold", 1, str.casefold, deterministic=True)

    @event.listens_for(engine, "begin")
    def begin_explicitly(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _explained(error: BaseException) -> BaseException:
    """Turn what SQLite says about the disk into StorageFailed; leave everything else alone.

    Half of a surrogate pair, which JSON can carry and UTF-8 cannot, is the caller's mistake.
    """
    if isinstance(error, UnicodeEncodeError):
        return InvalidInput("A text holds half of a character, which cannot be stored.")
    if isinstance(error, IntegrityError) or not isinstance(
        error, (DBAPIError, OSError, *UNREADABLE)
    ):
        return error
    log.error("the database failed: %s", error)
    cause = str(getattr(error, "orig", None) or error)
    if "disk is full" in cause:
        return DiskFull()
    return StorageFailed(f"The data folder could not be read or written: {cause}.")
