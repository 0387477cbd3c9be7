"""Code and formulas in answers: coloured, drawn, copied, and harmless."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

import pytest
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QApplication, QScrollArea
from pytestqt.qtbot import QtBot

from core.records import CitationState
from desktop.theme import LIGHT
from desktop.viewmodels.formulas import Formula
from desktop.viewmodels.markdown import CITE, MARKS
from desktop.views.controls import IconButton
from desktop.views.dressing import blocks
from desktop.views.formula_images import draw
from desktop.views.highlighting import spans
from desktop.views.look import Look
from desktop.views.richtext import RichText


@pytest.fixture
def shown(qtbot: QtBot, look: Look) -> Iterator[RichText]:
    """A text view in a window that scrolls."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    view = RichText(look, "Answer")
    area.setWidget(view)
    qtbot.addWidget(area)
    area.resize(800, 500)
    area.show()
    yield view
    area.close()


CODE = '```python\ndef f(x):\n    return "𝒳" + "é"  # done\n```\n\n```\nplain\n```\n'


def test_words_of_code_have_their_languages_colours() -> None:
    """A keyword, a name, a text and a remark each have an ink; an unknown language has none."""
    inks = {
        'def f(x):\n    return "a"  # done'[at : at + n]: ink
        for at, n, ink in spans('def f(x):\n    return "a"  # done', "python")
    }
    assert inks["def"] == "code_keyword"
    assert inks["f"] == "code_name"
    assert inks["# done"] == "muted"
    assert "code_string" in inks.values()
    assert list(spans("def f(): pass", "no such language")) == []
    assert list(spans("x = 1\n" * 10_000, "python")) == []


def test_colours_stand_where_the_words_are(shown: RichText) -> None:
    """Also behind characters that Qt counts twice."""
    shown.show_text(CODE)
    coloured = {}
    for block in blocks(shown.document()):
        fragments = block.begin()
        while not fragments.atEnd():
            fragment = fragments.fragment()
            ink = fragment.charFormat().foreground().color().name()
            coloured[fragment.text().strip()] = ink
            fragments += 1
    assert coloured["def"] == LIGHT.code_keyword
    assert coloured["# done"] == LIGHT.muted
    assert coloured["plain"] == LIGHT.text


def test_each_box_of_code_can_be_copied(shown: RichText, qtbot: QtBot) -> None:
    """The button has a name and takes just its own code."""
    shown.show_text(CODE)
    buttons = [b for b in shown.findChildren(IconButton) if b.accessibleName() == "Copy code"]
    assert len(buttons) == 2
    with qtbot.waitSignal(shown.copied):
        buttons[0].click()
    assert QGuiApplication.clipboard().text() == 'def f(x):\n    return "𝒳" + "é"  # done'
    shown.show_text("No code.")
    assert shown._copies == []


def test_a_formula_becomes_a_picture(shown: RichText, qtbot: QtBot, look: Look) -> None:
    """First as it was written, then drawn; what cannot be drawn stays as it was written."""
    text = r"Area $\pi r^2$ and $\frac{1$ end."
    with qtbot.waitSignal(look.formulas.drawn):
        shown.show_text(text)
        assert r"$\pi r^2$" in shown.document().toPlainText()
    qtbot.waitUntil(lambda: "\ufffc" in shown.document().toPlainText())
    after = shown.document().toPlainText()
    assert r"$\pi r^2$" not in after
    assert r"$\frac{1$" in after
    assert after.endswith("end.")


@pytest.mark.parametrize(
    "latex", [r"\input{/etc/passwd}", r"\includegraphics{/etc/hostname}", r"\href{file:///x}{y}"]
)
def test_a_formula_reaches_no_file(latex: str) -> None:
    """What such a command names is drawn as letters, or not at all."""
    drawn = draw(latex, False, 16.0, "#000000")
    assert drawn is None or drawn.width < 600


@pytest.mark.parametrize("latex", [r"\frac{", "&<>", r"\begin{x}", "\x00"])
def test_wrong_latex_has_no_picture(latex: str) -> None:
    """Whatever the parser raises."""
    assert draw(latex, True, 16.0, "#000000") is None


@pytest.mark.parametrize("latex", ["x", r"33.5\,\mathrm{cm}^3", r"\frac{a}{b}", r"\sqrt{2}"])
def test_a_picture_shows_every_sign(qapp: QApplication, latex: str) -> None:
    """A renderer that passes over glyphs leaves a picture of the right size, and empty."""
    drawn = draw(latex, False, 16.0, "#000000")
    assert drawn is not None
    image = drawn.image
    inked = {
        x
        for x in range(image.width())
        for y in range(image.height())
        if image.pixelColor(x, y).alpha() > 127
    }
    assert len(inked) > image.width() / 2


@pytest.mark.parametrize("latex", ["", r"\frac{x}{x}\;", r"x^{x^x}\;", r"x_{x_x}\;"])
def test_a_formula_stands_on_the_line_of_its_text(
    shown: RichText, qtbot: QtBot, latex: str
) -> None:
    """Its last letter ends at the height at which the letter before it does, to a pixel."""
    shown.show_text(rf"x ${latex}\mathrm{{H}}$ x")
    qtbot.waitUntil(lambda: "\ufffc" in shown.document().toPlainText())
    shown.resize(300, 80)
    image = shown.grab().toImage()
    ratio = image.devicePixelRatio()
    ends = [bottom / ratio for bottom in _bottoms(image)]
    assert abs(ends[0] - ends[-2]) <= 1
    assert abs(ends[0] - ends[-1]) <= 1


def _bottoms(image: QImage) -> list[int]:
    """Return the lowest inked row of each group of neighbouring inked columns."""
    ground = image.pixelColor(image.width() - 1, 0).lightness()
    lowest = [
        max(
            (y for y in range(image.height()) if image.pixelColor(x, y).lightness() < ground - 90),
            default=-1,
        )
        for x in range(image.width())
    ]
    groups = [list(group) for inked, group in groupby(lowest, lambda y: y >= 0) if inked]
    return [max(group) for group in groups]


def test_a_drawn_formula_is_kept(qtbot: QtBot, look: Look) -> None:
    """The second time it is there at once."""
    formula = Formula("x", "$x$", False)
    with qtbot.waitSignal(look.formulas.drawn):
        assert look.formulas.get(formula, 16.0, "#000000") is None
    drawn = look.formulas.get(formula, 16.0, "#000000")
    assert drawn is not None
    assert drawn.image.width() == 2 * drawn.width


def test_a_citation_marker_is_no_formula(shown: RichText, look: Look) -> None:
    """Markers of every state are text that can be read, beside formulas in brackets."""
    for state in CitationState:
        mark = MARKS[state].format(7)
        shown.show_text(f"A sentence.[{mark}]({CITE}0)")
        assert "[7" in shown.document().toPlainText()
        assert shown._formulas == []
