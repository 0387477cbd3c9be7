"""How answers are taken apart: spans stay true, and small differences of writing do not count."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.chat.wording import (
    content_words,
    figures,
    named_numbers,
    plain,
    quotations,
    sentences,
    without_attribution,
)


def test_sentences_are_spans_of_the_text() -> None:
    """Every sentence is where it says, without white space around it, and none overlap."""
    text = "One.  Two!\n\n- Three\n4. Four? [1] Five [2].Six"
    found = sentences(text)
    assert all(text[each.start : each.end] == each.text == each.text.strip() for each in found)
    assert [each.text for each in found] == [
        *("One.", "Two!", "- Three", "4.", "Four? [1]", "Five [2].Six"),
    ]


def test_content_words_carry_meaning() -> None:
    """Small words and markers are left out, endings cut, numbers kept."""
    assert content_words("The agents are deployed on 2 of the machines [3]") == [
        *("agent", "deploy", "2", "machin"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "The treaty was signed by Dr. Smith of the U.S. Army in 1945.",
        "Er schwimmt z. B. im Meer.",
        "It is 3.5 m. long, vs. four.",
        "J. S. Bach wrote it.",
    ],
)
def test_abbreviations_end_no_sentence(text: str) -> None:
    """A full stop of an abbreviation, or before a small letter, is not the sentence's end."""
    assert [each.text for each in sentences(text)] == [text]


def test_quoted_sentences_and_other_scripts_end_too() -> None:
    """Closing marks belong to the sentence, and ideographic full stops need no space."""
    assert [
        each.text for each in sentences('He said "stop." [1] Then he left. 鯨だ。[2]魚だ。')
    ] == [
        *('He said "stop." [1]', "Then he left.", "鯨だ。[2]", "魚だ。"),
    ]


@given(st.text(st.sampled_from("ab [12],;.!?\n\"“”'。éß鯨Dr"), max_size=120))
def test_sentences_are_always_spans(text: str) -> None:
    """They lie in the text, in order, without overlap."""
    found = sentences(text)
    assert all(text[each.start : each.end] == each.text for each in found)
    assert all(a.end <= b.start for a, b in pairwise(found))


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("[1, 2]", [1, 2]),
        ("[1][3]", [1, 3]),
        ("[1-3]", [1, 2, 3]),
        ("[2–9]", [2, 3, 4]),
        ("[source 2]", [2]),
        ("[Sources 1 and 4]", [1, 4]),
        ("[3; 1-2]", [3, 1, 2]),
        ("[0] [5] [999] [x] [1", []),
        ("[3-1]", []),
    ],
)
def test_source_numbers_in_all_their_forms(text: str, numbers: list[int]) -> None:
    """Lists, ranges and words are understood; what is no source is not."""
    assert named_numbers(text, 4) == numbers


def test_figures_without_their_separators() -> None:
    """Thousands may be separated or not; source markers are no figures."""
    assert figures("1,500 of 3.5 in 1999 [2]") == {"1500", "35", "1999"}


def test_quotations_of_enough_words() -> None:
    """All kinds of marks, parts around dots that leave something out, and no short ones."""
    assert quotations('He said “one two three” and "a b" and »vier fünf ... sechs«.', 3) == [
        ["one two three"],
        ["vier fünf", "sechs"],
    ]


def test_plain_text_ignores_how_it_was_set() -> None:
    """Line breaks, hyphenation, soft hyphens, ligatures and typographic marks do not count."""
    assert plain("It’s a well-\nknown ﬁle, exam\u00adple.") == "it's a wellknown file, example"


def test_scripts_without_spaces_give_pairs() -> None:
    """Neighbouring characters stand in for words."""
    assert content_words("鯨は哺乳類") == ["鯨は", "は哺", "哺乳", "乳類"]


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("The document says that 3 agents can run.", "3 agents can run."),
        ("According to the guide, 3 agents can run.", "3 agents can run."),
        ("Laut dem Handbuch können drei laufen.", "können drei laufen."),
        ("The documents are 3.", "The documents are 3."),
        ("The crane lifts what the document says.", "The crane lifts what the document says."),
    ],
)
def test_who_says_so_is_not_what_is_said(sentence: str, said: str) -> None:
    """That a document says it need not stand in the document."""
    assert without_attribution(sentence) == said
