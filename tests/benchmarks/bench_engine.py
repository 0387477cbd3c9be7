"""Measure the engine: speed beside the peer, calm under load, memory, equality, endurance.

    python -m tests.benchmarks.bench_engine [--rounds N] [PART...]

Each part prints its figures on stdout; all parts run where none is named. The figures are worth
something on an otherwise idle machine only.
"""

from __future__ import annotations

import argparse

from tests.benchmarks import engine_speed
from tests.benchmarks.figures import progress

PARTS = {
    "speed": engine_speed.measure,
}


def main() -> None:
    """Run the parts asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
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
