"""Both sides of the comparison, each in a child, and the words they are given to read."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from core.config import LIBRARY_ENVIRONMENT
from core.engines.hardware import physical_cores
from core.starter import starter_model_file
from tests.benchmarks.engine_child import Child
from tests.benchmarks.engine_stage import Job, Played

SLOTS = 8
CONTEXT_TOKENS = 4096
BATCH_TOKENS = 512
WORDS = """
    river stone garden window letter morning winter bread silver forest harbour music paper
    candle bridge summer valley market engine island teacher shadow copper orchard village
    mirror thunder blanket feather ladder pocket saddle temple velvet whistle anchor barrel
"""


def options() -> dict[str, Any]:
    """Return what is equal on both sides; raises RuntimeError where no model is installed."""
    path = starter_model_file()
    if path is None:
        raise RuntimeError("there is no starter model: run 'python dev.py setup'")
    return {
        "path": str(path),
        "threads": physical_cores(),
        "slots": SLOTS,
        "context_tokens": CONTEXT_TOKENS,
        "batch_tokens": BATCH_TOKENS,
    }


def our_environ() -> dict[str, str]:
    """Return the environment in which the application runs its engine."""
    return {**_plain_environ(), **LIBRARY_ENVIRONMENT}


def _plain_environ() -> dict[str, str]:
    """Return the environment without anything that tells OpenMP how to wait.

    The peer runs in it: dev.py's settings are made for Outpost and would slow the peer down.
    """
    return {
        name: value for name, value in os.environ.items() if not name.startswith(("OMP_", "GOMP_"))
    }


@dataclass(frozen=True, slots=True)
class Contender:
    """One side, ready to play."""

    name: str
    child: Child

    def play(self, jobs: Sequence[Job]) -> list[Played]:
        return [Played(**each) for each in self.child.ask("play", jobs=[asdict(j) for j in jobs])]


@contextmanager
def contenders(**changed: Any) -> Iterator[tuple[Contender, Contender]]:
    """Start our side and the peer; `changed` options hold for both."""
    wanted = {**options(), **changed}
    with (
        Child("engine_ours", environ=our_environ(), **wanted) as ours,
        Child("engine_peer", environ=_plain_environ(), **wanted) as peer,
    ):
        yield Contender("ours", ours), Contender("peer", peer)


class Texts:
    """Random words as tokens; no two prompts begin alike, so that none is in a cache."""

    def __init__(self, ours: Contender, seed: int = 3):
        self._ours = ours
        self._random = random.Random(seed)
        self._made = 0

    def prompt(self, tokens: int) -> list[int]:
        """Return exactly so many tokens of fresh text."""
        self._made += 1
        words = self._random.choices(WORDS.split(), k=tokens)
        text = f"{words[0]}{self._made} {' '.join(words)}"
        found: list[int] = self._ours.child.ask("tokens", text=text)
        return found[:tokens]


def turns(pair: tuple[Contender, Contender], round_number: int) -> tuple[Contender, Contender]:
    """Return both sides in this round's order: each goes first every second time."""
    return pair if round_number % 2 == 0 else (pair[1], pair[0])
