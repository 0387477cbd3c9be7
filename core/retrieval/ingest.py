"""The two threads of ingest: one reads files, the other makes vectors of what was read.

Two, so that a folder can be asked about by keywords while its vectors are still being made. All
state is in SQLite: a thread that finds nothing to do sleeps until it is woken.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from typing import Protocol

from core.errors import Cancelled, StorageFailed
from core.retrieval.notices import Notices
from core.streams import Cancel

log = logging.getLogger(__name__)

LOOK_AGAIN_S = 5.0
"""How long a thread sleeps at most: some work becomes due by the clock."""
PAUSE_AFTER_FAILURE_S = 5.0


class Work(Protocol):
    """What a thread does, step by step."""

    def open(self, cancel: Cancel) -> None:
        """Prepare; called once, on the thread."""

    def step(self, cancel: Cancel) -> bool:
        """Do one thing; False where there is nothing to do."""


class Ingest:
    """Runs the works until it is closed; `wake` after every write that gives them something."""

    def __init__(self, works: Mapping[str, Work], notices: Notices):
        self._notices = notices
        self._cancel = Cancel()
        self._awake = {name: threading.Event() for name in works}
        self._threads = [
            threading.Thread(target=self._loop, args=(name, work), name=name, daemon=True)
            for name, work in works.items()
        ]
        self._lock = threading.Lock()
        self._started = False

    def start(self) -> None:
        """Begin with what an earlier run left undone; does nothing once stopped."""
        with self._lock:
            if self._cancel or self._started:
                return
            self._started = True
            for thread in self._threads:
                thread.start()

    def wake(self) -> None:
        """Tell all threads that there may be something to do."""
        for event in self._awake.values():
            event.set()

    def stop(self) -> None:
        """Ask all threads to end after the step they are at."""
        with self._lock:
            self._cancel.set()
        self.wake()

    def join(self, timeout_s: float) -> None:
        """Wait until all threads have ended, no longer than this in all."""
        deadline = time.monotonic() + timeout_s
        for thread in self._threads if self._started else []:
            thread.join(max(deadline - time.monotonic(), 0.0))

    def _loop(self, name: str, work: Work) -> None:
        try:
            work.open(self._cancel)
            while not self._cancel:
                self._awake[name].clear()
                if self._step(work):
                    self.wake()
                else:
                    self._notices.flush()
                    self._awake[name].wait(LOOK_AGAIN_S)
        except Cancelled:
            pass
        except Exception:
            if not self._cancel:
                log.exception("%s ended", name)

    def _step(self, work: Work) -> bool:
        try:
            return work.step(self._cancel)
        except StorageFailed as error:
            log.error("ingest pauses: %s", error)
            self._cancel.wait(PAUSE_AFTER_FAILURE_S)
            return True
