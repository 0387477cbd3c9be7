"""One measured figure as a line of JSON, so that runs can be compared by a program.

A benchmark prints its figures on stdout and everything else on stderr:

    emit(Figure("first_token_ms", p50, "ms", goal=300, better=LOWER, n=40))
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

Better = Literal["higher", "lower"]


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured, how often, and what it should be."""

    name: str
    value: float
    unit: str
    goal: float
    better: Better
    n: int
    """How many single measurements the value stands for."""
    peer: float | None = None
    """The same measured on another program beside it, where there is one."""

    @property
    def reached(self) -> bool:
        """True where the value is at the goal or on its better side; never for NaN."""
        return self.value >= self.goal if self.better == "higher" else self.value <= self.goal

    def line(self) -> str:
        """Return the figure as one line of JSON."""
        record = asdict(self) | {"pass": self.reached}
        if self.peer is None:
            del record["peer"]
        return json.dumps(record, allow_nan=True)


def emit(figure: Figure) -> None:
    """Print a figure at once, also where the benchmark is killed later."""
    print(figure.line(), flush=True)


def progress(text: str) -> None:
    """Tell a person what is being done."""
    print(text, file=sys.stderr, flush=True)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that `share` (0 to 1) of the values do not exceed."""
    if not values or not 0 <= share <= 1:
        raise ValueError("percentile needs values, and a share from 0 to 1")
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def times_ms(work: Callable[[], object], n: int) -> list[float]:
    """Run the work n times and return each run's wall time in milliseconds."""
    result = []
    for _ in range(n):
        start = time.perf_counter()
        work()
        result.append((time.perf_counter() - start) * 1000)
    return result
