"""The bridge: threads, tasks, streams and change notices meet Qt's loop."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections.abc import Iterator
from contextlib import aclosing
from typing import Any

import pytest
from PySide6.QtCore import QThread
from PySide6.QtWidgets import QApplication

from core.changes import Changes, Topic
from core.errors import Cancelled, NotFound
from core.streams import Cancel
from desktop.bridge import Bridge
from tests.desktop.conftest import Play, until


def test_run_works_off_the_loop_and_returns(bridge: Bridge, play: Play[Any]) -> None:
    """A blocking call runs on another thread and its result arrives here."""
    ident = play(bridge.run(threading.get_ident))
    assert ident != threading.get_ident()


def test_run_raises_what_the_call_raised(bridge: Bridge, play: Play[Any]) -> None:
    """The core's error reaches whoever awaited the call."""

    def fail() -> None:
        raise NotFound("agent", "agt_1")

    with pytest.raises(NotFound, match="agt_1"):
        play(bridge.run(fail))


def test_a_task_that_fails_is_reported_once(
    bridge: Bridge, play: Play[Any], failures: list[BaseException]
) -> None:
    """An error that nobody handled ends in the one signal for errors."""

    async def fail() -> None:
        raise NotFound("agent", "agt_2")

    async def story() -> None:
        bridge.spawn(fail())
        await until(lambda: failures)

    play(story())
    assert [type(error) for error in failures] == [NotFound]


@pytest.mark.allow_log("a bug: a task of the window failed")
def test_a_bug_is_logged_and_reported(
    bridge: Bridge, play: Play[Any], failures: list[BaseException]
) -> None:
    """What is not an error of ours is a bug: it goes to the log with its trace."""

    async def fail() -> None:
        raise ZeroDivisionError

    async def story() -> None:
        bridge.spawn(fail())
        await until(lambda: failures)

    play(story())
    assert isinstance(failures[0], ZeroDivisionError)


def test_stopping_on_request_is_no_failure(
    bridge: Bridge, play: Play[Any], failures: list[BaseException]
) -> None:
    """Cancelled is what somebody asked for, so nobody is told."""

    async def stop() -> None:
        raise Cancelled()

    async def story() -> None:
        await asyncio.wait([bridge.spawn(stop())])
        await asyncio.sleep(0.02)

    play(story())
    assert failures == []


def test_a_task_survives_the_garbage_collector(bridge: Bridge, play: Play[Any]) -> None:
    """asyncio keeps tasks weakly; the bridge keeps them until they end."""
    ended: list[bool] = []

    async def work() -> None:
        await asyncio.sleep(0.05)
        ended.append(True)

    async def story() -> None:
        bridge.spawn(work())
        gc.collect()
        await until(lambda: ended)

    play(story())
    assert ended == [True]


def test_leaving_a_stream_cancels_it(bridge: Bridge, play: Play[Any]) -> None:
    """Whoever stops reading asks the iterator to stop, and it ends by its own finally."""
    cancel, ended = Cancel(), threading.Event()

    def count() -> Iterator[int]:
        number = 0
        try:
            while not cancel:
                yield number
                number += 1
                time.sleep(0.001)
        finally:
            ended.set()

    async def story() -> list[int]:
        taken = []
        async with aclosing(bridge.stream(count, cancel)) as items:
            async for item in items:
                taken.append(item)
                if item == 3:
                    break
        return taken

    assert play(story()) == [0, 1, 2, 3]
    assert cancel
    assert ended.wait(5)


def test_a_stream_raises_the_iterators_error(bridge: Bridge, play: Play[Any]) -> None:
    """Items before an error arrive, then the error does."""
    taken: list[int] = []

    def two() -> Iterator[int]:
        yield 1
        yield 2
        raise NotFound("agent", "agt_3")

    async def story() -> None:
        async with aclosing(bridge.stream(two, Cancel())) as items:
            async for item in items:
                taken.append(item)

    with pytest.raises(NotFound):
        play(story())
    assert taken == [1, 2]


def test_change_notices_arrive_gathered_on_qts_thread(
    bridge: Bridge, play: Play[Any], qapp: QApplication
) -> None:
    """A hundred notices from another thread become one signal per topic on Qt's own."""
    changes = Changes()
    heard: list[tuple[Topic, frozenset[str], bool]] = []

    def hear(topic: Topic, subjects: frozenset[str]) -> None:
        heard.append((topic, subjects, QThread.currentThread() is qapp.thread()))

    def announce() -> None:
        for number in range(50):
            changes.announce(Topic.DOCUMENTS, f"doc_{number % 5}")
            changes.announce(Topic.AGENTS, "agt")

    async def story() -> None:
        bridge.listen(changes)
        bridge.changed.connect(hear)
        await bridge.run(announce)
        await until(lambda: len({topic for topic, _, _ in heard}) == 2)

    play(story())
    assert len(heard) <= 6
    assert all(on_qts_thread for _, _, on_qts_thread in heard)
    documents = [subjects for topic, subjects, _ in heard if topic is Topic.DOCUMENTS]
    assert frozenset().union(*documents) == {f"doc_{number}" for number in range(5)}


def test_closing_stops_streams_and_late_tasks(qapp: QApplication, play: Play[Any]) -> None:
    """Closing cancels every stream, and tasks that do not end by themselves."""
    bridge, cancel = Bridge(), Cancel()

    def endless() -> Iterator[int]:
        while not cancel:
            time.sleep(0.005)
            yield 1

    async def read() -> None:
        async with aclosing(bridge.stream(endless, cancel)) as items:
            async for _ in items:
                pass

    async def story() -> tuple[bool, bool]:
        reading = bridge.spawn(read())
        sleeping = bridge.spawn(asyncio.sleep(60))
        await asyncio.sleep(0.05)
        await bridge.close(deadline_s=0.3)
        return reading.done(), sleeping.cancelled()

    began_s = time.monotonic()
    assert play(story()) == (True, True)
    assert cancel
    assert time.monotonic() - began_s < 3


def test_after_closing_nothing_runs_any_more(qapp: QApplication, play: Play[Any]) -> None:
    """A call that comes too late is refused instead of hanging."""
    bridge = Bridge()

    async def story() -> None:
        await bridge.close()
        await bridge.run(time.time)

    with pytest.raises(Cancelled):
        play(story())


def test_the_last_call_does_not_wait_for_ever(qapp: QApplication, play: Play[Any]) -> None:
    """A core that hangs while closing does not hold the window."""
    bridge, release = Bridge(), threading.Event()

    async def story() -> tuple[bool, bool]:
        await bridge.close()
        quick = await bridge.finish(lambda: None, deadline_s=5)
        slow = await bridge.finish(release.wait, deadline_s=0.1)
        return quick, slow

    assert play(story()) == (True, False)
    release.set()


def test_the_last_call_leaves_no_thread(qapp: QApplication, play: Play[Any]) -> None:
    """Its thread has ended with it: the process goes next, and would stop it inside Qt."""
    bridge = Bridge()

    async def story() -> list[str]:
        await bridge.close()
        left: list[str] = []
        for _ in range(50):
            await bridge.finish(lambda: None, deadline_s=5)
            left += [each.name for each in threading.enumerate() if each.daemon]
        return left

    assert "desktop-finish" not in play(story())
