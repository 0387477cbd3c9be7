"""What a locked window shows: the field for the passphrase, and nothing of what is behind it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QLineEdit, QWidget

from desktop.theme import Space
from desktop.viewmodels.base import tr
from desktop.viewmodels.lock import LockViewModel
from desktop.views.controls import Button, Icon, label
from desktop.views.layouts import STRETCH, column, holder, row
from desktop.views.look import Look

WIDTH = 380


class LockScreen(QWidget):
    """Asks for the passphrase, and says why one does not open."""

    def __init__(self, look: Look, model: LockViewModel):
        super().__init__()
        self._model = model
        self.setProperty("role", "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(tr("Outpost is locked"))
        self.field = QLineEdit()
        self.field.setEchoMode(QLineEdit.EchoMode.Password)
        self.field.setPlaceholderText(tr("Passphrase"))
        self.field.setAccessibleName(tr("Passphrase"))
        self.button = Button(look, tr("Unlock"), kind="primary", on_click=self._try)
        self.problem = label(role="problem", wrap=True)
        # Else everything moves when there is something to say.
        self.problem.setMinimumHeight(self.problem.fontMetrics().lineSpacing())
        self._lay_out(look)
        self.field.returnPressed.connect(self._try)
        self.field.textChanged.connect(self._typed)
        model.refused.connect(self._refuse)

    def _lay_out(self, look: Look) -> None:
        going_on = tr("Replies, documents and the API go on.")
        forgotten = tr("Forgotten? Type “outpost lock remove” in a terminal of this account.")
        entering = row(self.field, self.button, gap=Space.S)
        parts = holder(
            column(
                row(STRETCH, Icon(look, "lock", "outline", 44), STRETCH),
                row(STRETCH, label(tr("Outpost is locked"), "title"), STRETCH),
                row(STRETCH, label(going_on, "muted"), STRETCH),
                Space.S,
                entering,
                self.problem,
                Space.S,
                label(forgotten, "small", wrap=True),
                gap=Space.M,
            )
        )
        parts.setFixedWidth(WIDTH)
        middle = row(STRETCH, parts, STRETCH)
        self.setLayout(column(STRETCH, middle, STRETCH, margins=Space.XL))

    def begin(self) -> None:
        """Wait for a passphrase; nothing of an earlier one is left."""
        self.problem.clear()
        self._wait(False)
        self.field.clear()
        self.field.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def _try(self) -> None:
        if self.field.text() and not self.field.isReadOnly():
            self._wait(True)
            self._model.unlock(self.field.text())

    @Slot(str)
    def _refuse(self, why: str) -> None:
        self._wait(False)
        self.field.clear()
        self.problem.setText(why)
        self.field.setAccessibleDescription(why)
        self.field.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def _typed(self) -> None:
        if self.field.text():
            self.problem.clear()
            self.field.setAccessibleDescription("")

    def _wait(self, on: bool) -> None:
        """While one passphrase is looked at, no other one can be given; the focus stays."""
        self.field.setReadOnly(on)
        self.button.setEnabled(not on)
