"""Reading beside streams, on machines that are described by what a step costs them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.engines.llama.pace import Pace

MOST = 512

Machine = Callable[[int, int], float]
"""Seconds of a step, from how many tokens it writes and reads."""


def processor(writing: int, reading: int) -> float:
    return 0.002 + 0.006 * writing + 0.004 * reading


def slow_processor(writing: int, reading: int) -> float:
    """One prompt token costs as much as a whole step of the streams."""
    return 0.020 + 0.030 * reading


def graphics_card(writing: int, reading: int) -> float:
    """A step costs the same up to 256 tokens."""
    return 0.010 * max(1.0, (writing + reading) / 256)


def run(machine: Machine, pace: Pace, writing: int, steps: int) -> tuple[float, float]:
    """Return the tokens read per step and the mean step, in steps without reading."""
    read, seconds = 0, 0.0
    for _ in range(steps):
        piece = pace.piece(writing, MOST)
        assert 0 <= piece <= MOST
        took_s = machine(writing, piece)
        pace.learn(writing, piece, took_s)
        read, seconds = read + piece, seconds + took_s
    return read / steps, seconds / steps / machine(writing, 0)


@pytest.mark.parametrize("machine", [processor, slow_processor, graphics_card])
@pytest.mark.parametrize("writing", [1, 2, 8])
def test_streams_keep_half_their_speed(machine: Machine, writing: int) -> None:
    """On average a step takes less than twice as long, and most of that share is used to read."""
    pace = Pace()
    run(machine, pace, writing, 20)
    _, longer = run(machine, pace, writing, 400)
    assert 1.6 < longer < 2.0 or machine is graphics_card
    assert longer < 2.0


def test_what_costs_nothing_is_read_at_once() -> None:
    """Where hundreds of tokens cost no time, hundreds are read."""
    read, _ = run(graphics_card, Pace(), 2, 100)
    assert read > 150


def test_reading_advances_where_a_token_costs_a_whole_step() -> None:
    """No prompt waits for ever: less than a token's time a step still adds up."""
    read, _ = run(slow_processor, Pace(), 2, 200)
    assert 0.3 < read < 1.0


def test_nothing_holds_a_prompt_back_that_is_alone() -> None:
    """Without streams everything is read that fits a batch."""
    assert Pace().piece(0, MOST) == MOST


def test_a_long_prompt_gets_more_expensive() -> None:
    """The pieces get smaller as attention has more to look back at."""
    pace, depth, longest = Pace(), 0, 0.0
    for _ in range(20):
        pace.learn(2, 0, 0.015)
    while depth < 3000:
        piece = pace.piece(2, MOST)
        took_s = 0.015 + piece * (0.003 + 0.009 * depth / 3000)
        pace.learn(2, piece, took_s)
        depth, longest = depth + piece, max(longest, took_s)
    assert longest < 3 * 0.015
