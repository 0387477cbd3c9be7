"""Turns whose end could not be stored: it is tried again until the disk takes it."""

from __future__ import annotations

import logging
import threading
from contextlib import suppress

from core.chat.turn import Turn
from core.errors import StorageFailed

log = logging.getLogger(__name__)

AGAIN_EVERY_S = 2.0


class Unclosed:
    """Turns that nobody writes any more and that are not closed; safe from any thread.

    They hold their whole text: nothing of an answer is lost once the disk is well again.
    """

    def __init__(self) -> None:
        self._turns: list[Turn] = []
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._again: threading.Thread | None = None

    def add(self, turn: Turn) -> None:
        """Close a turn as soon as that is possible; one that is closed already stays as it is."""
        if turn.is_closed:
            return
        with self._lock:
            self._turns.append(turn)
            if self._again is None and not self._closing.is_set():
                self._again = threading.Thread(
                    target=self._try_again, name="outpost-unclosed", daemon=True
                )
                self._again.start()

    def close_turns(self) -> None:
        """Store the ends that are owed; raises StorageFailed where that is still not possible."""
        with self._lock:
            while self._turns:
                try:
                    self._turns[0].close_again()
                except StorageFailed:
                    raise
                except Exception:  # its conversation may be gone: nobody waits for it then
                    log.exception("the end of a reply could not be stored")
                del self._turns[0]

    def close(self) -> None:
        """Try a last time; what is left is called interrupted by the next start."""
        self._closing.set()
        again = self._again
        if again is not None:
            again.join()
        with suppress(StorageFailed):
            self.close_turns()

    def _try_again(self) -> None:
        while not self._closing.wait(AGAIN_EVERY_S):
            with suppress(StorageFailed):
                self.close_turns()
            with self._lock:
                if not self._turns:
                    self._again = None
                    return
