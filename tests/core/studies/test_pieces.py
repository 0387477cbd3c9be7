"""Division of long texts: nothing lost, nothing too large."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.studies.pieces import groups, pieces


def words(text: str) -> int:
    """Count tokens as words."""
    return len(text.split())


@given(st.text(st.sampled_from("ab c. \n"), max_size=300), st.integers(1, 20))
def test_pieces_cover_the_text(text: str, most: int) -> None:
    """In order, without gap or overlap up to the last word, each within the limit."""
    spans = pieces(text, most, words)
    at = 0
    for start, end in spans:
        assert start == at < end
        assert words(text[start:end]) <= most
        at = end
    assert not text[at:].strip()


def test_pieces_break_at_lines_then_at_sentences() -> None:
    """A line stays whole where it fits; a sentence does where the line does not."""
    text = "one two.\nthree four. five six.\nseven"
    assert [text[a:b] for a, b in pieces(text, 4, words)] == [
        *("one two.\n", "three four. five six.\n", "seven"),
    ]
    assert [text[a:b].strip() for a, b in pieces(text, 2, words)] == [
        *("one two.", "three four.", "five six.", "seven"),
    ]


@pytest.mark.parametrize("count", range(2, 12))
def test_groups_always_make_progress(count: int) -> None:
    """Two at least in each, in order, within the limit wherever two fit."""
    texts = [f"{number} b c" for number in range(count)]
    gathered = groups(texts, 7, words)
    assert [text for group in gathered for text in group] == texts
    assert all(len(group) >= 2 for group in gathered)
    assert len(gathered) < count


def test_two_that_are_too_long_stay_together() -> None:
    """A group of one would be summarised for ever."""
    assert groups(["a b c", "d e f"], 2, words) == [["a b c", "d e f"]]
