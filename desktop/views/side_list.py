"""A list in a side bar: each entry is a title over a small line, painted to the theme."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QSize,
    Qt,
)
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QTextCharFormat, QTextLayout, QTextOption
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from desktop.theme import Radius, Type
from desktop.views.look import Look

Index = QModelIndex | QPersistentModelIndex
ENTRY = Qt.ItemDataRole.UserRole
SNIPPET_LINES = 2
_LEFT = Qt.AlignmentFlag.AlignLeft


@dataclass(frozen=True, slots=True)
class Entry:
    """What one row says; `subject` is what it stands for, `key` tells it from the others."""

    key: str
    title: str
    below: str
    aside: str
    subject: object
    snippet: str = ""
    """Text under the small line, over two lines, with `marks` set in bold."""
    marks: tuple[tuple[int, int], ...] = ()
    pinned: bool = False


class SideList(QListWidget):
    """Entries that keep their place when they change."""

    def __init__(self, look: Look, name: str):
        super().__init__()
        self.setAccessibleName(name)
        self.setItemDelegate(EntryDelegate(look, self))
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        look.changed.connect(self.viewport().update)

    def show_entries(self, entries: Sequence[Entry], chosen: int) -> None:
        """Bring the rows up to date and select one; nothing is announced.

        With -1 the row that the keyboard stands on stays chosen, wherever it is now.
        """
        current = self.currentItem()
        kept = current.data(ENTRY).key if current is not None else ""
        if chosen < 0:
            chosen = next((at for at, entry in enumerate(entries) if entry.key == kept), -1)
        self.blockSignals(True)
        for at, entry in enumerate(entries):
            if at == self.count():
                self.addItem(QListWidgetItem())
            item = self.item(at)
            if item.data(ENTRY) != entry:
                item.setData(ENTRY, entry)
                item.setText(entry.title)
                item.setToolTip(entry.title)
        while self.count() > len(entries):
            self.takeItem(self.count() - 1)
        self.choose(chosen)
        self.blockSignals(False)

    def choose(self, at: int) -> None:
        """Select a row, -1 for none."""
        self.setCurrentRow(at)
        if at < 0:
            self.clearSelection()

    def subject(self, item: QListWidgetItem | None) -> object:
        return None if item is None else item.data(ENTRY).subject


class EntryDelegate(QStyledItemDelegate):
    """Paints a title over a small line with something at its right end."""

    def __init__(self, look: Look, parent: QListWidget):
        super().__init__(parent)
        self._look = look

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        theme = self._look.theme
        lines = (theme.font(Type.BODY), theme.font(Type.SMALL))
        height = sum(QFontMetrics(font).height() for font in lines) + 20
        if index.data(ENTRY).snippet:
            height += SNIPPET_LINES * QFontMetrics(theme.font(Type.SMALL)).height() + 4
        return QSize(100, height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        box: QRect = option.rect.adjusted(2, 1, -2, -1)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_ground(painter, box, option.state)
        painter.setLayoutDirection(option.direction)
        self._paint_words(painter, box.adjusted(10, 7, -10, -7), index.data(ENTRY))
        painter.restore()

    def _paint_ground(self, painter: QPainter, box: QRect, state: QStyle.StateFlag) -> None:
        theme = self._look.theme
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        over = bool(state & QStyle.StateFlag.State_MouseOver)
        focused = bool(state & QStyle.StateFlag.State_HasFocus)
        painter.setPen(theme.colour("accent") if focused else Qt.PenStyle.NoPen)
        ground = "accent_soft" if chosen else "raised" if over else "window"
        painter.setBrush(theme.colour(ground))
        painter.drawRoundedRect(box, Radius.M, Radius.M)

    def _paint_words(self, painter: QPainter, box: QRect, entry: Entry) -> None:
        theme = self._look.theme
        title, small = theme.font(Type.BODY), theme.font(Type.SMALL)
        aside_px = QFontMetrics(small).horizontalAdvance(entry.aside)
        pin_px = 18 if entry.pinned else 0
        if entry.pinned:
            pin = mirrored(painter, box, QRect(box.right() - 13, box.top() + 2, 13, 13))
            self._look.icon("pin", "accent_text", 13).paint(painter, pin)
        first, second = QFontMetrics(title).height(), QFontMetrics(small).height()
        upper = QRect(box.left(), box.top(), box.width() - pin_px, first)
        self._line(painter, mirrored(painter, box, upper), entry.title, title, "text")
        top = box.top() + first + 6
        if entry.snippet:
            self._paint_snippet(painter, box, top + second + 2, entry)
        below = QRect(box.left(), top, box.width() - aside_px - 8, second)
        self._line(painter, mirrored(painter, box, below), entry.below, small, "muted")
        aside = QRect(box.right() - aside_px, top, aside_px + 2, second)
        self._line(painter, mirrored(painter, box, aside), entry.aside, small, "muted")

    def _paint_snippet(self, painter: QPainter, box: QRect, top: int, entry: Entry) -> None:
        """Paint the found text in two lines, its words in bold."""
        theme = self._look.theme
        layout = QTextLayout(entry.snippet, theme.font(Type.SMALL))
        option = QTextOption(QStyle.visualAlignment(painter.layoutDirection(), _LEFT))
        option.setTextDirection(painter.layoutDirection())
        layout.setTextOption(option)
        layout.setFormats([_bold(start, end) for start, end in entry.marks])
        layout.beginLayout()
        height = 0.0
        for _ in range(SNIPPET_LINES):
            line = layout.createLine()
            if not line.isValid():
                break
            line.setLineWidth(box.width())
            line.setPosition(QPointF(0, height))
            height += line.height()
        layout.endLayout()
        painter.setPen(theme.colour("muted"))
        layout.draw(painter, QPointF(box.left(), top))

    def _line(self, painter: QPainter, box: QRect, text: str, font: QFont, ink: str) -> None:
        metrics = QFontMetrics(font)
        painter.setFont(font)
        painter.setPen(self._look.theme.colour(ink))
        words = " ".join(text.split())
        shown = metrics.elidedText(words, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, leading(painter), shown)


def mirrored(painter: QPainter, around: QRect, box: QRect) -> QRect:
    """Return where a box is in its row: from the other side where one reads from the right."""
    return QStyle.visualRect(painter.layoutDirection(), around, box)


def leading(painter: QPainter, *, trailing: bool = False) -> int:
    """Return the flags for one line of text at the side where reading begins, or ends."""
    side = Qt.AlignmentFlag.AlignRight if trailing else Qt.AlignmentFlag.AlignLeft
    placed = QStyle.visualAlignment(painter.layoutDirection(), side)
    absolute = placed | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter
    return int(absolute | Qt.TextFlag.TextSingleLine)


def _bold(start: int, end: int) -> QTextLayout.FormatRange:
    made = QTextLayout.FormatRange()
    made.start, made.length = start, end - start
    fmt = QTextCharFormat()
    fmt.setFontWeight(QFont.Weight.Bold)
    made.format = fmt
    return made
