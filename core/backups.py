"""Backups: one a day by itself, others on request, and a restore that takes place at a start.

A backup holds everything that is in SQLite: agents, conversations, the text and vectors of
documents. It holds neither models nor the documents' own files. Nothing can be restored under a
running application, so the wish is noted and the next start carries it out before it opens the
database; what was there is set aside, never overwritten.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import threading
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from core import seals
from core.actor import STARTUP, Actor, acting
from core.changes import Changes, Topic
from core.config import Settings
from core.crashpoints import reached
from core.errors import Cancelled, NotFound, OutpostError, StorageFailed
from core.records import Backup, BackupContents, now
from core.store.audit import AuditLog
from core.store.backup import contents, copy_database, remove_copy
from core.store.migration import is_known
from core.streams import Cancel

log = logging.getLogger(__name__)

EVERY = timedelta(days=1)
LOOK_EVERY_S = 900.0
DAYS, WEEKS = 7, 4
"""Automatic backups that are kept: the newest of each of so many days, then of so many weeks."""
_NAME = re.compile(r"outpost-(\d{8}-\d{6})(-auto)?\.sqlite")
_STAMP = "%Y%m%d-%H%M%S"


class Backups:
    """Makes, lists, checks and gives up backups; safe from any thread."""

    def __init__(self, settings: Settings, audit: AuditLog, changes: Changes):
        self._database_file = settings.database_file
        self._folder = settings.backup_dir
        self._wish = settings.restore_file
        self._audit = audit
        self._changes = changes
        self._lock = threading.Lock()
        self._closing = Cancel()
        self._thread: threading.Thread | None = None

    # ------------------------------------------------------------ by itself

    def start(self) -> None:
        """Make an automatic backup whenever the last one is a day old."""
        self._thread = threading.Thread(target=self._watch, name="outpost-backup", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Give up the backup that is being made; nothing is left of it."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join()

    def _watch(self) -> None:
        while not self._closing.wait(LOOK_EVERY_S):
            try:
                with acting(Actor(STARTUP)):
                    self.make_due()
            except Cancelled:
                return
            except OutpostError as error:
                log.error("the automatic backup failed: %s", error)

    def make_due(self) -> Backup | None:
        """Make an automatic backup if the last one is a day old, and give up the superfluous."""
        newest = next((each.created_at for each in self.list() if each.automatic), None)
        if newest is not None and now() - newest < EVERY:
            return None
        made = self._make(automatic=True)
        for name in superfluous(self.list()):
            if name != self.wished:
                remove_copy(self._folder / name)
        return made

    # ------------------------------------------------------------ on request

    def list(self) -> list[Backup]:
        """Return the backups that are there, newest first."""
        found = (_backup(path) for path in self._folder.glob("outpost-*.sqlite"))
        return sorted(filter(None, found), key=lambda each: each.name, reverse=True)

    def make(self) -> Backup:
        """Make a backup that is kept until it is deleted; raises StorageFailed."""
        return self._make(automatic=False)

    def _make(self, *, automatic: bool) -> Backup:
        with self._lock:
            name = f"outpost-{now().strftime(_STAMP)}{'-auto' if automatic else ''}.sqlite"
            path = self._folder / name
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            copy_database(self._database_file, path, self._closing)
        self._note("backup.make", name)
        made = _backup(path)
        assert made is not None
        return made

    def look(self, name: str) -> BackupContents:
        """Check a backup as a whole and tell what is in it; raises NotFound, StorageFailed."""
        return contents(self._path(name))

    def delete(self, name: str) -> None:
        """Delete a backup; raises NotFound."""
        remove_copy(self._path(name))
        if name == self.wished:
            self.keep_present(name)
        self._note("backup.delete", name)

    def _path(self, name: str) -> Path:
        path = self._folder / name
        if not _NAME.fullmatch(name) or not path.is_file():
            raise NotFound("backup", name)
        return path

    # ------------------------------------------------------------ restoring

    @property
    def wished(self) -> str | None:
        """The backup that the next start will restore."""
        return _wished(self._wish)

    def restore(self, name: str) -> BackupContents:
        """Have the next start restore a backup, which is checked now; tells what is in it."""
        found = _usable(self._path(name))
        self._wish.write_text(name, "utf-8")
        reached("restore.wished")
        self._note("backup.restore", name)
        return found

    def keep_present(self, name: str) -> None:
        """Take the wish to restore this backup back; raises NotFound where there is none."""
        if name != self.wished:
            raise NotFound("restore of the backup", name)
        self._wish.unlink(missing_ok=True)
        self._note("backup.keep_present", name)

    def _note(self, action: str, name: str) -> None:
        self._audit.note(action, name, None)
        self._changes.announce(Topic.BACKUPS, name)


def newest_usable(settings: Settings) -> str | None:
    """Return the newest backup that is whole, for when the database is not."""
    found = map(_backup, settings.backup_dir.glob("outpost-*.sqlite"))
    for name in sorted((each.name for each in found if each), reverse=True):
        with suppress(StorageFailed):
            _usable(settings.backup_dir / name)
            return name
    return None


def superfluous(backups: Sequence[Backup]) -> list[str]:
    """Return the names of automatic backups, given newest first, that need not be kept."""
    automatic = [each for each in backups if each.automatic]
    daily = list({each.created_at.date(): each for each in reversed(automatic)}.values())[-DAYS:]
    covered = {_week(each) for each in daily}
    weekly = {_week(each): each for each in reversed(automatic) if _week(each) not in covered}
    kept = {each.name for each in (*daily, *list(weekly.values())[-WEEKS:])}
    return [each.name for each in automatic if each.name not in kept]


def _week(backup: Backup) -> tuple[int, int]:
    return backup.created_at.isocalendar()[:2]


def restore_wished(settings: Settings) -> str | None:
    """Carry out the wish for a restore, before the database is opened; returns the backup's name.

    May be repeated after being cut short at any point. Raises StorageFailed where the backup cannot
    be used; the present database is untouched then, and the wish is gone.
    """
    name = _wished(settings.restore_file)
    if name is None:
        return None
    source = settings.backup_dir / name
    try:
        _usable(source)
        coming = settings.database_file.with_suffix(".restored")
        shutil.copyfile(source, coming)
        with coming.open("rb+") as file:
            os.fsync(file.fileno())
        reached("restore.copied")
    except (OutpostError, OSError) as error:
        settings.restore_file.unlink()
        raise StorageFailed(
            f"The backup '{name}' was not restored: {error}",
            advice="Everything is as it was before. Choose another backup.",
        ) from error
    _set_aside(settings)
    reached("restore.aside")
    seals.break_seal(settings.database_file)  # it was the former one's
    coming.replace(settings.database_file)
    reached("restore.replaced")
    for cache in (settings.chroma_dir, settings.tantivy_dir):  # of another state of the database
        shutil.rmtree(cache, ignore_errors=True)
        cache.mkdir(mode=0o700, parents=True)
    reached("restore.emptied")
    settings.restore_file.unlink()
    return name


def _usable(path: Path) -> BackupContents:
    """Check a backup as a whole; raises StorageFailed where it cannot take the database's place."""
    found = contents(path)
    if not is_known(found.schema_revision):
        raise StorageFailed(
            f"'{path.name}' was written by a newer Outpost (schema {found.schema_revision}).",
            advice="Install that version or a later one, or choose another backup.",
        )
    return found


def _set_aside(settings: Settings) -> None:
    """Move the present database with its log into a folder of its own.

    The folder is named after the time of the wish, so that a move that was cut short goes on there.
    """
    wished_at = datetime.fromtimestamp(settings.restore_file.stat().st_mtime, UTC)
    folder = settings.backup_dir / f"before-restore-{wished_at.strftime(_STAMP)}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for end in ("-wal", "-shm", ""):
        path = settings.database_file.with_name(settings.database_file.name + end)
        if path.exists() and not (folder / path.name).exists():
            path.replace(folder / path.name)


def _wished(file: Path) -> str | None:
    try:
        name = file.read_text("utf-8").strip()
    except FileNotFoundError:
        return None
    return name if _NAME.fullmatch(name) else None


def _backup(path: Path) -> Backup | None:
    match = _NAME.fullmatch(path.name)
    if match is None:
        return None
    try:
        made_at = datetime.strptime(match[1], _STAMP).replace(tzinfo=UTC)
        size = path.stat().st_size
    except (ValueError, FileNotFoundError):
        return None
    return Backup(path.name, made_at, size, automatic=match[2] is not None)
