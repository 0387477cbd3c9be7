"""One thread runs every call, in order, and ends when it is told to."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from functools import partial

import pytest

from core.errors import Cancelled
from core.retrieval.owner import OwnerThread


def test_calls_run_in_order_on_one_thread() -> None:
    """Whoever calls, the same thread does the work, first come first served."""
    owner = OwnerThread("owner")
    order: list[tuple[int, str]] = []

    def note(number: int) -> None:
        order.append((number, threading.current_thread().name))

    for future in [owner.post(partial(note, number)) for number in range(5)]:
        future.result(5)
    assert order == [(number, "owner") for number in range(5)]
    assert owner.close(lambda: None)


def test_errors_go_to_the_caller() -> None:
    """An error, even one that is no Exception, is raised where the call was made."""

    class Panic(BaseException):
        pass

    def fail() -> None:
        raise Panic("rust")

    owner = OwnerThread("owner")
    with pytest.raises(Panic):
        owner.call(fail)
    assert owner.call(lambda: 1) == 1
    owner.close(lambda: None)


def test_a_deadline_does_not_stop_the_thread() -> None:
    """A call that takes too long is left alone; the next ones still run."""
    owner, gate = OwnerThread("owner"), threading.Event()
    with pytest.raises(TimeoutError):
        owner.call(gate.wait, 0.05)
    gate.set()
    assert owner.call(lambda: 2, 5) == 2
    owner.close(lambda: None)


def test_closing_cancels_what_waits_and_runs_the_last_word() -> None:
    """What was queued is cancelled, the running call ends, the last action runs on the thread."""
    owner, begun, gate, ended = OwnerThread("owner"), threading.Event(), threading.Event(), []

    def run() -> bool:
        begun.set()
        return gate.wait(5)

    running: Future[bool] = owner.post(run)
    assert begun.wait(5)
    waiting: Future[None] = owner.post(lambda: ended.append("waiting"))
    threading.Timer(0.1, gate.set).start()
    assert owner.close(lambda: ended.append("last"), 5)
    assert running.result(1)
    with pytest.raises(Cancelled):
        waiting.result(1)
    with pytest.raises(Cancelled):
        owner.post(lambda: None)
    assert ended == ["last"]
