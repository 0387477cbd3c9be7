"""The navigation rail: one button for each page, by mouse, arrow keys or Ctrl and a digit."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QButtonGroup, QFrame, QSizePolicy, QToolButton, QWidget

from desktop.theme import Size, Space
from desktop.views.controls import Icon
from desktop.views.layouts import STRETCH, column, row
from desktop.views.look import Look


class Rail(QFrame):
    """Tells which page is wanted; the last entry stands at the foot."""

    chosen = Signal(int)

    def __init__(self, look: Look, entries: list[tuple[str, str]], window: QWidget):
        super().__init__()
        self._look = look
        self._icons = [icon for icon, _ in entries]
        self.setProperty("role", "rail")
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self._buttons = [
            self._button(at, icon, name, window) for at, (icon, name) in enumerate(entries)
        ]
        self.setFixedWidth(max(Size.RAIL, *(_room(button) for button in self._buttons)))
        self._group.idClicked.connect(self.chosen)
        mark = Icon(look, "outpost", "text", 34)
        top = row(STRETCH, mark, STRETCH, margins=(0, Space.S, 0, Space.M))
        self.setLayout(
            column(top, *self._buttons[:-1], STRETCH, self._buttons[-1], gap=6, margins=8)
        )
        self._tint()
        look.changed.connect(self._tint)
        self._group.idToggled.connect(lambda *_: self._tint())

    def _button(self, at: int, icon: str, name: str, window: QWidget) -> QToolButton:
        button = QToolButton()
        button.setProperty("kind", "rail")
        button.setText(name)
        button.setToolTip(self.tr("{name} (Ctrl+{digit})").format(name=name, digit=at + 1))
        button.setAccessibleName(name)
        button.setCheckable(True)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        button.setIconSize(QSize(Size.ICON_RAIL, Size.ICON_RAIL))
        button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        button.setCursor(Qt.CursorShape.PointingHandCursor)
        self._group.addButton(button, at)
        shortcut = QShortcut(QKeySequence(f"Ctrl+{at + 1}"), window)
        shortcut.activated.connect(button.click)
        return button

    def select(self, at: int) -> None:
        """Show a page as chosen; none where the page has no button."""
        known = at < len(self._buttons)
        self._group.setExclusive(False)  # or none could be left unchosen
        for place, button in enumerate(self._buttons):
            button.setChecked(place == at)
            # Tab leads to the chosen one, arrows to the others
            chosen = place == (at if known else 0)
            button.setFocusPolicy(
                Qt.FocusPolicy.StrongFocus if chosen else Qt.FocusPolicy.ClickFocus
            )
        self._group.setExclusive(True)

    @Slot()
    def _tint(self) -> None:
        for button, icon in zip(self._buttons, self._icons, strict=True):
            ink = "accent_text" if button.isChecked() else "muted"
            button.setIcon(self._look.icon(icon, ink, Size.ICON_RAIL))


def _room(button: QToolButton) -> int:
    """Return how wide the rail has to be for a button's word, in the style sheet's small type."""
    return button.fontMetrics().horizontalAdvance(button.text()) + 2 * Space.L
