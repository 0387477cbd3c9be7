"""The bridge from a blocking iterator to an async one: nothing lost, nothing left running."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from typing import TypeVar

import pytest

from core.actor import Actor, acting, actor
from core.streams import Cancel, Feed, stream

T = TypeVar("T")


@pytest.fixture
def executor() -> Iterator[ThreadPoolExecutor]:
    """One worker thread, joined at the end: a stream that never ends would hang the test."""
    with ThreadPoolExecutor(1) as made:
        yield made


def within(coroutine: Coroutine[object, object, T], seconds: float = 20) -> T:
    return asyncio.run(asyncio.wait_for(coroutine, seconds))


def endless(cancel: Cancel, ended: threading.Event) -> Iterator[int]:
    """Count until asked to stop; `ended` shows that the finally block ran."""
    try:
        number = 0
        while not cancel.wait(0.001):
            yield number
            number += 1
    finally:
        ended.set()


# ---------------------------------------------------------------- Cancel


def test_cancel_is_false_until_set_and_stays_true() -> None:
    """Looked at as a truth value, it says whether a stop was asked for."""
    cancel = Cancel()
    assert not cancel
    cancel.set()
    cancel.set()
    assert cancel


def test_callbacks_run_once() -> None:
    """Setting twice runs a callback once; one added later runs at once."""
    cancel, ran = Cancel(), list[str]()
    cancel.on_set(lambda: ran.append("early"))
    cancel.set()
    cancel.set()
    cancel.on_set(lambda: ran.append("late"))
    assert ran == ["early", "late"]


def test_a_callback_may_look_at_the_cancel() -> None:
    """A callback that asks or adds another does not lock up."""
    cancel, seen = Cancel(), list[bool]()
    cancel.on_set(lambda: cancel.on_set(lambda: seen.append(bool(cancel))))
    cancel.set()
    assert seen == [True]


def test_waiting_ends_when_another_thread_sets() -> None:
    """A worker that sleeps between steps wakes at once."""
    cancel = Cancel()
    assert cancel.wait(0.0) is False
    thread = threading.Thread(target=cancel.set)
    thread.start()
    assert cancel.wait(20) is True
    thread.join()


# ---------------------------------------------------------------- stream


def test_items_come_in_order_and_complete(executor: ThreadPoolExecutor) -> None:
    """Every item of the iterator arrives once and in its order."""

    async def collect() -> list[int]:
        return [item async for item in stream(lambda: iter(range(1000)), Cancel(), executor)]

    assert within(collect()) == list(range(1000))


def test_items_arrive_while_the_iterator_still_runs(executor: ThreadPoolExecutor) -> None:
    """The first item is there before the second was made."""
    go_on = threading.Event()

    def make() -> Iterator[str]:
        yield "first"
        assert go_on.wait(20), "the first item was held back"
        yield "second"

    async def collect() -> list[str]:
        items = []
        async for item in stream(make, Cancel(), executor):
            items.append(item)
            go_on.set()
        return items

    assert within(collect()) == ["first", "second"]


def test_the_loop_stays_free_while_the_iterator_blocks(executor: ThreadPoolExecutor) -> None:
    """The iterator runs on the executor's thread, the consumer's loop turns meanwhile."""
    threads, release = list[threading.Thread](), threading.Event()

    def make() -> Iterator[int]:
        threads.append(threading.current_thread())
        assert release.wait(20), "the loop did not turn"
        yield 1

    async def collect() -> list[int]:
        asyncio.get_running_loop().call_later(0.01, release.set)
        return [item async for item in stream(make, Cancel(), executor)]

    assert within(collect()) == [1]
    assert threads != [threading.main_thread()]


def test_leaving_early_sets_cancel_and_lets_the_iterator_end(
    executor: ThreadPoolExecutor,
) -> None:
    """`break` under aclosing asks for a stop, and the iterator's finally block runs."""
    cancel, ended = Cancel(), threading.Event()

    async def take_three() -> list[int]:
        items = []
        async with aclosing(stream(lambda: endless(cancel, ended), cancel, executor)) as numbers:
            async for number in numbers:
                items.append(number)
                if len(items) == 3:
                    break
        return items

    assert within(take_three()) == [0, 1, 2]
    assert cancel
    assert ended.wait(20)


def test_a_cancelled_task_sets_cancel(executor: ThreadPoolExecutor) -> None:
    """A client that disconnects ends its task, and with it the work."""
    cancel, ended, started = Cancel(), threading.Event(), threading.Event()

    async def consume() -> None:
        async with aclosing(stream(lambda: endless(cancel, ended), cancel, executor)) as numbers:
            async for _ in numbers:
                started.set()

    async def disconnect() -> None:
        task = asyncio.create_task(consume())
        await asyncio.to_thread(started.wait, 20)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    within(disconnect())
    assert cancel
    assert ended.wait(20)


def test_an_error_in_the_consumer_sets_cancel(executor: ThreadPoolExecutor) -> None:
    """A view that fails on an item does not leave the model writing for nobody."""
    cancel, ended = Cancel(), threading.Event()

    async def fail() -> None:
        async with aclosing(stream(lambda: endless(cancel, ended), cancel, executor)) as numbers:
            async for number in numbers:
                raise LookupError(number)

    with pytest.raises(LookupError):
        within(fail())
    assert cancel
    assert ended.wait(20)


def test_an_error_of_the_iterator_is_raised_after_its_items(executor: ThreadPoolExecutor) -> None:
    """What came before the error is delivered, then the very error is raised."""
    error = ValueError("broke")

    def make() -> Iterator[int]:
        yield 1
        raise error

    items: list[int] = []

    async def collect() -> None:
        async for item in stream(make, Cancel(), executor):
            items.append(item)

    with pytest.raises(ValueError, match="broke") as caught:
        within(collect())
    assert caught.value is error
    assert items == [1]


def test_an_error_of_making_the_iterator_is_raised(executor: ThreadPoolExecutor) -> None:
    """An error before the first item, such as an unknown agent, reaches the consumer too."""

    def make() -> Iterator[int]:
        raise LookupError("no such agent")

    async def collect() -> list[int]:
        return [item async for item in stream(make, Cancel(), executor)]

    with pytest.raises(LookupError, match="no such agent"):
        within(collect())


def test_a_loop_that_closed_stops_the_work(executor: ThreadPoolExecutor) -> None:
    """Where the loop is gone before the iterator ends, cancel is set instead of an error lost."""
    cancel, ended, go_on = Cancel(), threading.Event(), threading.Event()

    def make() -> Iterator[int]:
        assert go_on.wait(20)
        yield from endless(cancel, ended)

    loop = asyncio.new_event_loop()
    numbers = stream(make, cancel, executor)
    step = asyncio.ensure_future(anext(numbers), loop=loop)
    loop.run_until_complete(asyncio.sleep(0))
    step.cancel()
    with pytest.raises(asyncio.CancelledError):
        loop.run_until_complete(step)
    loop.close()
    go_on.set()
    assert ended.wait(20)
    assert cancel


# ---------------------------------------------------------------- Feed


def test_a_feed_hands_over_together_what_came_meanwhile(executor: ThreadPoolExecutor) -> None:
    """A reader that pauses gets all items in few hands, in order and complete."""

    def make() -> Iterator[int]:
        for number in range(50):
            yield number
            threading.Event().wait(0.002)

    async def collect() -> list[list[int]]:
        feed, taken = Feed(make, Cancel(), executor), list[list[int]]()
        while (items := await feed.take(pause_s=0.02)) is not None:
            taken.append(items)
        return taken

    taken = within(collect())
    assert [number for items in taken for number in items] == list(range(50))
    assert len(taken) < 25


def test_the_end_cuts_a_pause_short(executor: ThreadPoolExecutor) -> None:
    """A long pause does not hold back what came last."""

    async def collect() -> list[int] | None:
        feed = Feed(lambda: iter([1]), Cancel(), executor)
        return await feed.take(pause_s=1000)

    assert within(collect()) == [1]


def test_a_feed_says_when_nothing_came(executor: ThreadPoolExecutor) -> None:
    """At the deadline a take is empty; the items that come later are not lost."""
    go_on = threading.Event()

    def make() -> Iterator[int]:
        assert go_on.wait(20)
        yield 1

    async def collect() -> list[list[int] | None]:
        feed = Feed(make, Cancel(), executor)
        first = await feed.take(0.02)
        go_on.set()
        return [first, await feed.take(), await feed.take()]

    assert within(collect()) == [[], [1], None]


# ---------------------------------------------------------------- who acts


def test_the_worker_acts_for_who_began(executor: ThreadPoolExecutor) -> None:
    """What an iterator writes is put down to the caller that started it, also on a used thread."""

    async def route(name: str) -> list[str]:
        def acts() -> Iterator[str]:
            yield actor().route

        with acting(Actor(name)):
            feed = Feed(acts, Cancel(), executor)
        return await feed.take() or []

    assert within(route("POST /chat")) == ["POST /chat"]
    assert within(route("POST /rag-chat")) == ["POST /rag-chat"]
