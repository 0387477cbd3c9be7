"""The guards around every test: what must not be left behind, logged or attempted unseen.

A plugin of its own, so that tests/contracts/test_guards.py can run planted offenders under it
and prove that each guard bites.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
import time
import traceback
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest

from core.offline import guard

GRACE_S = 3.0
"""How long a thread may take to end after its test: joins with a deadline are allowed."""

LASTING_THREADS = (
    "pytest_timeout",  # pytest-timeout's own watch
    "tqdm_monitor",  # tqdm starts one for the whole process
)
"""Beginnings of the names of threads that others start once and keep."""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "allow_log(pattern): a logged warning whose 'logger:LEVEL:message' matches is expected",
    )


LASTING_CHILD = "multiprocessing.resource_tracker"
"""Python's own child, started with the first spawned worker and kept until the end."""

# On while tests are collected too: an import that phones home is refused like any other.
_offline = guard()


@pytest.fixture(autouse=True)
def _no_socket_beyond_loopback() -> Iterator[None]:
    """Fail where something reached for the network, even if it swallowed the refusal."""
    _offline.forget()
    yield
    attempts = _offline.report()
    _offline.forget()
    if attempts:
        lines = (f"{each.action} to {each.address} by {each.site}" for each in attempts)
        pytest.fail("a socket beyond loopback was tried:\n" + "\n".join(lines), pytrace=False)


@pytest.fixture(autouse=True)
def _no_leaked_thread() -> Iterator[None]:
    """Fail where a thread that the test started is still alive after it."""
    before = set(threading.enumerate())
    yield
    _expect_no_more_threads_than(before)


@pytest.fixture(autouse=True, scope="session")
def _nothing_outlives_the_session() -> Iterator[None]:
    """Fail where a thread of a wider fixture, or any child process, is alive at the very end."""
    before = set(threading.enumerate())
    yield
    _expect_no_more_threads_than(before)
    _, alive = psutil.wait_procs(psutil.Process().children(recursive=True), GRACE_S)
    if left := [line for child in alive if LASTING_CHILD not in (line := _command(child))]:
        pytest.fail("child process(es) left behind:\n" + "\n".join(left), pytrace=False)


def _command(child: psutil.Process) -> str:
    try:
        return " ".join(child.cmdline())
    except psutil.Error:  # it ended just now
        return LASTING_CHILD


def _expect_no_more_threads_than(before: set[threading.Thread]) -> None:
    deadline = time.monotonic() + GRACE_S
    while (leaked := _new_threads(before)) and time.monotonic() < deadline:
        time.sleep(0.01)
    if leaked:
        text = "\n".join(_where(thread) for thread in leaked)
        pytest.fail(f"{len(leaked)} leaked thread(s):\n{text}", pytrace=False)


def _new_threads(before: set[threading.Thread]) -> list[threading.Thread]:
    return [
        thread
        for thread in threading.enumerate()
        if thread not in before
        and thread.is_alive()
        and not thread.name.startswith(LASTING_THREADS)
    ]


def _where(thread: threading.Thread) -> str:
    """Return the thread's name and the innermost lines of its stack."""
    frame = sys._current_frames().get(thread.ident or 0)
    stack = traceback.format_stack(frame)[-3:] if frame else []
    return f"{thread.name}\n{''.join(stack)}"


@pytest.fixture(autouse=True)
def _no_unexpected_log(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail where any logger wrote a warning or worse that no `allow_log` marker announced."""
    allowed = [marker.args[0] for marker in request.node.iter_markers("allow_log")]
    unexpected: list[str] = []
    forward = logging.Logger.callHandlers

    # Not a handler on the root logger: loggers that do not propagate would pass it by.
    def note(logger: logging.Logger, record: logging.LogRecord) -> None:
        line = f"{record.name}:{record.levelname}:{record.getMessage()}"
        if record.levelno >= logging.WARNING and not any(re.search(p, line) for p in allowed):
            unexpected.append(line)
        forward(logger, record)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logging.Logger, "callHandlers", note)
        yield
    if unexpected:
        pytest.fail("unexpected in the log:\n" + "\n".join(unexpected), pytrace=False)


@pytest.fixture(autouse=True)
def _no_running_qt_timer_or_thread() -> Iterator[None]:
    """Fail where a QTimer or QThread that the test started still runs; without Qt, do nothing."""
    if "PySide6.QtCore" not in sys.modules:
        yield
        return
    started: list[weakref.ref[Any]] = []
    with pytest.MonkeyPatch.context() as patch:
        for kind in (sys.modules["PySide6.QtCore"].QTimer, sys.modules["PySide6.QtCore"].QThread):
            patch.setattr(kind, "start", _remembering(kind.start, started))
        yield
    if leaked := _still_running([each() for each in started]):
        pytest.fail("still running: " + ", ".join(map(repr, leaked)), pytrace=False)


def _remembering(start: Callable[..., None], started: list[weakref.ref[Any]]) -> object:
    def remember_and_start(self: object, *arguments: object) -> None:
        started.append(weakref.ref(self))
        start(self, *arguments)

    return remember_and_start


def _still_running(objects: list[Any]) -> list[Any]:
    """Return the timers and threads among the objects that run on; they are told to stop."""
    from PySide6.QtCore import QCoreApplication, QEvent, QThread
    from shiboken6 import isValid

    # What was closed with the test is only marked for deletion until an event loop runs.
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    leaked = []
    for each in objects:
        if each is None or not isValid(each):
            continue
        if isinstance(each, QThread):
            if not each.wait(int(GRACE_S * 1000)):
                leaked.append(each)
        elif each.isActive():
            each.stop()
            leaked.append(each)
    return leaked
