"""Follow-up questions take the words along that they point back to, and no others do."""

from __future__ import annotations

import pytest

from core.retrieval.followup import FURTHEST, MAX_ADDED, standalone

CURIE = "When was Marie Curie born?"


@pytest.mark.parametrize(
    ("question", "before", "needed"),
    [
        ("Where did she study?", CURIE, {"Marie", "Curie"}),
        ("And in 1911?", "Which prize did Marie Curie win in 1903?", {"prize", "Curie"}),
        ("Why?", "Did the reactor in Gdansk fail?", {"reactor", "Gdansk", "fail"}),
        ("What about pumps?", "How often are gaskets replaced?", {"gaskets", "replaced"}),
        ("Wo hat sie studiert?", "Wann wurde Marie Curie geboren?", {"Marie", "Curie"}),
        ("Où a-t-elle étudié ?", "Quand est née Marie Curie ?", {"Marie", "Curie"}),
        ("它多长？", "长江 有 哪些 支流？", {"长江", "支流"}),
    ],
)
def test_what_points_back_takes_words_along(question: str, before: str, needed: set[str]) -> None:
    """Pronouns and stumps are searched for with what the question before was about."""
    whole = standalone(question, [before])
    assert whole.startswith(question)
    assert needed <= set(whole.split())


@pytest.mark.parametrize(
    "question",
    [
        "Which bearings does pump XQ-4711 have?",
        "Why do penguins swim under the ice in winter?",
        "Welche Lager hat die Pumpe XQ-4711?",
    ],
)
def test_a_question_that_stands_alone_is_left_alone(question: str) -> None:
    """A new subject is not mixed with the old one."""
    assert standalone(question, [CURIE]) == question


def test_it_looks_back_as_far_as_questions_point() -> None:
    """A chain of pronouns leads to the question with the name, and not beyond."""
    earlier = ["What do foxes eat?", CURIE, "Where did she study?"]
    whole = standalone("And who taught her?", earlier)
    assert {"Marie", "Curie", "study"} <= set(whole.split())
    assert "foxes" not in whole


def test_the_first_question_has_nothing_to_take_along() -> None:
    """Without a conversation the question is searched for as it is."""
    assert standalone("Where did she study?", []) == "Where did she study?"


def test_it_does_not_grow_without_bounds() -> None:
    """Neither a long conversation nor a pasted page makes an endless query."""
    page = " ".join(f"word{number}" for number in range(500))
    assert len(standalone("Why?", [page]).split()) == 1 + MAX_ADDED
    names = [f"And Ada{number}?" for number in range(9)]
    assert sum("Ada" in word for word in standalone("Why?", names).split()) == FURTHEST


def test_words_come_once() -> None:
    """What the question says itself is not added again."""
    whole = standalone("Was she, Curie, ill?", ["Was Curie born in Warsaw?"])
    assert whole == "Was she, Curie, ill? born Warsaw"
