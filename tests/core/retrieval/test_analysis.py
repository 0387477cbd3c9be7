"""Words are made in the way of each language, and questions lose what says nothing."""

from __future__ import annotations

import pytest

from core.retrieval.analysis import WAYS, Analysis, is_unspaced, way_of


@pytest.fixture(scope="module")
def analysis() -> Analysis:
    """An analysis with its analyzers."""
    return Analysis()


def test_stems_and_stop_words_are_those_of_the_language(analysis: Analysis) -> None:
    """The same letters are treated as the language they are written in treats them."""
    assert analysis.words("The houses were built", "en") == ["hous", "were", "built"]
    assert analysis.words("Die Häuser der Stadt", "de") == ["haus", "stadt"]
    assert analysis.words("Les chevaux mangent", "fr") == ["cheval", "mangent"]


def test_unknown_languages_are_treated_like_english(analysis: Analysis) -> None:
    """Text and question meet where no stemmer fits."""
    assert way_of("") == way_of("pl") == "en"
    assert analysis.words("running foxes", "") == analysis.words("running foxes", "en")


@pytest.mark.parametrize("way", WAYS)
def test_every_way_can_be_gone(analysis: Analysis, way: str) -> None:
    """Each language that is named has an analyzer that keeps what is no word of it."""
    assert analysis.words("XQ-4711", way) == ["xq", "4711"]


def test_signs_without_spaces_become_single_signs_and_pairs(analysis: Analysis) -> None:
    """The words of a script without spaces are found whatever stands around them."""
    assert analysis.words("丢了308分", "zh") == ["丢", "了", "丢了", "308", "分"]
    assert is_unspaced("丢了")
    assert not is_unspaced("308")


def test_a_question_keeps_its_content_words(analysis: Analysis) -> None:
    """What a question is asked with is left out; what it asks about stays, each word once."""
    asked = analysis.asked("When did the Normans, the Normans, arrive?", ["en"])
    assert asked == [("norman",), ("arriv",)]
    assert analysis.asked("Wie viele Häuser wurden gebaut?", ["de"]) == [("haus",), ("gebaut",)]
    assert analysis.asked("什么 什么？", ["en"]) == []


def test_a_question_is_asked_in_every_language_of_the_index(analysis: Analysis) -> None:
    """A word has a form for each language, and one form where they agree."""
    asked = dict.fromkeys(analysis.asked("Welche Universitäten hat Berlin?", ["de", "en"]))
    assert ("berlin",) in asked
    (several,) = [forms for forms in asked if len(forms) > 1]
    assert all(form.startswith("universitat") for form in several)
