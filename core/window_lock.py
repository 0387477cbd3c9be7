"""The passphrase of the window: who does not know it sees nothing of what the window shows.

A lock of the window and no encryption. The files stay as they are, the API goes by its tokens,
and who may run programs as the same user of this machine can read the files and take the lock
away; so that is offered for a forgotten passphrase: `outpost lock remove`.
"""

from __future__ import annotations

from core.changes import Changes, Topic
from core.errors import WrongPassphrase
from core.passwords import Attempts, hash_password, is_password
from core.store.audit import AuditLog
from core.store.marks import Marks

MARK = "window_lock"


class WindowLock:
    """Keeps the passphrase's hash, and takes tries at it ever more slowly."""

    def __init__(self, marks: Marks, audit: AuditLog, changes: Changes):
        self._marks, self._audit, self._changes = marks, audit, changes
        self._attempts = Attempts()

    def is_set(self) -> bool:
        """Tell whether there is a passphrase."""
        return self._marks.get(MARK) is not None

    def check(self, passphrase: str) -> None:
        """Return if this opens the window, or nothing is needed to open it.

        Raises WrongPassphrase, TooManyAttempts after wrong ones, Busy.
        """
        stored = self._marks.get(MARK)
        if stored is None:
            return
        self._attempts.begin(MARK)
        if not is_password(passphrase, stored):
            self._audit.note("window_lock.refused", "", None)
            raise WrongPassphrase()
        self._attempts.succeeded(MARK)

    def set(self, passphrase: str, current: str = "") -> None:
        """Set a passphrase, or another one in place of `current`.

        Raises InvalidInput for one too short or too long, and what `check` raises.
        """
        self.check(current)
        self._marks.put(MARK, hash_password(passphrase), action="window_lock.set")
        self._changes.announce(Topic.WINDOW_LOCK)

    def remove(self, current: str) -> None:
        """Take the passphrase away; raises what `check` raises."""
        self.check(current)
        self.give_up()

    def give_up(self) -> None:
        """Take the passphrase away without knowing it; a window that is locked opens."""
        if self.is_set():
            self._marks.remove(MARK, action="window_lock.remove")
            self._changes.announce(Topic.WINDOW_LOCK)
