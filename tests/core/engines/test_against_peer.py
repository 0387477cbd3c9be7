"""Our greedy answers beside the plainest loop over llama.cpp and beside its own server engine."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.benchmarks.engine_greedy import (
    PROMPTS,
    Comparison,
    compare,
    explained,
    largest_swing,
)
from tests.benchmarks.engine_sides import contenders

TOKENS = 16

pytestmark = [pytest.mark.model, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def found() -> Sequence[Comparison]:
    """Some of the benchmark's prompts, answered by both sides in processes of their own."""
    with contenders(slots=1, context_tokens=1024, threads=1) as pair:
        return compare(pair, PROMPTS[:5], TOKENS)


def test_greedy_answers_are_those_of_the_plainest_loop(found: Sequence[Comparison]) -> None:
    """Batching, slots and samplers change no token."""
    assert len(found) == 5
    assert [each.prompt for each in found if not each.as_plain] == []


def test_differences_from_the_peer_are_between_its_two_likeliest_tokens(
    found: Sequence[Comparison],
) -> None:
    """Another build of llama.cpp parts from ours only where rounding decides between two tokens."""
    usual = largest_swing(found)
    assert usual < 2.0
    assert [each for each in found if not explained(each, usual)] == []
    assert sum(len(each.swings) for each in found) >= 40
