"""Grammars from schemas: exact bounds, whole strings, and no schema that could be broken."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.engines.llama.schemas import INEXPRESSIBLE, gbnf, integers, numbers


def as_pattern(rule: str) -> re.Pattern[str]:
    """Return a rule of literals, classes and groups as a regular expression."""
    return re.compile(rule.replace('"."', "[.]").replace('"', "").replace(" ", ""))


@given(st.integers(-12_000, 12_000), st.integers(0, 3_000), st.integers(-16_000, 16_000))
def test_a_rule_matches_the_integers_within_its_bounds(low: int, width: int, tried: int) -> None:
    """No more and no fewer, in the one way JSON writes them."""
    pattern = as_pattern(integers(low, low + width))
    for number in (tried, low - 1, low, low + width, low + width + 1, low + width // 2):
        assert bool(pattern.fullmatch(str(number))) == (low <= number <= low + width)
    assert not pattern.fullmatch(f"0{abs(low)}")


@given(st.integers(-300, 300), st.integers(0, 300), st.decimals(-700, 700, places=3))
def test_numbers_stay_within_their_bounds(low: int, width: int, tried: object) -> None:
    """What matches lies between the bounds, and what lies between them matches."""
    pattern = as_pattern(numbers(low, low + width))
    number = float(str(tried))
    within = low <= number <= low + width
    matches = bool(pattern.fullmatch(str(tried)))
    assert within or not matches
    if abs(number) >= 1 and not number.is_integer():
        assert matches == within
    assert pattern.fullmatch(str(low))
    assert pattern.fullmatch(str(low + width))


@pytest.mark.parametrize("keyword", sorted(INEXPRESSIBLE))
def test_what_a_grammar_cannot_hold_is_refused(keyword: str) -> None:
    """Wherever it stands; a property of that name is nobody's business."""
    schema = {"type": "array", "items": {"type": "object", keyword: 1}}
    with pytest.raises(ValueError, match=keyword):
        gbnf(schema)
    assert gbnf({"type": "object", "properties": {keyword: {"type": "string"}}})


def test_bounds_without_a_number_are_refused() -> None:
    """Nothing could be written."""
    with pytest.raises(ValueError, match="no integer"):
        gbnf({"type": "integer", "minimum": 3, "exclusiveMaximum": 3})


def test_strings_leave_control_characters_out() -> None:
    """JSON wants them escaped."""
    assert r"[^\"\\\x7F\x00-\x1F]".replace('\\"', '"') in gbnf({"type": "string"})
    assert r'[^"\\] |' not in gbnf({"type": "string", "maxLength": 5})
