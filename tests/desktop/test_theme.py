"""Design tokens: what is read can be read, in both themes."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication

from desktop.theme import DARK, EDGE_PAIRS, LIGHT, TEXT_PAIRS, Colours, Theme, Type, contrast

THEMES = pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])


def test_contrast_of_black_and_white_is_the_largest_there_is() -> None:
    """The formula gives the two values that the standard names."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@THEMES
@pytest.mark.parametrize(("ink", "ground"), TEXT_PAIRS)
def test_text_meets_aa(colours: Colours, ink: str, ground: str) -> None:
    """Every ink reaches 4.5:1 on every ground that it is put on."""
    assert contrast(getattr(colours, ink), getattr(colours, ground)) >= 4.5


@THEMES
@pytest.mark.parametrize(("edge", "ground"), EDGE_PAIRS)
def test_edges_and_focus_can_be_seen(colours: Colours, edge: str, ground: str) -> None:
    """Edges of controls and the focus ring reach 3:1."""
    assert contrast(getattr(colours, edge), getattr(colours, ground)) >= 3.0


@pytest.mark.parametrize(("choice", "dark"), [("light", False), ("dark", True)])
def test_a_forced_theme_sets_the_palette(qapp: QApplication, choice: str, dark: bool) -> None:
    """Forcing a theme does not depend on the desktop knowing colour schemes."""
    theme = Theme(choice, qapp)
    wanted = DARK if dark else LIGHT
    assert theme.dark is dark
    assert qapp.palette().color(QPalette.ColorRole.Window).name() == wanted.window
    assert qapp.palette().color(QPalette.ColorRole.WindowText).name() == wanted.text


def test_choosing_tells_every_view_once(qapp: QApplication) -> None:
    """A change of theme is announced, choosing the same again is not."""
    theme = Theme("light", qapp)
    told: list[bool] = []
    theme.changed.connect(lambda: told.append(theme.dark))
    theme.choose("dark")
    theme.choose("dark")
    assert told == [True]


def test_type_roles_are_steps_from_the_system_font(qapp: QApplication) -> None:
    """Text keeps to the size that the user's system has."""
    theme = Theme("light", qapp)
    sizes = [theme.points(role) for role in (Type.SMALL, Type.BODY, Type.TITLE, Type.DISPLAY)]
    assert sizes == sorted(sizes)
    assert theme.font(Type.SMALL).pointSizeF() >= 8.0
