"""Two hundred clients do what they like to three agents, and nothing breaks or hangs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.app import build
from core.config import Settings
from tests.journeys.turmoil import ANSWERED, Turmoil

REQUESTS = 200
TIMEOUT_S = 90.0


@pytest.mark.model
def test_every_request_ends_in_an_answer_or_a_coded_error(settings: Settings) -> None:
    """Cancels, disconnects, bad parameters and restarts leave all slots free and agents working."""
    core = build(replace(settings, threads=1, slots=3))
    try:
        turmoil = Turmoil(core, REQUESTS, seed=7)
        assert turmoil.run(TIMEOUT_S), f"some requests hang; so far: {turmoil.ends}"
        assert turmoil.bugs == []
        assert turmoil.ends.total() == REQUESTS
        assert turmoil.ends[ANSWERED] >= REQUESTS // 8, turmoil.ends
        assert turmoil.restarts >= 3
        assert turmoil.busy() == 0
        assert turmoil.unfinished() == 0
        turmoil.settle()
        assert turmoil.answers_again() == [ANSWERED] * 3
    finally:
        core.close()
