"""How often something is tried again whose storing failed: for ever while the disk is full."""

from __future__ import annotations

from core.errors import DiskFull, StorageFailed

TRIES = 3


class Patience:
    """Counts failures of the thing that fails at the moment; used by one thread."""

    def __init__(self) -> None:
        self._of: object = None
        self._failures = 0

    def is_out(self, thing: object, error: StorageFailed) -> bool:
        """Note a failure; True where it is the last one in a row to be put up with."""
        if thing != self._of:
            self._of, self._failures = thing, 0
        if isinstance(error, DiskFull):
            return False
        self._failures += 1
        return self._failures >= TRIES
