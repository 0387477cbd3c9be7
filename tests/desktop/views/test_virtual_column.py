"""A long conversation: only what is near the view exists, and the text stands still."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QVBoxLayout
from pytestqt.qtbot import QtBot

from desktop.views.virtual_column import ColumnItem, VirtualColumn

MANY = 2_000


class Item(ColumnItem):
    """An item of its own height, which may change."""

    def __init__(self, key: str):
        super().__init__()
        self.label = QLabel(key)
        self.label.setFixedHeight(40 + int(key) % 7 * 13)
        layout = QVBoxLayout()
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.label)
        self.setLayout(layout)


@pytest.fixture
def column(qtbot: QtBot) -> Iterator[VirtualColumn]:
    """A column of two thousand items, at its end."""
    made = VirtualColumn(Item, lambda key, width: 50)
    qtbot.addWidget(made)
    made.resize(700, 500)
    made.show()
    qtbot.waitExposed(made)
    made.show_keys([str(number) for number in range(MANY)], at_end=True)
    yield made
    made.close()


def seen(column: VirtualColumn) -> list[int]:
    """The numbers of the items that are in view, from the top."""
    height = column.viewport().height()
    items = [i for i in column.viewport().findChildren(Item) if not i.isHidden()]
    inside = [i for i in items if i.y() < height and i.y() + i.height() > 0]
    return [int(i.label.text()) for i in sorted(inside, key=lambda i: i.y())]


def test_it_opens_at_its_end_with_few_widgets(column: VirtualColumn) -> None:
    """What is not near the view is not built."""
    assert seen(column)[-1] == MANY - 1
    assert len(column._built) < 40


def test_items_follow_each_other_without_gaps(column: VirtualColumn) -> None:
    """Wherever the bar is put: the items in view are neighbours, one below the other."""
    for value in (0, 1_234, 40_000, column.verticalScrollBar().maximum()):
        column.verticalScrollBar().setValue(value)
        numbers = seen(column)
        assert numbers == list(range(numbers[0], numbers[-1] + 1))
        items = [column.widget(str(number)) for number in numbers]
        for above, below in pairwise(items):
            assert above is not None
            assert below is not None
            assert above.y() + above.height() == below.y()


def test_what_is_read_stays_where_it_is(column: VirtualColumn) -> None:
    """Neither heights found out above nor growth below move the item at the top."""
    column.verticalScrollBar().setValue(30_000)
    first = seen(column)[0]
    item = column.widget(str(first))
    assert item is not None
    top = item.y()
    column.show_keys([str(number) for number in range(MANY + 5)], at_end=False)
    for _ in range(30):
        column._build_ahead()
    again = column.widget(str(first))
    assert again is not None
    assert (seen(column)[0], again.y()) == (first, top)


def test_the_end_is_followed_only_from_the_end(column: VirtualColumn, qtbot: QtBot) -> None:
    """A growing item pushes the rest up, unless one has scrolled away."""
    last = column.widget(str(MANY - 1))
    assert isinstance(last, Item)
    last.label.setFixedHeight(300)
    qtbot.waitUntil(lambda: last.height() == 300)
    qtbot.waitUntil(lambda: abs(last.y() + 300 - column.viewport().height()) <= 20)
    column.verticalScrollBar().setValue(column.verticalScrollBar().value() - 400)
    before = seen(column)[0]
    last.label.setFixedHeight(500)
    qtbot.wait(50)
    assert seen(column)[0] == before


def test_the_keyboard_reaches_both_ends(column: VirtualColumn) -> None:
    """Home and End, and a page at a time."""
    QTest.keyClick(column, Qt.Key.Key_Home)
    assert seen(column)[0] == 0
    QTest.keyClick(column, Qt.Key.Key_PageDown)
    assert seen(column)[0] > 3
    QTest.keyClick(column, Qt.Key.Key_End)
    assert seen(column)[-1] == MANY - 1


def test_scrolling_far_gives_widgets_up(column: VirtualColumn, qtbot: QtBot) -> None:
    """However much was looked at, little is kept."""
    for value in range(0, 60_000, 3_000):
        column.verticalScrollBar().setValue(value)
    qtbot.waitUntil(lambda: len(column._built) < 160)
    column.show_keys([], at_end=True)
    assert column._built == {}
