"""Room for words: nothing is cut or lies over something else, from right to left and in German."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QScrollArea, QToolButton, QWidget

from desktop.language import Language
from desktop.viewmodels.base import Desk
from desktop.views.controls import Button, Elided, label
from desktop.views.layouts import holder, row
from desktop.views.look import Look
from desktop.views.pages import Pages
from desktop.views.richtext import RichText
from desktop.views.window import LEAST_SIZE, MainWindow
from tests.desktop.conftest import Play
from tests.desktop.views.test_accessibility import furnished, sights

__all__ = ["furnished"]  # a fixture

HEBREW = "שלום עולם, זה טקסט"


def overlapping(window: QWidget) -> Iterator[str]:
    """Yield what lies over its neighbour, or beyond the widget that it is laid out in."""
    for parent in (window, *window.findChildren(QWidget)):
        layout = parent.layout()
        if layout is None or not parent.isVisible():
            continue
        children = [each for each in _laid_out(parent) if each.isVisible()]
        inside = parent.rect().adjusted(-1, -1, 1, 1)
        yield from (f"{_name(each)} sticks out" for each in children if not _in(inside, each))
        for one, other in combinations(children, 2):
            if one.geometry().intersects(other.geometry()):
                yield f"{_name(one)} over {_name(other)}"


def _laid_out(parent: QWidget) -> list[QWidget]:
    layout = parent.layout()
    assert layout is not None
    children = [each for each in parent.children() if isinstance(each, QWidget)]
    return [each for each in children if layout.indexOf(each) >= 0 or _deep(layout, each)]


def _deep(layout: Any, widget: QWidget) -> bool:
    inner = (layout.itemAt(at).layout() for at in range(layout.count()))
    return any(each.indexOf(widget) >= 0 or _deep(each, widget) for each in inner if each)


def _in(room: QRect, widget: QWidget) -> bool:
    return room.contains(widget.geometry())


def cut(window: QWidget) -> Iterator[str]:
    """Yield the words that are wider than their place, and pages wider than their view."""
    for each in window.findChildren(QLabel):
        words = each.isVisible() and not each.wordWrap() and not isinstance(each, Elided)
        wide = each.fontMetrics().size(0, each.text()).width() > each.contentsRect().width() + 1
        if words and wide:
            yield f"'{each.text()}' is cut"
    for button in window.findChildren(QPushButton):
        narrow = button.width() + 1 < button.sizeHint().width()
        if button.isVisible() and isinstance(button, Button) and narrow:
            yield f"'{button.text()}' is cut"
    for tool in window.findChildren(QToolButton):
        wide = tool.fontMetrics().horizontalAdvance(tool.text()) > tool.width() - 8
        if tool.isVisible() and tool.text() and wide:
            yield f"'{tool.text()}' is cut"
    for area in window.findChildren(QScrollArea):
        inner = area.widget()
        if area.isVisible() and inner and inner.width() > area.viewport().width() + 1:
            yield f"{_name(inner)} is wider than its view"


def _name(widget: QWidget) -> str:
    text = widget.text() if isinstance(widget, QLabel | QPushButton) else widget.accessibleName()
    return f"{type(widget).__name__} '{text}'"


@pytest.fixture(params=["rtl", "de"])
def tongue(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[str]:
    """The window reads from right to left, or speaks German."""
    spoken = Language("de" if request.param == "de" else "en", qapp)
    if request.param == "rtl":
        qapp.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    yield request.param
    qapp.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
    spoken.forget()


def test_every_page_has_room(
    tongue: str, window: MainWindow, pages: Pages, furnished: Desk, play: Play[Any]
) -> None:
    """At the smallest size, nothing overlaps and no word is cut on any page."""
    faults: dict[str, list[str]] = {}
    window.resize(LEAST_SIZE)

    async def story() -> None:
        async for sight in sights(window, pages, furnished):
            await asyncio.sleep(0.05)
            found = [*overlapping(window), *cut(window)]
            if found:
                faults[sight] = found

    play(story())
    rail = window.rail.mapTo(window, window.rail.rect().center()).x()
    assert (rail > window.width() / 2) == (tongue == "rtl")
    assert not faults, "\n".join(f"{at}: {each}" for at, each in faults.items())


def test_the_check_itself_finds_what_is_wrong(qapp: QApplication) -> None:
    """A label over its neighbour, and one that is too narrow, are found."""
    first, second = label("a"), label("quite a long word")
    box = holder(row(first, second))
    box.resize(300, 40)
    box.show()
    second.setGeometry(first.geometry().adjusted(0, 0, -first.width() + 4, 0))
    assert any("over" in each for each in overlapping(box))
    assert list(cut(box)) == ["'quite a long word' is cut"]
    box.close()


@pytest.mark.parametrize("direction", list(Qt.LayoutDirection)[:2])
def test_a_messages_direction_is_its_own(look: Look, direction: Qt.LayoutDirection) -> None:
    """Each paragraph begins where its own script does, whatever the window's direction is."""
    view = RichText(look, "answer")
    view.setLayoutDirection(direction)
    view.show_text(f"Hello\n\n{HEBREW}\n\n- {HEBREW}\n")
    block, found = view.document().begin(), []
    while block.isValid():
        found.append(block.textDirection())
        block = block.next()
    left, right = Qt.LayoutDirection.LeftToRight, Qt.LayoutDirection.RightToLeft
    assert found == [left, right, right]
