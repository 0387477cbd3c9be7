"""Gives birth to lives by forking, so that none of them has to import everything first.

Run as a program: each line on standard input is an order, and standard output tells of one life
after the other: `["born", pid]`, what it said, and `["ended", status]`. The process has no threads
of its own, and opens nothing, so that what it forks is clean.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue

import psutil

from tests.faults.ledger import Line
from tests.faults.life import Order, obey, written

ROOT = Path(__file__).parents[2]
BORN_S = 180.0
LIMIT_S = 200.0
TURN_S = 1.0


@dataclass
class Life:
    """What became of one life."""

    lines: list[Line] = field(default_factory=list)
    killed: bool = False
    """By us; otherwise it ended by itself, or died at a crash point."""
    status: int = 0
    """The exit status as `os.waitpid` gives it: 9 for SIGKILL."""

    def said(self, kind: str) -> list[str]:
        """Return everything that was said of one kind."""
        return [word for line in self.lines if line[0] == kind for word in line[1:]]

    @property
    def is_usable(self) -> bool:
        return bool(self.said("usable"))


class Nursery:
    """The forking process, seen from outside; one life at a time."""

    def __init__(self, environ: Mapping[str, str] = {}) -> None:
        few = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "2"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.nursery"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, **few, **environ},
            text=True,
        )
        self._lines: SimpleQueue[Line] = SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def close(self) -> None:
        """End it, with the life that there may be."""
        assert self._process.stdin is not None
        for child in psutil.Process(self._process.pid).children():
            child.kill()
        self._process.stdin.close()
        self._process.wait(BORN_S)
        self._reader.join(10)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def life(
        self, order: Order, kill_after_s: float | None = None, *, with_workers: bool = False
    ) -> Life:
        """Let one life happen; where asked, kill it so long after it became usable.

        Where it does not become usable, the time counts from its birth.
        """
        assert self._process.stdin is not None
        self._process.stdin.write(written(order) + "\n")
        self._process.stdin.flush()
        pid = self._born()
        life, left_s = Life(), LIMIT_S if kill_after_s is None else kill_after_s
        while True:
            line, waited_s = self._listen(left_s)
            left_s -= waited_s
            if line is None and left_s <= 0:
                _kill(pid, with_workers=with_workers)
                life.killed, left_s = True, LIMIT_S
            elif line is not None and line[0] == "ended":
                life.status = int(line[1])
                return life
            elif line is not None:
                life.lines.append(line)
                if line[0] == "usable" and kill_after_s is not None and not life.killed:
                    left_s = kill_after_s

    def _born(self) -> int:
        """Wait for the next life, the first one after everything was imported."""
        left_s = BORN_S
        while left_s > 0:
            line, waited_s = self._listen(left_s)
            left_s -= waited_s
            if line is not None:
                return int(line[1])
        raise TimeoutError("nobody was born")

    def _listen(self, longest_s: float) -> tuple[Line | None, float]:
        """Return what is said next, None after a while, and how long that took.

        A machine that slept, or processes that were stopped, must not count as a life that hangs.
        """
        began, turn_s = time.monotonic(), min(max(longest_s, 0.0), TURN_S)
        try:
            line = self._lines.get(timeout=turn_s)
        except Empty:
            return None, turn_s
        return line, min(time.monotonic() - began, turn_s)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for text in self._process.stdout:
            self._lines.put(json.loads(text))


@contextmanager
def nursery() -> Iterator[Nursery]:
    made = Nursery()
    try:
        yield made
    finally:
        made.close()


def _kill(pid: int, *, with_workers: bool) -> None:
    """Kill a process, and where asked all of its workers, as a power failure would."""
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)] if with_workers else [process]
        for each in family:
            each.kill()
    except psutil.NoSuchProcess:
        pass  # it ended by itself just now


# ---------------------------------------------------------------- the forking process


def _tell(*line: object) -> None:
    """Write one line at once: shorter ones of several processes do not mix."""
    os.write(1, json.dumps(line).encode() + b"\n")


def _import_everything() -> None:
    import llama_cpp  # noqa: F401
    import tantivy  # noqa: F401

    import core.app  # noqa: F401


def main() -> None:
    _import_everything()
    for text in sys.stdin:
        pid = os.fork()
        if pid == 0:
            _tell("born", str(os.getpid()))
            obey(text, _tell)
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        _tell("ended", str(status))


if __name__ == "__main__":
    main()
