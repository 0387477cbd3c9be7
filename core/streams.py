"""Cancel, and the bridge from a blocking iterator to an async one on the caller's loop.

The core is synchronous and knows no event loop; this is the only place where the two worlds
meet, used by the REST server and the desktop alike. Standard library only.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import Executor
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

    Items that come faster than they are read are handed over together, and the loop is woken
    once for them: at a hundred tokens a second, a wake-up costs more than what it is for.
    """

    def __init__(self, make: Callable[[], Iterator[T]], cancel: Cancel, executor: Executor):
        """Start the iterator; belongs to the running loop."""
        self._cancel = cancel
        self._loop = asyncio.get_running_loop()
        self._items: deque[T | _End] = deque()
        self._waiting: asyncio.Future[None] | None = None
        self._called = False
        executor.submit(self._drain, make)

    def _drain(self, make: Callable[[], Iterator[T]]) -> None:
        error: BaseException | None = None
        try:
            for item in make():
                self._post(item)
        except BaseException as caught:  # handed over to the consumer, who raises it
            error = caught
        self._post(_End(error))

    def _post(self, item: T | _End) -> None:
        self._items.append(item)
        try:
            if not self._called or self._loop.is_closed():
                self._called = True
                self._loop.call_soon_threadsafe(self._wake)
        except RuntimeError:  # the loop has closed: nobody is listening any more
            self._cancel.set()

    def _wake(self) -> None:
        self._called = False  # before the items are looked at: what comes now calls again
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    async def take(self, deadline_s: float | None = None) -> list[T] | None:
        """Return what has come, waiting for something: empty at the deadline, None at the end.

        Raises the iterator's own error, after the items that came before it.
        """
        if not self._items:
            await self._wait(deadline_s)
        taken: list[T] = []
        while self._items:
            item = self._items[0]
            if not isinstance(item, _End):
                taken.append(item)
                self._items.popleft()
            elif taken:
                break
            elif item.error is not None:
                raise item.error
            else:
                return None
        return taken

    async def _wait(self, deadline_s: float | None) -> None:
        self._waiting = self._loop.create_future()
        timer = self._loop.call_later(deadline_s, self._wake) if deadline_s is not None else None
        try:
            await self._waiting
        finally:
            self._waiting = None
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
