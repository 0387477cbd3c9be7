"""Formulas in Markdown: found where they are meant, left alone elsewhere, refused when too much."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.viewmodels.formulas import LONGEST, MOST, PLACEHOLDER, drawable, set_apart


@pytest.mark.parametrize(
    ("text", "latex", "block"),
    [
        ("so $x^2$ it is", "x^2", False),
        (r"so \(x^2\) it is", "x^2", False),
        ("$$\na_1 + b\n$$", "a_1 + b", True),
        (r"\[ \frac{a}{b} \]", r"\frac{a}{b}", True),
        ("($x$)", "x", False),
    ],
)
def test_a_formula_is_set_apart(text: str, latex: str, block: bool) -> None:
    """In each of the ways in which models write them."""
    rest, (formula,) = set_apart(text)
    assert (formula.latex, formula.block) == (latex, block)
    assert formula.written in text
    assert latex not in rest
    assert PLACEHOLDER.search(rest)


@pytest.mark.parametrize(
    "text",
    [
        "It costs $5 and $10.",
        "$5-$10",
        "a $ b $ c",
        r"\$x\$",
        "`$x$`",
        "```\n$x$\n```",
        "$x\ny$",
        "no formula",
        "US$ and A$",
    ],
)
def test_other_dollars_are_left_alone(text: str) -> None:
    """Prices, code and lone signs are no formulas."""
    assert set_apart(text) == (text, [])


@pytest.mark.parametrize("latex", ["{" * 9 + "x" + "}" * 9, "x" * (LONGEST + 1), r"\left(" * 6, ""])
def test_what_would_take_too_long_stays_text(latex: str) -> None:
    """Laying out nested groups takes twice as long for each level."""
    assert not drawable(latex)
    text = f"${latex}$"
    assert set_apart(text) == (text, [])


def test_only_so_many_formulas_are_drawn() -> None:
    """The rest stays as it was written."""
    text, formulas = set_apart("$x$ " * (MOST + 5))
    assert len(formulas) == MOST
    assert text.count("$x$") == 5


@given(st.text(alphabet="$\\()[]{}x1 \n`\ue000\ue0010", max_size=300))
def test_nothing_is_lost_but_the_placeholders_own_signs(text: str) -> None:
    """Each placeholder stands for what was written there; none can be forged."""
    rest, formulas = set_apart(text)
    again = PLACEHOLDER.sub(lambda match: formulas[int(match.group(1))].written, rest)
    assert again == text.replace("\ue000", "").replace("\ue001", "")


@pytest.mark.parametrize("text", ["$" * 100_000, "$x " * 40_000, "\\(" * 50_000, "\\[x" * 30_000])
def test_a_hostile_text_is_searched_in_no_time(text: str) -> None:
    """The search looks only so far for a formula's end."""
    began_s = time.thread_time()
    set_apart(text)
    assert time.thread_time() - began_s < 1.0
