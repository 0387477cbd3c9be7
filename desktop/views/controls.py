"""The small widgets that every page is made of; each has an accessible name from birth."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QIcon, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from desktop.theme import Size
from desktop.views.look import Look

INKS = {"primary": "on_accent", "danger": "on_danger", "link": "accent_text"}
"""The icon's colour on a kind of button; others use the text's."""

SEARCH_PAUSE_MS = 180
"""How long typing has to rest before a search starts."""


def label(text: str = "", role: str = "", *, wrap: bool = False) -> QLabel:
    """Return a label of plain text: nothing from outside is ever read as markup."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setProperty("role", role)
    made.setWordWrap(wrap)
    return made


def chip(text: str, tone: str = "") -> QLabel:
    """Return a short word in a rounded box."""
    made = label(text, "chip")
    made.setProperty("tone", tone)
    made.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
    return made


def line() -> QFrame:
    """Return a thin horizontal rule."""
    made = QFrame()
    made.setProperty("role", "line")
    made.setFixedHeight(1)
    return made


def frame(role: str) -> QFrame:
    made = QFrame()
    made.setProperty("role", role)
    return made


def restyle(widget: QWidget) -> None:
    """Make the style sheet look at a widget's properties again."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def set_property(widget: QWidget, name: str, value: object) -> None:
    """Set a property that the style sheet knows, restyling only where it is different."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        restyle(widget)


class Button(QPushButton):
    """A button with a word on it; `kind` is '', 'primary', 'danger', 'offer', 'quiet' or 'link'."""

    def __init__(
        self,
        look: Look,
        text: str,
        icon: str = "",
        kind: str = "",
        on_click: Callable[[], object] | None = None,
    ):
        super().__init__()
        self._look = look
        self._icon = icon
        self._kind = kind
        self._say(text)
        self.setProperty("kind", kind)
        self.setAutoDefault(False)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setIconSize(QSize(Size.ICON, Size.ICON))
        self._tint()
        look.changed.connect(self._tint)
        if on_click is not None:
            self.clicked.connect(lambda: on_click())

    def change(self, text: str, icon: str) -> None:
        """Show another word and icon."""
        if (text, icon) != (self.text().strip(), self._icon):
            self._icon = icon
            self._say(text)
            self._tint()

    def _say(self, text: str) -> None:
        """Show the word; a space keeps it off the icon, which Qt puts close to it."""
        self.setText(f" {text}" if self._icon else text)
        self.setAccessibleName(text)

    @Slot()
    def _tint(self) -> None:
        """Draw the icon, if there is one now, in the theme's colour."""
        ink = INKS.get(self._kind, "text")
        self.setIcon(self._look.icon(self._icon, ink) if self._icon else QIcon())


class IconButton(QToolButton):
    """A button that is an icon only; its name is its tooltip and what a screen reader says."""

    def __init__(
        self,
        look: Look,
        icon: str,
        name: str,
        on_click: Callable[[], object] | None = None,
        ink: str = "muted",
    ):
        super().__init__()
        self._look, self._icon, self._ink = look, icon, ink
        self.setAccessibleName(name)
        self.setToolTip(name)
        self.setIconSize(QSize(Size.ICON, Size.ICON))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._tint()
        look.changed.connect(self._tint)
        if on_click is not None:
            self.clicked.connect(lambda: on_click())

    @Slot()
    def _tint(self) -> None:
        self.setIcon(self._look.icon(self._icon, self._ink))


class Icon(QLabel):
    """An icon that is only looked at."""

    def __init__(self, look: Look, name: str, ink: str = "muted", size: int = Size.ICON):
        super().__init__()
        self._look, self._name, self._ink, self._size = look, name, ink, size
        self.setFixedSize(size, size)
        self._tint()
        look.changed.connect(self._tint)

    def change(self, name: str, ink: str) -> None:
        self._name, self._ink = name, ink
        self._tint()

    @Slot()
    def _tint(self) -> None:
        ratio = self.devicePixelRatioF()
        self.setPixmap(self._look.pixmap(self._name, self._ink, self._size, ratio))


class Dot(QWidget):
    """A coloured dot beside the word for a state; the word carries the meaning."""

    def __init__(self, look: Look, ink: str = "outline"):
        super().__init__()
        self._look = look
        self._ink = ink
        self.setFixedSize(Size.DOT + 2, Size.DOT + 2)
        look.changed.connect(self.update)

    def set_ink(self, ink: str) -> None:
        if ink != self._ink:
            self._ink = ink
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._look.theme.colour(self._ink))
        painter.drawEllipse(1, 1, Size.DOT, Size.DOT)
        painter.end()


class Elided(QLabel):
    """One line of plain text that ends in '…' where it does not fit; the tooltip has it all."""

    def __init__(self, text: str = "", role: str = "", where: Qt.TextElideMode | None = None):
        super().__init__()
        self._full = ""
        self._where = where or Qt.TextElideMode.ElideRight
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("role", role)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.set_full(text)

    def set_full(self, text: str) -> None:
        self._full = " ".join(text.split())
        self.setAccessibleName(self._full)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        shown = self.fontMetrics().elidedText(self._full, self._where, max(0, self.width() - 1))
        self.setText(shown)
        self.setToolTip(self._full if shown != self._full else "")


class SearchField(QLineEdit):
    """A field that searches while one types, after a short rest."""

    searched = Signal(str)

    def __init__(self, look: Look, placeholder: str):
        super().__init__()
        self._look = look
        self.setProperty("kind", "search")
        self.setPlaceholderText(placeholder)
        self.setAccessibleName(placeholder)
        self.setClearButtonEnabled(True)
        self._glass = self.addAction(
            look.icon("search", "muted"), QLineEdit.ActionPosition.LeadingPosition
        )
        look.changed.connect(self._tint)
        self._rest = QTimer(self, singleShot=True, interval=SEARCH_PAUSE_MS)
        self._rest.timeout.connect(self._search)
        self.textEdited.connect(lambda _: self._rest.start())
        self.returnPressed.connect(self._search)
        self.textChanged.connect(lambda text: None if text else self._search())

    @Slot()
    def _search(self) -> None:
        self._rest.stop()
        self.searched.emit(self.text().strip())

    @Slot()
    def _tint(self) -> None:
        self._glass.setIcon(self._look.icon("search", "muted"))


class Choice(QComboBox):
    """A drop-down list of (word, value) pairs."""

    chosen = Signal(object)

    def __init__(self, name: str):
        super().__init__()
        self.setAccessibleName(name)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.activated.connect(lambda _: self.chosen.emit(self.value()))

    def may_shrink(self, least_px: int) -> None:
        """Let the row that it is in make it narrower than its longest option."""
        self.setMinimumWidth(least_px)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def offer(self, options: list[tuple[str, object]]) -> None:
        """Replace the options, keeping the chosen one where it is still there."""
        kept = self.value()
        there = [(self.itemText(at), self.itemData(at)) for at in range(self.count())]
        if there == options:
            return
        self.clear()
        for text, value in options:
            self.addItem(text, value)
        self.select(kept)

    def value(self) -> object:
        return self.currentData()

    def select(self, value: object) -> None:
        """Choose a value; the first option where it is not offered."""
        values = [self.itemData(i) for i in range(self.count())]
        self.setCurrentIndex(values.index(value) if value in values else 0)
