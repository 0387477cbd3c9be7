"""The passphrase of the window: kept as a hash, tried slowly, given up on request."""

from __future__ import annotations

import pytest

from core.changes import Change, Changes, Topic
from core.errors import InvalidInput, TooManyAttempts, WrongPassphrase
from core.passwords import FREE_ATTEMPTS
from core.store.audit import AuditLog
from core.store.database import Database
from core.store.marks import Marks
from core.window_lock import MARK, WindowLock

PASSPHRASE = "correct horse"


@pytest.fixture
def heard() -> list[Change]:
    """What was announced."""
    return []


@pytest.fixture
def lock(database: Database, heard: list[Change]) -> WindowLock:
    """A lock over a fresh database."""
    changes = Changes()
    changes.subscribe(heard.append)
    return WindowLock(Marks(database), AuditLog(database), changes)


def test_without_a_passphrase_anything_opens(lock: WindowLock) -> None:
    """The lock is optional; where there is none, nothing is counted as a wrong try."""
    assert not lock.is_set()
    for _ in range(FREE_ATTEMPTS + 2):
        lock.check("anything")


def test_only_the_passphrase_opens_and_nobody_reads_it(
    lock: WindowLock, database: Database, heard: list[Change]
) -> None:
    """It is stored as an Argon2id hash, holds after a restart, and is announced and logged."""
    lock.set(PASSPHRASE)
    assert lock.is_set()
    assert (Marks(database).get(MARK) or "").startswith("$argon2id$")
    again = WindowLock(Marks(database), AuditLog(database), Changes())
    again.check(PASSPHRASE)
    with pytest.raises(WrongPassphrase):
        again.check("correct horses")
    assert heard == [Change(Topic.WINDOW_LOCK)]
    actions = [event.action for event in AuditLog(database).newest()]
    assert actions == ["window_lock.refused", "window_lock.set"]


def test_wrong_tries_have_to_wait(lock: WindowLock) -> None:
    """After some typing errors even the right one is not looked at before its time."""
    lock.set(PASSPHRASE)
    for _ in range(FREE_ATTEMPTS + 1):
        with pytest.raises(WrongPassphrase):
            lock.check("wrong")
    with pytest.raises(TooManyAttempts):
        lock.check(PASSPHRASE)


def test_another_one_needs_the_one_before(lock: WindowLock) -> None:
    """Whoever finds the window open cannot shut out its owner, nor take the lock away."""
    lock.set(PASSPHRASE)
    with pytest.raises(WrongPassphrase):
        lock.set("battery staple", "wrong")
    with pytest.raises(WrongPassphrase):
        lock.remove("")
    lock.set("battery staple", PASSPHRASE)
    lock.check("battery staple")
    lock.remove("battery staple")
    assert not lock.is_set()


def test_a_short_one_is_refused(lock: WindowLock) -> None:
    """What is guessed at once is no passphrase; nothing is stored then."""
    with pytest.raises(InvalidInput):
        lock.set("short")
    assert not lock.is_set()


def test_a_forgotten_one_is_given_up(
    lock: WindowLock, database: Database, heard: list[Change]
) -> None:
    """Who may run programs here takes it away; the audit log says so, once."""
    lock.set(PASSPHRASE)
    lock.give_up()
    lock.give_up()
    assert not lock.is_set()
    assert heard == [Change(Topic.WINDOW_LOCK)] * 2
    actions = [event.action for event in AuditLog(database).newest()]
    assert actions == ["window_lock.remove", "window_lock.set"]
