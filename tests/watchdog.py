"""Ends what pytest-timeout cannot, and lets nothing be forgotten that a dead process left undone.

pytest-timeout's thread needs the GIL to act, so a test that hangs inside native code would hold the
whole run for ever. Here a thread without Python waits a little longer than pytest-timeout would,
writes every stack to the run's own stderr, and ends the process. The run as a whole has a limit
too, after which its processes are asked for their stacks and killed.

Tests that were never run because a process died would be missing from the summary without a word.
They count as failed, are named, and `pytest --lf` runs them with what failed.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator

import psutil
import pytest

LATER_S = float(os.environ.get("OUTPOST_TEST_LATER_S", "60"))
"""How much longer than pytest-timeout a test may take before its process is ended."""
WHOLE_RUN_S = float(os.environ.get("OUTPOST_TEST_RUN_S", "1800"))
"""How long a run of several processes may take; they are for suites, not for long experiments."""

_stderr = pytest.StashKey[int]()
_watch = pytest.StashKey[threading.Timer]()
_left = pytest.StashKey["Left"]()
LAST_FAILED = "cache/lastfailed"


class Left:
    """What the processes of a run were asked for and did not end, once one of them has died."""

    def __init__(self) -> None:
        self._asked: set[str] = set()
        self._ended: set[str] = set()
        self._died = False

    @property
    def tests(self) -> list[str]:
        return sorted(self._asked - self._ended) if self._died else []

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        self._asked.update(ids)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, error: object | None) -> None:
        self._died |= error is not None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "teardown":
            self._ended.add(report.nodeid)


def pytest_configure(config: pytest.Config) -> None:
    """Keep the true stderr, which tests do not have, and watch the run where it has workers."""
    config.stash[_stderr] = os.dup(sys.__stderr__.fileno()) if sys.__stderr__ else 2
    if config.getoption("numprocesses", None):
        timer = threading.Timer(WHOLE_RUN_S, _end_run)
        timer.daemon = True
        timer.start()
        config.stash[_watch] = timer
        config.stash[_left] = Left()
        config.pluginmanager.register(config.stash[_left])


def pytest_unconfigure(config: pytest.Config) -> None:
    if (timer := config.stash.get(_watch, None)) is not None:
        timer.cancel()
    os.close(config.stash[_stderr])


@pytest.hookimpl(trylast=True)  # after pytest has written what failed
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Count what was left undone as failed."""
    left = session.config.stash.get(_left, None)
    cache = getattr(session.config, "cache", None)  # there is none with -p no:cacheprovider
    if left is None or not left.tests:
        return
    session.exitstatus = pytest.ExitCode.TESTS_FAILED
    if cache is not None:
        failed = cache.get(LAST_FAILED, {}) | dict.fromkeys(left.tests, True)
        cache.set(LAST_FAILED, failed)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    left = config.stash.get(_left, None)
    for nodeid in left.tests if left else ():
        terminalreporter.write_line(f"LEFT UNDONE {nodeid}", red=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Watch one test, its fixtures included."""
    if (limit_s := _limit_s(item)) > 0:
        stderr = item.config.stash[_stderr]
        faulthandler.dump_traceback_later(limit_s + LATER_S, exit=True, file=stderr)
    try:
        return (yield)
    finally:
        faulthandler.cancel_dump_traceback_later()


def _limit_s(item: pytest.Item) -> float:
    """Return what pytest-timeout allows this test, 0 for no limit."""
    marker = item.get_closest_marker("timeout")
    own = marker.args[0] if marker and marker.args else item.config.getini("timeout")
    return float(own or 0)


def _end_run() -> None:
    """Have every process below this one tell its stacks, then end them all."""
    sys.stderr.write(f"\nThe run took more than {WHOLE_RUN_S:.0f} s and is ended; all stacks:\n")
    children = psutil.Process().children(recursive=True)
    for end in (signal.SIGABRT, signal.SIGKILL):
        for child in children:
            try:
                child.send_signal(end)
            except psutil.NoSuchProcess:
                continue
        time.sleep(2)
    os._exit(pytest.ExitCode.INTERNAL_ERROR)
