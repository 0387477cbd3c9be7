"""Figures say truly whether they reached their goal."""

from __future__ import annotations

import json
import math

import pytest

from tests.benchmarks.figures import Better, Figure, emit, percentile, times_ms


@pytest.mark.parametrize(
    ("value", "better", "reached"),
    [
        (9.0, "lower", True),
        (10.0, "lower", True),
        (11.0, "lower", False),
        (9.0, "higher", False),
        (10.0, "higher", True),
        (11.0, "higher", True),
        (math.nan, "lower", False),
        (math.nan, "higher", False),
    ],
)
def test_goal(value: float, better: Better, reached: bool) -> None:
    """At the goal or better passes; worse or not a number does not."""
    assert Figure("any", value, "ms", goal=10, better=better, n=1).reached is reached


def test_a_figure_is_one_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    """Figures go to stdout one by one, with 'pass' computed and 'peer' only where measured."""
    emit(Figure("speed", 110.0, "tokens/s", goal=100, better="higher", n=3))
    emit(Figure("speed", 90.0, "tokens/s", goal=100, better="higher", n=3, peer=95.0))
    alone, beside = map(json.loads, capsys.readouterr().out.splitlines())
    assert alone == {
        "name": "speed",
        "value": 110.0,
        "unit": "tokens/s",
        "goal": 100,
        "better": "higher",
        "n": 3,
        "pass": True,
    }
    assert (beside["pass"], beside["peer"]) == (False, 95.0)


@pytest.mark.parametrize(("share", "value"), [(0, 1), (0.5, 5), (0.95, 10), (1, 10)])
def test_percentile(share: float, value: float) -> None:
    """Nearest rank over ten values in any order."""
    assert percentile([3, 1, 2, 10, 9, 8, 7, 6, 5, 4], share) == value


def test_percentile_of_nothing_is_refused() -> None:
    """No measurements give no figure."""
    with pytest.raises(ValueError, match="needs values"):
        percentile([], 0.5)


def test_every_run_is_timed() -> None:
    """The work runs as often as asked, and each run has its own time."""
    ran: list[int] = []
    assert len(times_ms(lambda: ran.append(1), 5)) == len(ran) == 5
