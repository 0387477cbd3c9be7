"""Watched folders: a thread that looks through them, and then listens for changes.

What the system tells of changes is a hint where to look, never the truth: files are compared with
what the collection knows, at the start, at intervals, and whenever a folder comes or goes.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from core.changes import Changes, Topic
from core.errors import OutpostError
from core.records import WatchedFolder
from core.retrieval.folder_scan import Devices, compare
from core.retrieval.walk import Rules, files_below, identity_of, is_inside, seen
from core.store.document_rows import FileSeen
from core.store.folders import Folders

log = logging.getLogger(__name__)

LISTEN_MS = 500
"""How long listening lasts before the folders themselves are looked at: whether they are there."""
GATHER_MS = 300
"""Changes that come within this time of each other are looked at together."""
SETTLE_S = 1.0
"""A file that changed within this time is still being written: it is looked at again."""
SCOPES_AT_MOST = 200
"""More changed places than this, and the whole folder is looked through instead."""


class Watching:
    """Keeps documents in step with watched folders, until it is closed."""

    def __init__(
        self,
        store: Folders,
        changes: Changes,
        wake: Callable[[], None],
        rescan_s: float,
        skipped: Sequence[Path],
    ):
        """`wake` is called when there is something to read; `skipped` places are left out."""
        self._store = store
        self._changes = changes
        self._wake = wake
        self._rescan_s = rescan_s
        self._skipped = [each.absolute() for each in skipped]
        self._ended = False
        self._changed = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, unless it was closed already."""
        with self._lock:
            if not self._ended and self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="outpost-watching", daemon=True
                )
                self._thread.start()

    def look_again(self) -> None:
        """Take note that folders were added, dropped or given other rules."""
        self._changed.set()

    def stop(self) -> None:
        """Ask the thread to end."""
        with self._lock:
            self._ended = True
        self._changed.set()

    def join(self, timeout_s: float) -> None:
        """Wait until the thread has ended."""
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _run(self) -> None:
        while not self._ended:
            self._changed.clear()
            try:
                folders = self._store.watched_all()
                for folder in folders:
                    self._scan(folder)
                self._listen(folders)
            except OutpostError as error:
                log.error("watching pauses: %s", error)
                self._changed.wait(self._rescan_s)
            except Exception:
                if not self._ended:
                    log.exception("watching stumbled and goes on")
                    self._changed.wait(self._rescan_s)

    # ------------------------------------------------------------ listening

    def _listen(self, folders: Sequence[WatchedFolder]) -> None:
        """Look where changes are told of, until it is time to look through everything."""
        if not folders:
            self._changed.wait()
            return
        began, places = time.monotonic(), _places(folders)
        unsettled: set[Path] = set()
        for told in self._told([each.path for each in folders if places[each.path]]):
            if self._changed.is_set() or time.monotonic() - began >= self._rescan_s:
                return
            if _places(folders) != places:
                return
            unsettled = self._look_at(folders, told | unsettled)

    def _told(self, paths: Sequence[Path]) -> Iterator[set[Path]]:
        """Yield the places where something changed, and nothing every now and then."""
        if paths:
            from watchfiles import watch

            with suppress(OSError):  # no more watches to be had, or the folder went just now
                for changes in watch(
                    *paths,
                    watch_filter=None,
                    debounce=GATHER_MS,
                    step=100,
                    stop_event=self._changed,
                    rust_timeout=LISTEN_MS,
                    yield_on_timeout=True,
                    raise_interrupt=False,
                ):
                    yield {Path(path) for _, path in changes}
        while not self._changed.wait(LISTEN_MS / 1000):
            yield set()

    def _look_at(self, folders: Sequence[WatchedFolder], told: set[Path]) -> set[Path]:
        """Look at changed places; return those that are still being written."""
        busy = {path for path in told if _is_being_written(path)}
        settled = told - busy
        for folder in folders if settled else ():
            inside = {path for path in settled if path.is_relative_to(folder.path)}
            if len(inside) > SCOPES_AT_MOST or folder.path in inside:
                self._scan(folder)
            elif inside:
                self._compare(folder, sorted(inside))
        return busy

    # ------------------------------------------------------------ looking

    def _scan(self, folder: WatchedFolder) -> None:
        """Look through a whole folder."""
        self._compare(folder, [folder.path])
        is_offline = not folder.path.is_dir()
        if is_offline != (folder.state == "offline"):
            self._announce(folder)
        self._store.looked_at(folder, is_offline=is_offline)

    def _compare(self, folder: WatchedFolder, scopes: Sequence[Path]) -> None:
        """Find out what became of the files at some places, and write it down."""
        rules = Rules(folder.ignore, self._skipped)
        scopes = [each for each in scopes if not _is_below_another(each, scopes)]
        found = [file for scope in scopes for file in _found(folder.path, scope, rules)]
        known = self._store.known(folder.collection_id, scopes)
        devices = Devices(folder.path, found, known)
        change = compare(found, known, devices.is_deleted)
        if self._ended or not change:
            return
        self._store.apply(folder, change)
        self._announce(folder)
        self._wake()

    def _announce(self, folder: WatchedFolder) -> None:
        self._changes.announce(Topic.DOCUMENTS, "", folder.owner_id)
        self._changes.announce(Topic.COLLECTIONS, folder.collection_id, folder.owner_id)


def _found(folder: Path, scope: Path, rules: Rules) -> Iterator[FileSeen]:
    """Yield the files at or below a place inside a watched folder."""
    if scope != folder and rules.leave_out(scope, folder):
        return
    if scope.is_dir():
        if not scope.is_symlink() or scope == folder:
            yield from files_below(folder, rules, scope)
    elif scope.is_file() and (not scope.is_symlink() or is_inside(scope, folder.resolve())):
        yield seen(scope)


def _places(folders: Sequence[WatchedFolder]) -> dict[Path, str]:
    """Return what each folder is at the moment, '' where it is not there."""
    places = {}
    for folder in folders:
        try:
            places[folder.path] = identity_of(folder.path.stat())
        except OSError:
            places[folder.path] = ""
    return places


def _is_being_written(path: Path) -> bool:
    try:
        age_s = time.time() - path.stat().st_mtime
    except OSError:
        return False
    return 0 <= age_s < SETTLE_S and path.is_file()


def _is_below_another(path: Path, places: Sequence[Path]) -> bool:
    return any(path != each and path.is_relative_to(each) for each in places)
