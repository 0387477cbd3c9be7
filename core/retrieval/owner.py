"""A thread that owns a native library's objects, and is the only one to touch them.

Both indexes break when several threads use them. The thread is a daemon, so that a library that
hangs cannot keep the program from ending. Search uses one too, for what goes on beside it.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

from core.errors import Cancelled

T = TypeVar("T")
_Call = tuple[Future[Any], Callable[[], Any]]


class OwnerThread:
    """Runs calls one after another; safe from any thread."""

    def __init__(self, name: str):
        self._calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def call(self, action: Callable[[], T], deadline_s: float | None = None) -> T:
        """Run the action on the thread and return its result.

        Raises TimeoutError where it has not ended within the deadline (it still runs, or will),
        and Cancelled after `close`.
        """
        return self.post(action).result(deadline_s)

    def post(self, action: Callable[[], T]) -> Future[T]:
        """Queue the action and return its future; raises Cancelled after `close`."""
        future: Future[T] = Future()
        with self._lock:
            if self._closed:
                raise Cancelled
            self._calls.put((future, action))
        return future

    def close(self, last: Callable[[], object], timeout_s: float = 2.0) -> bool:
        """Cancel what is queued, run `last`, and end the thread; False where it hangs."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._cancel_queued()
                self._calls.put((Future(), last))
                self._calls.put(None)
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _cancel_queued(self) -> None:
        with suppress(queue.Empty):
            while (call := self._calls.get_nowait()) is not None:
                call[0].set_exception(Cancelled())

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            future, action = call
            try:
                future.set_result(action())
            except BaseException as error:  # a Rust panic is not an Exception
                future.set_exception(error)
            del future, action, call  # else the last call's objects live until the next one
