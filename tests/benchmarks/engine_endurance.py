"""Endurance: 200 requests that behave badly, on agents that come and go."""

from __future__ import annotations

import tempfile
from typing import Any

from core.app import build
from core.config import load_settings
from tests.benchmarks.engine_child import Answers, Child, serve
from tests.benchmarks.engine_sides import our_environ
from tests.benchmarks.figures import Figure, emit, progress
from tests.journeys.turmoil import Turmoil

REQUESTS = 200
TIMEOUT_S = 180.0


def measure(rounds: int) -> None:
    """Emit the figures of the issue's line 9; each round has other requests."""
    ended, busy = [], []
    for number in range(rounds):
        with (
            tempfile.TemporaryDirectory() as folder,
            Child("engine_endurance", environ=our_environ(), folder=folder) as child,
        ):
            found = child.ask("turmoil", seed=number)
        progress(f"{found}")
        ended.append(found["ended"] if found["in_time"] and not found["bugs"] else 0)
        busy.append(found["busy"] + found["unfinished"])
    emit(Figure("turmoil_ended_properly", min(ended), "requests", REQUESTS, "higher", rounds))
    emit(Figure("turmoil_left_behind", max(busy), "slots", 0, "lower", rounds))


def answers(folder: str) -> Answers:
    """Say what the child can be asked."""

    def turmoil(seed: int) -> dict[str, Any]:
        core = build(load_settings({"OUTPOST_DATA_DIR": folder}))
        made = Turmoil(core, REQUESTS, seed)
        in_time = made.run(TIMEOUT_S)
        found = {
            "in_time": in_time,
            "ended": made.ends.total(),
            "ends": dict(made.ends),
            "bugs": [repr(bug) for bug in made.bugs],
            "restarts": made.restarts,
            "busy": made.busy(),
            "unfinished": made.unfinished(),
        }
        core.close()
        return found

    return {"turmoil": turmoil}


if __name__ == "__main__":
    serve(answers)
