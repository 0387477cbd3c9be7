"""Whether the window is locked: what locks and opens it, and the passphrase that does."""

from __future__ import annotations

import math

from PySide6.QtCore import QObject, Signal

from core.changes import Topic
from core.errors import OutpostError, TooManyAttempts
from desktop.viewmodels.base import Desk, ViewModel, tr
from desktop.viewmodels.figures import count
from desktop.viewmodels.notices import in_words, sentence

PASSPHRASE_LENGTH = 8
"""The shortest passphrase that the core takes."""


class LockViewModel(ViewModel):
    """Locks the window where it has a passphrase; sets, changes and removes that."""

    topics = frozenset({Topic.WINDOW_LOCK})

    changed = Signal()
    """`is_set` or `locked`."""
    refused = Signal(str)
    """The locked window was not opened: why."""

    def __init__(self, desk: Desk, parent: QObject | None = None):
        super().__init__(desk, parent)
        self.is_set = False
        self.locked = False

    async def load(self) -> None:
        """Ask whether there is a passphrase; a window opens whose passphrase was removed."""
        self.is_set = await self.call(self.desk.core.window_lock.is_set)
        self.locked = self.locked and self.is_set
        self.changed.emit()

    async def begin(self) -> None:
        """Lock a window that has a passphrase, before it shows anything."""
        await self.load()
        self.lock()

    def lock(self) -> bool:
        """Lock the window; False where it has no passphrase."""
        if self.is_set and not self.locked:
            self.locked = True
            self.changed.emit()
        return self.is_set

    def unlock(self, passphrase: str) -> None:
        """Try to open the window; `changed` or `refused` tells."""
        self.do(self._unlock(passphrase))

    def set(self, passphrase: str, current: str = "") -> None:
        """Set a passphrase, or another one in place of `current`."""
        self.do(self.call(self.desk.core.window_lock.set, passphrase, current))

    def remove(self, current: str) -> None:
        """Take the passphrase away."""
        self.do(self.call(self.desk.core.window_lock.remove, current))

    async def _unlock(self, passphrase: str) -> None:
        try:
            await self.call(self.desk.core.window_lock.check, passphrase)
        except OutpostError as error:
            self.refused.emit(refusal(error))
        else:
            self.locked = False
            self.changed.emit()


def refusal(error: OutpostError) -> str:
    """Return why the window was not opened."""
    if isinstance(error, TooManyAttempts):
        seconds = count(max(1, math.ceil(error.retry_after_s)), "second", "seconds")
        return tr("Too many wrong tries. Wait for {seconds}.").format(seconds=seconds)
    return sentence(error) if error.code == "wrong_passphrase" else in_words(error)


def passphrase_problem(passphrase: str, repeated: str) -> str:
    """Return why a new passphrase cannot be taken yet, or ''."""
    if len(passphrase) < PASSPHRASE_LENGTH:
        return tr("A passphrase has at least {count} characters.").format(count=PASSPHRASE_LENGTH)
    return "" if passphrase == repeated else tr("The two passphrases are not the same.")
