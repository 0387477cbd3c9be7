"""A page of a document as a picture: as wide as there is room, the passage marked on it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QBuffer, QIODevice
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from core.records import PageBox, PageImage
from desktop.theme import LIGHT, Space
from desktop.views.look import Look
from desktop.views.page_view import PageView

WIDTH, HEIGHT = 424, 300
BOX = PageBox(page=1, left=0.25, top=0.5, right=0.75, bottom=0.6)


@pytest.fixture
def view(look: Look, qtbot: QtBot) -> PageView:
    made = PageView(look)
    qtbot.addWidget(made)
    made.resize(WIDTH, HEIGHT)
    made.show()
    return made


def paper(width: int, height: int, ink: str = "#ffffff") -> PageImage:
    """Return an empty page as the core would draw it."""
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor(ink))
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    assert image.save(buffer, "PNG")  # type: ignore[call-overload]
    return PageImage(bytes(buffer.data().data()), width, height)


def colour(view: PageView, x: float, y: float) -> str:
    """Return the colour at a place given in shares of the page."""
    page_px = WIDTH - 2 * Space.M
    shown = view.grab().toImage()
    ratio = shown.devicePixelRatio()
    at = (round((Space.M + share * page_px) * ratio) for share in (x, y))
    return shown.pixelColor(*at).name()


def test_the_passage_is_marked_where_it_stands(view: PageView) -> None:
    """Inside its box the paper has the marker's colour, beside it the paper's own."""
    view.show_page(paper(200, 200), [BOX])
    assert colour(view, 0.5, 0.55) == LIGHT.mark
    assert colour(view, 0.5, 0.45) == "#ffffff"
    assert colour(view, 0.9, 0.55) == "#ffffff"


def test_the_marker_leaves_words_readable(view: PageView) -> None:
    """Black under the marker stays black, as under a pen."""
    view.show_page(paper(200, 200, "#000000"), [BOX])
    assert colour(view, 0.5, 0.55) == "#000000"


def test_a_page_keeps_its_shape_and_tells_where_the_mark_is(view: PageView) -> None:
    """A page twice as high as wide is shown so, and scrolling can go to its mark."""
    assert view.first_mark_px() is None
    view.show_page(paper(100, 200), [BOX])
    page_px = WIDTH - 2 * Space.M
    assert view.minimumHeight() == 2 * page_px + 2 * Space.M
    assert view.first_mark_px() == page_px  # half of its height
    view.show_page(None, [])
    assert view.first_mark_px() is None


def test_a_new_width_asks_for_a_sharp_page_once(view: PageView, qtbot: QtBot) -> None:
    """While it is being resized nothing is drawn anew; at rest, what is sharp then."""
    asked: list[int] = []
    view.width_wanted.connect(asked.append)
    view.resize(WIDTH + 40, HEIGHT)
    view.resize(WIDTH + 76, HEIGHT)
    assert asked == []
    qtbot.waitUntil(lambda: asked != [])
    assert asked == [round((WIDTH + 76 - 2 * Space.M) * view.devicePixelRatioF())]
