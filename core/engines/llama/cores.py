"""How many threads a step may use, so that engines and the rest of the machine do not fight.

llama.cpp's threads wait for each other some hundred times for each token, and they wait by
spinning. Where each has a core of its own nothing is faster; where one has lost its core to
another program, the others burn theirs waiting for it and a stream becomes thirty times slower.
So a step uses as many threads as there are cores that nobody else is using.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

import psutil

WINDOW_S = 0.25
"""The machine's load is looked at so often while steps are made."""
SMOOTHING = 0.5
"""Weight of the newest look in the running average."""
TAKE, LEAVE = 0.6, 0.4
"""A core is taken once it is free for the first share of the time, and left once it is free for
less than the second. Measured on two cores: around one half, both choices cost the same."""


def _machine_s() -> float:
    """Return the processor time of all programs so far, except those that give way to others."""
    times = psutil.cpu_times()
    names = ("user", "system", "irq", "softirq", "steal")
    return sum(float(getattr(times, name, 0.0)) for name in names)


class Cores:
    """Shared by all engines of the process; safe from any thread."""

    def __init__(
        self,
        count: int | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        machine_s: Callable[[], float] = _machine_s,
        own_s: Callable[[], float] = time.process_time,
    ):
        """Divide `count` cores, all logical ones by default; the sources are for tests."""
        self._count = count or psutil.cpu_count() or 1
        self._clock, self._machine_s, self._own_s = clock, machine_s, own_s
        self._lock = threading.Lock()
        self._working: set[object] = set()
        self._others = 0.0
        self._ours = self._count
        self._looked = self._look()

    def work(self, engine: object) -> None:
        """Count an engine in that begins to work; may be repeated.

        What others did while all engines rested says nothing of the present.
        """
        with self._lock:
            if not self._working:
                self._looked = self._look()
            self._working.add(engine)

    def rest(self, engine: object) -> None:
        """Count an engine out that has nothing to do."""
        with self._lock:
            self._working.discard(engine)

    @property
    def busy(self) -> bool:
        """True while an engine works."""
        return bool(self._working)

    def share(self, wanted: int) -> int:
        """Return how many threads, 1 to `wanted`, an engine's next step should use."""
        with self._lock:
            self._learn()
            return max(1, min(wanted, self._ours // max(1, len(self._working))))

    def _look(self) -> tuple[float, float, float]:
        return self._clock(), self._machine_s(), self._own_s()

    def _learn(self) -> None:
        """Note how many cores others have used since the last look, if that is long enough ago."""
        passed_s = self._clock() - self._looked[0]
        if passed_s < WINDOW_S:
            return
        before, self._looked = self._looked, self._look()
        machine_s, own_s = self._looked[1] - before[1], self._looked[2] - before[2]
        others = max(0.0, machine_s - own_s) / passed_s
        self._others += SMOOTHING * (others - self._others)
        free = self._count - self._others
        if not self._ours - 1 + LEAVE <= free < self._ours + TAKE:
            self._ours = math.floor(free + 1 - TAKE if free > self._ours else free + 1 - LEAVE)
