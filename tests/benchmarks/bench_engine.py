"""Measure the engine: speed beside the peer, calm under load, memory, equality, endurance.

    python -m tests.benchmarks.bench_engine [--rounds N] [PART...]

Each part prints its figures on stdout; all parts run where none is named. All but 'memory',
'greedy' and 'structured' are worth something on an otherwise idle machine only.
"""

from __future__ import annotations

import argparse

from tests.benchmarks import (
    engine_agents,
    engine_calm,
    engine_endurance,
    engine_greedy,
    engine_memory,
    engine_speed,
    engine_structured,
)
from tests.benchmarks.figures import progress

PARTS = {
    "speed": engine_speed.measure,
    "agents": engine_agents.measure,
    "calm": engine_calm.measure,
    "memory": engine_memory.measure,
    "greedy": engine_greedy.measure,
    "endurance": engine_endurance.measure,
    "structured": engine_structured.measure,
}


def main() -> None:
    """Run the parts asked for."""
    parser = argparse.ArgumentParser(description="Measure the engine beside its peer.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=" ".join(PARTS))
    parser.add_argument("--rounds", type=int, default=5, help="measurements of each kind")
    arguments = parser.parse_args()
    if unknown := set(arguments.parts) - set(PARTS):
        parser.error(f"no part '{unknown.pop()}'; there are: {' '.join(PARTS)}")
    for name in arguments.parts or PARTS:
        progress(f"-- {name}")
        PARTS[name](arguments.rounds)


if __name__ == "__main__":
    main()
