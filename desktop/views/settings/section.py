"""What every section of the Settings page is made of: groups of rows in cards."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from desktop.theme import Space
from desktop.viewmodels.base import tr
from desktop.views.controls import Button, Elided, label, line
from desktop.views.layouts import STRETCH, Page, card, clear, column, holder, row, scrolled
from desktop.views.look import Look

WIDTH = 760
"""The widest that a group gets: settings are read line by line."""


class Pane(Page):
    """What stands beside the list of sections."""

    def begin(self) -> None:
        """Fetch what is shown; called each time that it comes on show."""


class Section(Pane):
    """One section: its title, a line of meaning, and groups below each other."""

    def __init__(self, title: str, meaning: str, *actions: QWidget):
        super().__init__(title, meaning, *actions, widest=WIDTH - Space.M)
        self.groups = column(STRETCH, gap=Space.XL, margins=(0, 0, Space.M, Space.XL))
        inner = holder(self.groups)
        inner.setMaximumWidth(WIDTH)
        beside = row(inner, STRETCH)
        beside.setStretch(0, 100)
        self.body.addWidget(scrolled(holder(beside)), 1)

    def group(self, title: str, *parts: QWidget) -> QWidget:
        """Add a card of rows under a heading; `Rows` that are given stay the caller's to fill."""
        rows = parts[0] if len(parts) == 1 and isinstance(parts[0], Rows) else Rows(*parts)
        made = holder(column(gap=Space.S))
        layout = made.layout()
        assert layout is not None
        if title:
            layout.addWidget(label(title, "title"))
        layout.addWidget(rows)
        self.groups.insertWidget(self.groups.count() - 1, made)
        return made


class Rows(QWidget):
    """Rows in a card, with a thin rule between them."""

    def __init__(self, *parts: QWidget):
        super().__init__()
        self._inside = column(gap=Space.M, margins=(Space.L, Space.L, Space.L, Space.L))
        self.setLayout(column(card(self._inside)))
        self.fill(*parts)

    def fill(self, *parts: QWidget) -> None:
        """Show these rows in place of the ones before."""
        clear(self._inside)
        for at, part in enumerate(parts):
            if at:
                self._inside.addWidget(line())
            self._inside.addWidget(part)


def entry(title: str, below: str, *tools: QWidget) -> QWidget:
    """Return a row: a name over a small line at the left, what can be done at the right."""
    words = column(Elided(title, "strong"), Elided(below, "small"), gap=2)
    parts = row(words, *tools, gap=Space.S)
    parts.setStretch(0, 1)
    return holder(parts)


def place(look: Look, name: str, folder: Path, *tools: QWidget) -> QWidget:
    """Return a row with a folder's path and a button that opens it."""
    title = label(name, "strong")
    path = Elided(str(folder), "muted", Qt.TextElideMode.ElideMiddle)
    parts = row(title, path, *tools, open_button(look, name, folder), gap=Space.M)
    parts.setStretch(1, 1)
    return holder(parts)


def open_button(look: Look, name: str, folder: Path) -> Button:
    """Return a button that shows a folder in the system's own file browser."""

    def show() -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    button = Button(look, tr("Open"), "folder", "quiet", show)
    button.setAccessibleName(tr("Open folder: {name}").format(name=name))
    return button
