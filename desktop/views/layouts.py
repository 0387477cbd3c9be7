"""How widgets are put together: rows, columns, flowing chips, pages, panels and empty states."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from PySide6.QtCore import QMargins, QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLayout,
    QLayoutItem,
    QScrollArea,
    QSizePolicy,
    QStyle,
    QVBoxLayout,
    QWidget,
)

from desktop.theme import Size, Space
from desktop.views.controls import Icon, frame, label, set_property
from desktop.views.look import Look

STRETCH = 0
"""Put into a row or column where the room that is left should go."""

Part = QWidget | QLayout | int
B = TypeVar("B", bound=QBoxLayout)


def column(*parts: Part, gap: int = Space.S, margins: int | tuple[int, ...] = 0) -> QVBoxLayout:
    """Return a column of widgets and layouts; 0 stretches, another number is a distance."""
    return _fill(QVBoxLayout(), parts, gap, margins)


def row(*parts: Part, gap: int = Space.S, margins: int | tuple[int, ...] = 0) -> QHBoxLayout:
    """Return a row of widgets and layouts; 0 stretches, another number is a distance."""
    return _fill(QHBoxLayout(), parts, gap, margins)


def _fill(layout: B, parts: Sequence[Part], gap: int, margins: int | tuple[int, ...]) -> B:
    around = (margins,) * 4 if isinstance(margins, int) else margins
    layout.setContentsMargins(QMargins(*around))
    layout.setSpacing(gap)
    for part in parts:
        if isinstance(part, QWidget):
            layout.addWidget(part)
        elif isinstance(part, QLayout):
            layout.addLayout(part)
        elif part == STRETCH:
            layout.addStretch(1)
        else:
            layout.addSpacing(part)
    return layout


def holder(layout: QLayout, role: str = "") -> QWidget:
    """Return a plain widget around a layout."""
    made = QWidget()
    made.setProperty("role", role)
    made.setLayout(layout)
    return made


def card(layout: QLayout, role: str = "card") -> QFrame:
    """Return a framed box around a layout."""
    made = frame(role)
    made.setLayout(layout)
    return made


GUTTER = Size.SCROLLBAR + Space.XS
"""The room that a scroll bar takes beside cards."""


def scrolled(body: QWidget, *, steady: bool = False) -> QScrollArea:
    """Return a scroll area around a widget that is as wide as there is room.

    A steady one keeps the room of its scroll bar free, so that nothing moves when there is one.
    """
    area = QScrollArea()
    if steady:
        area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        bar = area.verticalScrollBar()
        set_property(bar, "idle", "true")
        bar.rangeChanged.connect(lambda _, most: set_property(bar, "idle", _word(not most)))
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    body.setProperty("role", "body")
    area.setWidget(body)
    return area


def _word(holds: bool) -> str:
    return "true" if holds else "false"


def clear(layout: QLayout) -> None:
    """Remove every widget of a layout."""
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()


class EmptyState(QWidget):
    """What a page says while it has nothing to show: why, and the next step."""

    def __init__(self, look: Look, icon: str, title: str, text: str, *actions: QWidget):
        super().__init__()
        self._title = label(title, "title")
        self._text = label(text, "muted", wrap=True)
        self._text.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._text.setMinimumWidth(420)
        self._text.setMaximumWidth(460)
        body = column(
            STRETCH,
            _centred(Icon(look, icon, "outline", 44)),
            _centred(self._title),
            _centred(self._text),
            Space.S,
            row(STRETCH, *actions, STRETCH),
            STRETCH,
            gap=Space.M,
            margins=Space.XL,
        )
        self.setLayout(body)

    def say(self, title: str, text: str) -> None:
        self._title.setText(title)
        self._text.setText(text)


def _centred(widget: QWidget) -> QHBoxLayout:
    return row(STRETCH, widget, STRETCH)


class Flow(QLayout):
    """A row that goes on in the next line where it does not fit."""

    def __init__(self, gap: int = Space.S):
        super().__init__()
        self._items: list[QLayoutItem] = []
        self._gap = gap
        self.setContentsMargins(0, 0, 0, 0)

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._place(QRect(0, 0, width, 0), move=False)

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        self._place(rect, move=True)

    def sizeHint(self) -> QSize:
        return self.minimumSize()

    def minimumSize(self) -> QSize:
        size = QSize()
        for item in self._items:
            size = size.expandedTo(item.minimumSize())
        return size

    def _place(self, rect: QRect, *, move: bool) -> int:
        """Put the items line by line into the rectangle and return the height they take."""
        y = rect.y()
        for at, one in enumerate(self._lines(rect.width())):
            tallest = max(item.sizeHint().height() for item in one)
            y += self._gap if at else 0
            if move:
                self._place_line(one, QRect(rect.x(), y, rect.width(), tallest))
            y += tallest
        return y - rect.y()

    def _lines(self, width: int) -> list[list[QLayoutItem]]:
        """Return the items that are shown, as many in a line as fit."""
        lines: list[list[QLayoutItem]] = []
        used = 0
        for item in self._items:
            if item.isEmpty():
                continue
            wanted = min(item.sizeHint().width(), width)
            if not lines or used + self._gap + wanted > width:
                lines.append([])
                used = -self._gap
            lines[-1].append(item)
            used += self._gap + wanted
        return lines

    def _direction(self) -> Qt.LayoutDirection:
        parent = self.parentWidget()
        return Qt.LayoutDirection.LeftToRight if parent is None else parent.layoutDirection()

    def _place_line(self, items: Sequence[QLayoutItem], line: QRect) -> None:
        """Put items beside each other, each in the middle of the line's height."""
        x = line.x()
        for item in items:
            hint = item.sizeHint()
            width = min(hint.width(), line.width())
            top = line.y() + (line.height() - hint.height()) // 2
            place = QRect(QPoint(x, top), QSize(width, hint.height()))
            item.setGeometry(QStyle.visualRect(self._direction(), line, place))
            x += width + self._gap


def flow(*widgets: QWidget, gap: int = Space.S) -> QWidget:
    """Return widgets in a row that wraps."""
    layout = Flow(gap)
    for widget in widgets:
        layout.addWidget(widget)
    made = QWidget()
    made.setLayout(layout)
    policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
    policy.setHeightForWidth(True)
    made.setSizePolicy(policy)
    return made


class Screen(QWidget):
    """What fills the window beside the rail; it knows where typing goes first.

    That is no focus proxy: Qt would send the Tab key there too, past everything before it.
    """

    first: QWidget | None = None

    def take_focus(self) -> None:
        """Give the focus to where one begins."""
        (self.first or self).setFocus(Qt.FocusReason.ShortcutFocusReason)


class Page(QWidget):
    """A page: title, one line of meaning, its main actions, and a body."""

    def __init__(self, title: str, meaning: str, *actions: QWidget, widest: int = 0):
        super().__init__()
        self.setProperty("role", "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.meaning = label(meaning, "muted", wrap=True)
        heading = column(label(title, "display"), self.meaning, gap=2)
        self.head = row(heading, *actions, gap=Space.S)
        self.head.setStretch(0, 1)
        self.body = column(gap=Space.L)
        top = self._narrowed(widest) if widest else self.head
        inside = column(top, self.body, gap=Space.L, margins=(Space.XXL, Space.XL, Space.XXL, 0))
        self._whole = column(inside, gap=Space.L)
        self.setLayout(self._whole)

    def fill(self, scrolls: QWidget) -> None:
        """Give what is left to something that scrolls; its bar lies in the page's margin."""
        beside = (Space.XXL, 0, Space.XXL - GUTTER, 0)
        self._whole.addLayout(column(scrolls, margins=beside), 1)

    def _narrowed(self, widest: int) -> QHBoxLayout:
        """Keep the actions above a body that does not get wider than this."""
        inner = holder(self.head)
        inner.setMaximumWidth(widest)
        beside = row(inner, STRETCH)
        beside.setStretch(0, 100)
        return beside
