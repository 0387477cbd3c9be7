"""An agent's versions beside the list: what each changed, and the way back to it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QWidget

from core.records import FieldChange, now
from desktop.theme import Size, Space
from desktop.viewmodels.agent_form import draft_field
from desktop.viewmodels.agent_history import HistoryViewModel, Version
from desktop.viewmodels.wording import when
from desktop.views.controls import Button, Elided, IconButton, chip, label, line
from desktop.views.layouts import STRETCH, card, clear, column, holder, row, scrolled
from desktop.views.look import Look

LONGEST = 240
"""A value longer than this is cut; instructions can be pages long."""


class HistoryPanel(QFrame):
    """Shows the versions of one agent, newest first."""

    closed = Signal()

    def __init__(self, look: Look, model: HistoryViewModel):
        super().__init__()
        self._look, self._model = look, model
        self.setProperty("role", "panel")
        self.setMinimumWidth(Size.PANEL)
        self.setMaximumWidth(Size.PANEL)
        self._title = Elided(role="title")
        self._cards = column(gap=Space.M, margins=(Space.XL, Space.M, Space.M, Space.XL))
        self._close = IconButton(look, "close", self.tr("Close the versions"), model.close)
        head = row(self._title, self._close, margins=(Space.XL, Space.L, Space.M, Space.M))
        head.setStretch(0, 1)
        whole = column(head, line(), scrolled(holder(self._cards), steady=True), gap=0)
        whole.setStretch(2, 1)
        self.setLayout(whole)
        self.hide()
        model.changed.connect(self._show)
        model.closed.connect(self._hide)

    @Slot()
    def _show(self) -> None:
        clear(self._cards)
        for version in self._model.versions:
            self._cards.addWidget(self._card(version))
        self._cards.addStretch(1)
        name = self._model.versions[0].agent.name
        self._title.set_full(self.tr("Versions of {name}").format(name=name))
        if self.isHidden():
            self.show()
            self._close.setFocus()

    @Slot()
    def _hide(self) -> None:
        self.hide()
        self.closed.emit()

    def _card(self, version: Version) -> QWidget:
        agent = version.agent
        title = self.tr("Version {number}").format(number=agent.version)
        head = row(label(title, "strong"), gap=Space.S)
        if version.newest:
            head.addWidget(chip(self.tr("newest"), "accent"))
        head.addStretch(1)
        head.addWidget(label(when(agent.updated_at, now()), "small"))
        parts = column(head, gap=Space.S, margins=(Space.L, Space.M, Space.L, Space.M))
        for change in version.changes:
            parts.addWidget(self._change(change))
        if not version.changes:
            first = agent.version == 1
            words = self.tr("The first version.") if first else self.tr("Nothing was changed.")
            parts.addWidget(label(words, "small"))
        if not version.newest:
            back = Button(
                self._look,
                self.tr("Go back to this version"),
                "undo",
                on_click=lambda: self._model.go_back(agent.version),
            )
            back.setAccessibleName(self.tr("Go back to version {n}").format(n=agent.version))
            parts.addLayout(row(back, STRETCH))
        return card(parts)

    def _change(self, change: FieldChange) -> QWidget:
        """Show what a field was before over what it became."""
        nothing = self.tr("nothing")
        before = label(f"− {_short(change.before) or nothing}", "removed", wrap=True)
        after = label(f"+ {_short(change.after) or nothing}", "added", wrap=True)
        before.setAccessibleName(self.tr("Before: {value}").format(value=change.before))
        after.setAccessibleName(self.tr("After: {value}").format(value=change.after))
        return holder(column(label(draft_field(change.field), "small"), before, after, gap=3))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._model.close()
        else:
            super().keyPressEvent(event)


def _short(value: str) -> str:
    """Return a value that fits into the panel, broken where Qt finds no place to break."""
    shown = value if len(value) <= LONGEST else value[: LONGEST - 1] + "…"
    return shown.replace("/", "/\u200b").replace("_", "_\u200b")
