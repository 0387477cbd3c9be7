"""A column of items of which only those near the view exist as widgets.

A conversation may have thousands of messages. Heights of items that were never built are guessed;
what keeps the text still is that the place is remembered as an item and an offset into it, and
the scroll bar is derived from that. An item's height is measured when it is built and whenever
its layout asks for more room.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer, Slot
from PySide6.QtGui import QKeyEvent, QResizeEvent, QShowEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from desktop.theme import Size, Space
from desktop.views.column_places import Places
from desktop.views.controls import set_property

AT_END_PX = 48
"""So near to its end, a growing column is followed."""
BEYOND_PX = 1_200
"""How far above and below the view items are built ahead, one by one between two pictures."""
KEPT_PX = 3_600
"""Items farther away than this are given up again."""
AHEAD_MS = 4
"""From one item built ahead to the next: what one does meanwhile comes first."""
STEP_PX = 60


class ColumnItem(QWidget):
    """An item of a column: told how wide it will be before its height is asked for."""

    def prepare(self, width: int) -> None:
        """Lay out what depends on the width; most items leave that to their layout."""


class VirtualColumn(QAbstractScrollArea):
    """Shows items by their keys; `make` builds one, `guess` says how tall it may be."""

    def __init__(self, make: Callable[[str], ColumnItem], guess: Callable[[str, int], int]):
        super().__init__()
        self._make = make
        self._places = Places(guess, Space.M)
        self._built: dict[str, ColumnItem] = {}
        self._anchor = (0, 0)
        self._follow = True
        self._placing = False
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # Always there, if unseen: text must not jump when a column gets longer than the view.
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setAutoFillBackground(False)
        bar = self.verticalScrollBar()
        bar.setSingleStep(STEP_PX)
        bar.valueChanged.connect(self._scrolled)
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self.place)
        self._ahead = QTimer(self, singleShot=True, interval=AHEAD_MS)
        self._ahead.timeout.connect(self._build_ahead)

    # ------------------------------------------------------------ items

    def show_keys(self, keys: Sequence[str], *, at_end: bool) -> None:
        """Show these items; those that were shown before keep their widgets and heights."""
        if at_end:
            self._follow = True
        self._places.show(keys, self.item_width)
        gone = self._built.keys() - set(keys)
        for key in gone:
            self._drop(key)
        self._anchor = (min(self._anchor[0], max(0, len(keys) - 1)), self._anchor[1])
        self.place()

    def widget(self, key: str) -> ColumnItem | None:
        """Return an item's widget, if it is built."""
        return self._built.get(key)

    def reveal(self, key: str) -> None:
        """Scroll so that an item begins at the top of the view."""
        if key in self._places.keys:
            self._follow = False
            self._anchor = (self._places.index(key), 0)
            self.place()

    def first_in_view(self) -> int:
        """Return the index of the first item in view; while the end is followed, one past all."""
        return len(self._places.keys) if self._follow else self._anchor[0]

    def _drop(self, key: str) -> None:
        widget = self._built.pop(key)
        widget.removeEventFilter(self)
        widget.hide()
        widget.deleteLater()

    # ------------------------------------------------------------ placing

    @property
    def item_width(self) -> int:
        room = self.viewport().width() - Space.XL * 2 - Size.SCROLLBAR
        return max(200, min(Size.READING, room))

    @Slot()
    def place(self) -> None:
        """Build, measure and move what is in view, and let the scroll bar tell where that is."""
        if self._placing or not self.isVisible():
            return
        self._placing = True
        try:
            self._settle()
        finally:
            self._placing = False
        if not self._ahead.isActive():
            self._ahead.start()

    def _settle(self) -> None:
        """Measuring changes where the view's edges fall, so look again until all is built."""
        for _ in range(len(self._places.keys) + 1):
            top = self._view_top()
            fresh = self._missing(self._places.between(top, top + self.viewport().height()))
            for key in fresh:
                self._build(key)
            if not fresh:
                break
        self._move(top)

    def _missing(self, indices: Iterable[int]) -> list[str]:
        keys = (self._places.keys[at] for at in indices)
        return [key for key in keys if key not in self._built]

    def _highest(self) -> int:
        """Return how far one can scroll."""
        return max(0, self._places.end + Space.L - self.viewport().height())

    def _view_top(self) -> int:
        if self._follow:
            return self._highest()
        at, offset = self._anchor
        return max(0, min(self._places.top(at) + offset, self._highest()))

    def _build(self, key: str) -> None:
        widget = self._make(key)
        widget.setParent(self.viewport())
        self._built[key] = widget
        self._measure(key)
        widget.installEventFilter(self)
        widget.show()

    def _measure(self, key: str) -> None:
        widget, width = self._built[key], self.item_width
        widget.prepare(width)
        widget.resize(width, max(1, widget.height()))
        layout = widget.layout()
        if layout is not None:
            layout.activate()
        tall = layout.totalHeightForWidth(width) if layout is not None else -1
        height = tall if tall > 0 else widget.sizeHint().height()
        self._places.measure(key, height)
        widget.resize(width, height)

    def _move(self, top: int) -> None:
        left = max(0, (self.viewport().width() + Size.SCROLLBAR - self.item_width) // 2)
        places, bottom, focused = self._places, top + self.viewport().height(), self.focusWidget()
        for key, widget in list(self._built.items()):
            at = places.index(key)
            away = max(places.top(at) - bottom, top - places.bottom(at))
            if away > KEPT_PX and not widget.isAncestorOf(focused or self):
                self._drop(key)
            else:
                widget.move(left, places.top(at) - top)
        self._anchor = self._anchor_at(top)
        self._tell_bar(self._highest(), top)

    def _anchor_at(self, top: int) -> tuple[int, int]:
        """Return a height as an item and an offset into it, which stay when others grow."""
        first = self._places.at(top)
        return first, top - self._places.top(first)

    def _tell_bar(self, highest: int, top: int) -> None:
        bar = self.verticalScrollBar()
        bar.blockSignals(True)
        bar.setRange(0, highest)
        bar.setPageStep(self.viewport().height())
        bar.setValue(top)
        bar.blockSignals(False)
        set_property(bar, "idle", "true" if not highest else "false")
        bar.update()

    @Slot()
    def _build_ahead(self) -> None:
        """Build one item beyond the view, so that scrolling finds it there."""
        top = self._view_top()
        bottom = top + self.viewport().height()
        above = reversed(self._places.between(top - BEYOND_PX, top))
        near = [*self._places.between(bottom, bottom + BEYOND_PX), *above]
        wanted = self._missing(near)[:1]
        if wanted and self.isVisible():
            self._build(wanted[0])
            self.place()

    # ------------------------------------------------------------ scrolling

    @Slot(int)
    def _scrolled(self, value: int) -> None:
        """Take the bar's place as the new one."""
        self._anchor = self._anchor_at(value)
        self._follow = value >= self.verticalScrollBar().maximum() - AT_END_PX
        self.place()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        bar, key = self.verticalScrollBar(), event.key()
        steps = {
            Qt.Key.Key_Up: -STEP_PX,
            Qt.Key.Key_Down: STEP_PX,
            Qt.Key.Key_PageUp: -bar.pageStep() + STEP_PX,
            Qt.Key.Key_PageDown: bar.pageStep() - STEP_PX,
            Qt.Key.Key_Home: -bar.maximum(),
            Qt.Key.Key_End: bar.maximum(),
        }
        if key in steps:
            bar.setValue(bar.value() + steps[Qt.Key(key)])
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.verticalScrollBar().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._places.forget(self.item_width)
            for key in self._built:
                self._measure(key)
        self._soon.start()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._soon.start()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Nothing moves by itself: `place` puts every item where it belongs."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest and not self._placing:
            key = next((key for key, widget in self._built.items() if widget is watched), None)
            if key is not None:
                self._measure(key)
                self._soon.start()
        return super().eventFilter(watched, event)

    def ensure_seen(self, widget: QWidget) -> None:
        """Scroll as little as is needed to have a widget of an item in view, for the keyboard."""
        top = widget.mapTo(self.viewport(), QPoint(0, 0)).y()
        bottom = top + min(widget.height(), self.viewport().height())
        bar = self.verticalScrollBar()
        if top < 0:
            bar.setValue(bar.value() + top - Space.M)
        elif bottom > self.viewport().height():
            bar.setValue(bar.value() + bottom - self.viewport().height() + Space.M)
