"""Threads, tasks, streams and change notices for one window; the only importer of qasync.

The core blocks and announces from any thread; widgets must never block and live on one thread.
Everything between the two goes through a `Bridge`: calls run on worker threads and are awaited,
streams arrive item by item, change notices become a Qt signal, and errors end in one signal
instead of in a lost task.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from concurrent.futures import Future, InvalidStateError, ThreadPoolExecutor
from contextlib import suppress
from typing import Any, ParamSpec, TypeVar

import PySide6.QtWidgets  # noqa: F401  (qasync takes the binding that is imported already)
import qasync
from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QApplication

from core.changes import Change, Changes, Topic
from core.errors import Cancelled, OutpostError
from core.streams import Cancel, stream

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

GATHER_MS = 60
"""How long change notices are gathered: an ingest announces faster than a list can repaint."""


def run_loop(application: QApplication, main: Callable[[], Coroutine[Any, Any, int]]) -> int:
    """Run Qt's loop as asyncio's until `main` ends, and return its exit code."""
    loop = make_loop(application)
    try:
        return int(loop.run_until_complete(main()))
    finally:
        close_loop(loop)


def close_loop(loop: asyncio.AbstractEventLoop) -> None:
    """Close the loop and its timers here and now.

    qasync leaves the timers of cancelled calls running, on an object that the garbage collector
    may destroy on any thread; Qt then crashes when one of them fires (seen).
    """
    loop.close()
    timers: QObject = loop._timer  # type: ignore[attr-defined]
    timers.deleteLater()
    QCoreApplication.sendPostedEvents(timers, QEvent.Type.DeferredDelete)


def make_loop(application: QApplication) -> asyncio.AbstractEventLoop:
    """Return an asyncio loop that is Qt's own."""
    loop: asyncio.AbstractEventLoop = qasync.QEventLoop(application)
    asyncio.set_event_loop(loop)
    return loop


class Bridge(QObject):
    """Worker threads, tasks, streams and change notices for one window."""

    failed = Signal(object)
    """An exception that nobody handled closer to its cause; the window shows it."""
    changed = Signal(object, object)
    """(Topic, frozenset of subjects): what changed since the last time, gathered per topic."""

    _noticed = Signal(object)

    def __init__(self, workers: int = 6, streams: int = 16, parent: QObject | None = None):
        super().__init__(parent)
        self._workers = ThreadPoolExecutor(workers, "desktop-worker")
        # Replies hold their thread for as long as they last: they must not starve short calls.
        self._streams = ThreadPoolExecutor(streams, "desktop-stream")
        self._tasks: set[asyncio.Task[Any]] = set()
        self._cancels: set[Cancel] = set()
        self._gathered: dict[Topic, set[str]] = {}
        self._unsubscribe: Callable[[], None] | None = None
        self._closing = False
        self._timer = QTimer(self, singleShot=True, interval=GATHER_MS)
        self._timer.timeout.connect(self._tell)
        self._noticed.connect(self._gather, Qt.ConnectionType.QueuedConnection)

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call `work` on a worker thread and return its result or raise its error here."""
        if self._closing:
            raise Cancelled("Outpost is closing.")
        return await asyncio.wrap_future(self._workers.submit(work, *args, **kwargs))

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Start a task, keep it until it ends, and report its error through `failed`."""
        task = asyncio.get_event_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def stream(self, make: Callable[[], Iterator[T]], cancel: Cancel) -> AsyncGenerator[T, None]:
        """Iterate over a blocking iterator; use under `contextlib.aclosing`."""
        return self._stream(make, cancel)

    async def _stream(
        self, make: Callable[[], Iterator[T]], cancel: Cancel
    ) -> AsyncGenerator[T, None]:
        self._cancels.add(cancel)
        try:
            async for item in stream(make, cancel, self._streams):
                yield item
        finally:
            self._cancels.discard(cancel)
            cancel.set()

    def listen(self, changes: Changes) -> None:
        """Turn the core's change notices into the signal `changed`."""
        self._unsubscribe = changes.subscribe(self._noticed.emit)

    def cancel_streams(self) -> None:
        """Ask every running stream to stop; they still end by themselves."""
        for cancel in tuple(self._cancels):
            cancel.set()

    async def close(self, deadline_s: float = 2.0) -> None:
        """Stop streams, give running tasks `deadline_s` to end, cancel the rest, free the threads.

        Calls that are still running on a worker are left to end by themselves.
        """
        self._closing = True
        if self._unsubscribe is not None:
            self._unsubscribe()
        self._timer.stop()
        self.cancel_streams()
        await self._settle(deadline_s)
        self._workers.shutdown(wait=False, cancel_futures=True)
        self._streams.shutdown(wait=False, cancel_futures=True)

    async def finish(self, work: Callable[[], object], deadline_s: float) -> bool:
        """Run the last call of all, after `close`; False where it takes longer than allowed.

        On a daemon thread: a call that hangs must not keep the process alive.
        """
        ended: Future[object] = Future()

        def call() -> None:
            with suppress(InvalidStateError):  # nobody waits any more
                try:
                    ended.set_result(work())
                except BaseException as error:
                    ended.set_exception(error)

        thread = threading.Thread(target=call, name="desktop-finish", daemon=True)
        thread.start()
        waiting = asyncio.wrap_future(ended)
        done, _ = await asyncio.wait((waiting,), timeout=max(0.0, deadline_s))
        if not done:
            ended.cancel()  # or it would be told to a loop that is closed by then
            return False
        # It may still be waking this loop through Qt: a daemon thread that the ending interpreter
        # stops inside C++ takes the whole process down.
        thread.join()
        if (error := waiting.exception()) is not None:
            log.error("closing failed", exc_info=error)
        return True

    async def _settle(self, deadline_s: float) -> None:
        tasks = self._tasks - {asyncio.current_task()}
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=deadline_s)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is None or isinstance(error, Cancelled):
            return
        if not isinstance(error, OutpostError):
            log.error("a bug: a task of the window failed", exc_info=error)
        with suppress(RuntimeError):  # the window has gone
            self.failed.emit(error)

    @Slot(object)
    def _gather(self, change: Change) -> None:
        self._gathered.setdefault(change.topic, set()).add(change.subject)
        if not self._timer.isActive() and not self._closing:
            self._timer.start()

    @Slot()
    def _tell(self) -> None:
        gathered, self._gathered = self._gathered, {}
        for topic, subjects in gathered.items():
            self.changed.emit(topic, frozenset(subjects))
