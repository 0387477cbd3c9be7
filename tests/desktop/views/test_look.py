"""Icons of one family, tinted by the theme."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from pytestqt.qtbot import QtBot

from desktop.views.controls import Button
from desktop.views.look import ICONS, Look, application_icon

FAMILY = sorted(path for path in ICONS.glob("*.svg") if path.stem != "outpost")
SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("path", FAMILY, ids=lambda path: path.stem)
def test_an_icon_keeps_to_the_familys_grid(path: object) -> None:
    """24 units wide and high, one stroke of 1.75, and the text's own colour."""
    root = ElementTree.fromstring(path.read_text("utf-8"))  # type: ignore[attr-defined]
    assert root.tag == f"{SVG}svg"
    assert root.get("viewBox") == "0 0 24 24"
    assert root.get("stroke-width") == "1.75"
    assert root.get("stroke") == "currentColor"
    colours = set(re.findall(r"#[0-9a-fA-F]{3,8}", path.read_text("utf-8")))  # type: ignore[attr-defined]
    assert colours == set()


def test_an_icon_that_came_later_follows_the_theme_too(look: Look, qtbot: QtBot) -> None:
    """A button that had none at first is drawn anew like any other."""
    button = Button(look, "")
    qtbot.addWidget(button)
    button.change("Switch off", "plus")
    look.theme.choose("dark")
    shown = button.icon().pixmap(24, 24).toImage()
    assert shown.pixelColor(shown.width() // 2, shown.height() // 2).name() == (
        look.theme.colours.text
    )


def test_an_icon_has_the_themes_colour(look: Look) -> None:
    """The same icon is drawn in another ink in the other theme."""
    light = look.pixmap("plus", "text", 24).toImage().pixelColor(12, 12).name()
    assert light == look.theme.colours.text
    look.theme.choose("dark")
    dark = look.pixmap("plus", "text", 24).toImage().pixelColor(12, 12).name()
    assert dark == look.theme.colours.text
    assert dark != light


def test_the_application_has_an_icon(look: Look) -> None:
    """Every size that a desktop may ask for is there."""
    assert {size.width() for size in application_icon().availableSizes()} >= {32, 64, 128}
