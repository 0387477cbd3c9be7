"""Properties tried for a time: twenty seconds each, or OUTPOST_FUZZ_SECONDS of them.

Hypothesis counts examples, not seconds; so a property is run in rounds, each from the next seed.
The first rounds are the same each time.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from itertools import count

from hypothesis import HealthCheck, seed, settings

SECONDS = float(os.environ.get("OUTPOST_FUZZ_SECONDS", "20"))
EXAMPLES = 200
"""In one round."""

in_rounds = settings(
    max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)


def fuzz(tried: Callable[[], None]) -> int:
    """Run a property that was made by `@in_rounds` and `@given`; returns how many rounds it was."""
    until_s = time.monotonic() + SECONDS
    for number in count():
        seed(number)(tried)()
        if time.monotonic() >= until_s:
            return number + 1
    raise AssertionError
