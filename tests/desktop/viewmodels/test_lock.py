"""When the window is locked, and why it is not opened."""

from __future__ import annotations

from typing import Any

from core.errors import Busy, TooManyAttempts
from core.passwords import MIN_LENGTH
from desktop.viewmodels.base import Desk
from desktop.viewmodels.lock import (
    PASSPHRASE_LENGTH,
    LockViewModel,
    passphrase_problem,
    refusal,
)
from tests.desktop.conftest import Play, until

PASSPHRASE = "correct horse"


def test_it_locks_only_with_a_passphrase_and_opens_only_by_it(desk: Desk, play: Play[Any]) -> None:
    """A wrong one is refused in words; the right one opens."""
    model = LockViewModel(desk, desk.bridge)
    refused: list[str] = []
    model.refused.connect(refused.append)

    async def story() -> None:
        await model.begin()
        assert (model.lock(), model.locked) == (False, False)
        model.set(PASSPHRASE)
        await until(lambda: model.is_set)
        assert (model.is_set, model.locked) == (True, False)  # who has just set it is there
        assert model.lock()
        model.unlock("wrong one")
        await until(lambda: refused)
        assert (model.is_set, model.locked) == (True, True)
        model.unlock(PASSPHRASE)
        await until(lambda: not model.locked)

    play(story())
    assert refused == ["The passphrase is wrong."]


def test_a_start_with_a_passphrase_is_locked_until_it_is_given_up(
    desk: Desk, play: Play[Any]
) -> None:
    """The command for a forgotten passphrase opens a window that runs."""
    model = LockViewModel(desk, desk.bridge)
    desk.core.window_lock.set(PASSPHRASE)

    async def story() -> None:
        await model.begin()
        assert model.locked
        desk.core.window_lock.give_up()
        await until(lambda: not model.locked)
        assert not model.is_set

    play(story())


def test_a_passphrase_is_judged_while_it_is_typed() -> None:
    """Too short or not repeated; the length is the core's."""
    assert PASSPHRASE_LENGTH == MIN_LENGTH
    assert "at least 8" in passphrase_problem("short", "short")
    assert "not the same" in passphrase_problem("long enough", "long enougj")
    assert passphrase_problem("long enough", "long enough") == ""


def test_a_wait_is_told_in_seconds() -> None:
    """Who has to wait is told how long, and who meets another fault is told that."""
    assert "1 second" in refusal(TooManyAttempts(0.2))
    assert "4 seconds" in refusal(TooManyAttempts(3.5))
    assert "being checked" in refusal(Busy("Too many passwords are being checked already."))
