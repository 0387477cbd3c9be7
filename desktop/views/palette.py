"""The command palette (Ctrl+K) and the list of shortcuts (F1)."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QGridLayout,
    QLineEdit,
    QListWidgetItem,
    QWidget,
)

from desktop.theme import Size, Space
from desktop.viewmodels.base import tr
from desktop.viewmodels.commands import Command, matching
from desktop.views.controls import Button, label
from desktop.views.dialogs import Question
from desktop.views.layouts import column
from desktop.views.look import Look
from desktop.views.side_list import Entry, SideList

HEIGHT_PX = 420
MOVES = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


class Palette(QDialog):
    """Everything that can be done from anywhere, found by typing."""

    def __init__(self, parent: QWidget, look: Look, commands: Sequence[Command]):
        super().__init__(parent.window())
        self._commands = commands
        self.setWindowTitle(tr("Commands"))
        self.setAccessibleName(tr("Commands"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFixedSize(Size.SHEET, HEIGHT_PX)
        self.field = QLineEdit()
        self.field.setPlaceholderText(tr("What would you like to do?"))
        self.field.setAccessibleName(tr("Find a command"))
        self.list = SideList(look, tr("Commands"))
        self._none = label(tr("Nothing is called so."), "muted")
        parts = column(self.field, self._none, self.list, gap=Space.S, margins=Space.M)
        parts.setStretch(2, 1)
        self.setLayout(parts)
        self.field.textChanged.connect(self._show)
        self.field.returnPressed.connect(self._run)
        self.field.installEventFilter(self)
        self.list.itemClicked.connect(self._run)
        self.list.itemActivated.connect(self._run)
        self._show("")
        self.open()
        self.field.setFocus()

    @Slot(str)
    def _show(self, text: str) -> None:
        found = matching(self._commands, text)
        entries = [
            Entry(f"{each.about}\n{each.title}", each.title, each.about, each.keys, each)
            for each in found
        ]
        self.list.show_entries(entries, 0 if entries else -1)
        self._none.setVisible(not entries)

    @Slot()
    def _run(self, item: QListWidgetItem | None = None) -> None:
        command = self.list.subject(item or self.list.currentItem())
        if isinstance(command, Command) and self.isVisible():
            self.accept()
            command.run()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let the arrows move in the list while one types."""
        pressed = isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress
        if pressed and event.key() in MOVES:  # type: ignore[attr-defined]
            QApplication.sendEvent(self.list, event)
            return True
        return super().eventFilter(watched, event)


def shortcuts() -> list[tuple[str, str]]:
    """Return (keys, what they do), in the order in which one needs them."""
    return [
        ("Ctrl+K", tr("Find and run any command")),
        ("F1", tr("This list")),
        ("Ctrl+L", tr("Lock the window")),
        ("Ctrl+1 … Ctrl+5", tr("Agents, Chat, Collections, Models, Settings")),
        ("Ctrl+N", tr("New chat, on the Chat page")),
        ("Alt+↑, Alt+↓", tr("The message before or after, on the Chat page")),
        ("Ctrl and + - 0", tr("Text of conversations larger, smaller, as it was")),
        ("Enter", tr("Send the question; in the list of agents, chat with the agent")),
        ("Shift+Enter", tr("A new line in the question")),
        ("Esc", tr("Stop the reply; close what is open beside the page")),
        ("F2", tr("Rename a conversation; edit an agent")),
        ("Delete", tr("Delete what is chosen in a list")),
        ("Tab, Shift+Tab", tr("To the next or previous control")),
        ("↑ ↓", tr("Move in a list, and between pages in the rail")),
    ]


def show_shortcuts(parent: QWidget, look: Look) -> Question:
    """Show which keys do what."""
    sheet = Question(parent.window(), tr("Keyboard shortcuts"), "")
    grid = QGridLayout()
    grid.setHorizontalSpacing(Space.L)
    grid.setVerticalSpacing(Space.S)
    grid.setColumnStretch(1, 1)
    for at, (keys, meaning) in enumerate(shortcuts()):
        grid.addWidget(label(keys, "chip"), at, 0)
        grid.addWidget(label(meaning, wrap=True), at, 1)
    sheet.body.addLayout(grid)
    done = Button(look, tr("Done"), kind="primary", on_click=sheet.accept)
    sheet.offer(done)
    sheet.open()
    done.setFocus()
    return sheet
