"""A reserve of room on the disk, given up when the disk is full.

Deleting needs room too: SQLite writes its log before anything gets smaller. So a file of some
megabytes lies in the data folder, and is the first thing to go. From then on until there is room
again Outpost says so; reading, deleting and exporting still work, and what was waiting goes on
by itself.
"""

from __future__ import annotations

import logging
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

log = logging.getLogger(__name__)

RESERVE_BYTES = 8 << 20
LEAST_BYTES = 1 << 20
"""With less free when Outpost starts, SQLite could not even be opened without the reserve."""
ROOM_BYTES = 4 * RESERVE_BYTES
"""With so much free, the disk counts as having room again: the reserve and something to work in."""
LOOK_EVERY_S = 2.0
_BLOCK = bytes(1 << 20)


class Reserve:
    """The reserve of one folder; safe from any thread."""

    def __init__(self, file: Path, changed: Callable[[], None] = lambda: None):
        """`changed` is called when the disk becomes full, and when it has room again."""
        self._file = file
        self._changed = changed
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._watch: threading.Thread | None = None
        self._full = False
        if shutil.disk_usage(file.parent).free < LEAST_BYTES:
            self.release()

    @property
    def is_used_up(self) -> bool:
        """True from when the disk was full until it has room again."""
        return self._full

    def keep(self) -> None:
        """Take the room, unless the disk is full."""
        if not self._full and not self._fill():
            self.release()

    def release(self) -> bool:
        """Give the room up, since the disk is full; True if there was any to give.

        From now on somebody looks whether there is room again.
        """
        with self._lock:
            became_full, self._full = not self._full, True
            had_some = self._file.exists()
            self._file.unlink(missing_ok=True)
            if self._watch is None and not self._closing.is_set():
                self._watch = threading.Thread(
                    target=self._look, name="outpost-reserve", daemon=True
                )
                self._watch.start()
        if became_full:
            log.error("the disk of %s is full", self._file.parent)
            self._changed()
        return had_some

    def close(self) -> None:
        """Look no longer; the reserve stays for the next start."""
        self._closing.set()
        watch = self._watch
        if watch is not None:
            watch.join()

    def _look(self) -> None:
        while not self._closing.wait(LOOK_EVERY_S):
            if self._fill():
                with self._lock:
                    self._full, self._watch = False, None
                log.info("the disk of %s has room again", self._file.parent)
                self._changed()
                return

    def _fill(self) -> bool:
        """Take the room if there is enough; False where there is not."""
        try:
            if self._file.exists() and self._file.stat().st_size == RESERVE_BYTES:
                return True
            if shutil.disk_usage(self._file.parent).free < ROOM_BYTES:
                return False
            with self._file.open("wb") as file:
                _take(file.fileno())
        except OSError:
            self._file.unlink(missing_ok=True)  # a part of it helps nobody
            return False
        return True


def _take(handle: int) -> None:
    """Take up room on the disk, not only in the file's size."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(handle, 0, RESERVE_BYTES)
        return
    for _ in range(RESERVE_BYTES // len(_BLOCK)):
        os.write(handle, _BLOCK)
