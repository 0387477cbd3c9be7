"""Cancel, and the bridge from a blocking iterator to an async one on the caller's loop.

The core is synchronous and knows no event loop; this is the only place where the two worlds
meet, used by the REST server and the desktop alike. Standard library only.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import Executor
from typing import TypeVar

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


async def stream(
    make: Callable[[], Iterator[T]], cancel: Cancel, executor: Executor
) -> AsyncGenerator[T, None]:
    """Run a blocking iterator on `executor` and yield its items on the calling loop.

    Leaving the loop early, for any reason, sets `cancel`; the iterator is then drained on its
    own thread until it ends by itself, so its `finally` blocks always run. Errors of the
    iterator are raised here. Use under `contextlib.aclosing`.
    """
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[T | _End] = asyncio.Queue()

    def post(item: T | _End) -> None:
        try:
            loop.call_soon_threadsafe(queue.put_nowait, item)
        except RuntimeError:  # the loop has closed: nobody is listening any more
            cancel.set()

    def drain() -> None:
        error: BaseException | None = None
        try:
            for item in make():
                post(item)
        except BaseException as caught:  # handed over to the consumer, who raises it
            error = caught
        post(_End(error))

    executor.submit(drain)
    try:
        while True:
            item = await queue.get()
            if isinstance(item, _End):
                if item.error is not None:
                    raise item.error
                return
            yield item
    finally:
        cancel.set()
