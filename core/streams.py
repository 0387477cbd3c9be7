"""Cancel, and the bridge from a blocking iterator to an async one on the caller's loop.

The core is synchronous and knows no event loop; this is the only place where the two worlds
meet, used by the REST server and the desktop alike. Standard library only.
"""

from __future__ import annotations

import asyncio
import math
import threading
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import Executor
from contextvars import copy_context
from typing import Generic, TypeVar

T = TypeVar("T")


class Cancel:
    """A stop request that any thread may raise and the worker looks at between steps."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[], None]] = []

    def __bool__(self) -> bool:
        return self._event.is_set()

    def set(self) -> None:
        """Ask for a stop; safe to call more than once and from any thread."""
        with self._lock:
            self._event.set()
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Block until a stop is asked for; True if it was."""
        return self._event.wait(timeout_s)

    def on_set(self, callback: Callable[[], None]) -> None:
        """Run the callback when a stop is asked for, or now if it was already."""
        with self._lock:
            if not self._event.is_set():
                self._callbacks.append(callback)
                return
        callback()


class _End:
    """Marks the end of the stream, with the error that ended it, if any."""

    def __init__(self, error: BaseException | None):
        self.error = error


class Feed(Generic[T]):
    """A blocking iterator that runs on a worker thread and is read from one loop.

    What has come meanwhile is handed over together. The loop is woken only while it waits for
    something: at a hundred tokens a second, a wake-up costs more than what it is for.
    """

    def __init__(self, make: Callable[[], Iterator[T]], cancel: Cancel, executor: Executor):
        """Start the iterator; belongs to the running loop."""
        self._cancel = cancel
        self._loop = asyncio.get_running_loop()
        self._items: deque[T] = deque()
        self._end: _End | None = None
        self._sleeping: asyncio.Future[None] | None = None
        self._wants_items = False
        executor.submit(copy_context().run, self._drain, make)  # who acts stays who acts

    def _drain(self, make: Callable[[], Iterator[T]]) -> None:
        error: BaseException | None = None
        try:
            for item in make():
                self._items.append(item)
                if self._wants_items or self._loop.is_closed():
                    self._wants_items = False
                    self._call()
        except BaseException as caught:  # handed over to the consumer, who raises it
            error = caught
        self._end = _End(error)
        self._call()

    def _call(self) -> None:
        try:
            self._loop.call_soon_threadsafe(self._wake)
        except RuntimeError:  # the loop has closed: nobody is listening any more
            self._cancel.set()

    def _wake(self) -> None:
        if self._sleeping is not None and not self._sleeping.done():
            self._sleeping.set_result(None)

    async def take(self, deadline_s: float | None = None, pause_s: float = 0.0) -> list[T] | None:
        """Return what has come, waiting for something: empty at the deadline, None at the end.

        A pause lets more come first; the iterator's end cuts it short. Raises the iterator's own
        error, after the items that came before it.
        """
        if pause_s and self._end is None:
            await self._sleep(pause_s)
        await self._something(deadline_s)
        if self._items or self._end is None:
            return [self._items.popleft() for _ in range(len(self._items))]
        if self._end.error is not None:
            raise self._end.error
        return None

    async def _something(self, deadline_s: float | None) -> None:
        """Wait for an item, the end or the deadline."""
        until = math.inf if deadline_s is None else self._loop.time() + deadline_s
        while True:
            self._wants_items = True  # before the items are looked at: what comes now calls
            left_s = until - self._loop.time()
            if self._items or self._end is not None or left_s <= 0:
                break
            await self._sleep(None if until == math.inf else left_s)
        self._wants_items = False

    async def _sleep(self, limit_s: float | None) -> None:
        self._sleeping = self._loop.create_future()
        timer = self._loop.call_later(limit_s, self._wake) if limit_s is not None else None
        try:
            await self._sleeping
        finally:
            self._sleeping = None
            if timer is not None:
                timer.cancel()


async def stream(
    make: Callable[[], Iterator[T]], cancel: Cancel, executor: Executor
) -> AsyncGenerator[T, None]:
    """Run a blocking iterator on `executor` and yield its items on the calling loop.

    Leaving the loop early, for any reason, sets `cancel`; the iterator is then drained on its
    own thread until it ends by itself, so its `finally` blocks always run. Errors of the
    iterator are raised here. Use under `contextlib.aclosing`.
    """
    feed = Feed(make, cancel, executor)
    try:
        while (items := await feed.take()) is not None:
            for item in items:
                yield item
    finally:
        cancel.set()
