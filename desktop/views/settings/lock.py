"""The passphrase of the window, and when the window is locked."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QLineEdit, QWidget

from desktop.viewmodels.base import tr
from desktop.viewmodels.lock import LockViewModel, passphrase_problem
from desktop.viewmodels.settings import SettingsViewModel
from desktop.views.agent_fields import Field, whole
from desktop.views.controls import Button, label
from desktop.views.dialogs import Question
from desktop.views.look import Look
from desktop.views.settings.section import Rows, Section, entry

LONGEST_MIN = 1440


class LockSection(Section):
    """Sets, changes and removes the passphrase; says what a lock of the window does not do."""

    def __init__(self, look: Look, model: LockViewModel, settings: SettingsViewModel):
        super().__init__(
            tr("Window lock"),
            tr("Others who come to this desk see nothing of Outpost until you open it again."),
        )
        self._look, self._model, self._settings = look, model, settings
        self._rows = Rows()
        self._after = whole(0, LONGEST_MIN, 1)
        self._after.setSuffix(tr(" min"))
        self._after.setSpecialValueText(tr("never"))
        self.group(tr("Passphrase"), self._rows)
        self.group(tr("By itself"), self._after_field())
        self.group(tr("What it does not do"), label(limits(), wrap=True))
        self._after.editingFinished.connect(self._store)
        model.changed.connect(self._show)
        settings.changed.connect(self._show)
        self._show()

    def begin(self) -> None:
        self._model.reload()

    def _after_field(self) -> Field:
        meaning = tr("When nobody has typed or moved the mouse in Outpost for so long.")
        return Field(tr("Lock the window after"), self._after, meaning, beside=True)

    @Slot()
    def _show(self) -> None:
        self._rows.fill(self._set_row() if self._model.is_set else self._unset_row())
        self._after.setEnabled(self._model.is_set)
        self._after.setValue(self._settings.settings.lock_after_min)

    def _unset_row(self) -> QWidget:
        button = Button(self._look, tr("Set passphrase…"), "lock", "primary", self.ask)
        return entry(tr("No passphrase is set"), tr("The window cannot be locked."), button)

    def _set_row(self) -> QWidget:
        return entry(
            tr("A passphrase is set"),
            tr("Outpost starts locked. Ctrl+L locks the window."),
            Button(self._look, tr("Lock now"), "lock", on_click=self._model.lock),
            Button(self._look, tr("Change…"), on_click=self.ask),
            Button(self._look, tr("Remove…"), on_click=self.ask_removal),
        )

    @Slot()
    def _store(self) -> None:
        self._settings.store(lock_after_min=self._after.value())

    def ask(self) -> PassphraseSheet:
        """Ask for a passphrase, and for the one before if there is one."""
        verb, had = tr("Set passphrase"), self._model.is_set
        return PassphraseSheet(self, self._look, verb, self._model.set, had=had, new=True)

    def ask_removal(self) -> PassphraseSheet:
        """Ask for the passphrase that is to be taken away."""
        return PassphraseSheet(
            self,
            self._look,
            tr("Remove passphrase"),
            lambda _, current: self._model.remove(current),
        )


def limits() -> str:
    """Return what has to be known about the lock."""
    return tr(
        "This locks the window; it encrypts nothing. Whoever may start programs under your "
        "account on this computer can read the data folder, and can remove the lock with "
        "“outpost lock remove”, which also helps if you forget the passphrase."
    )


class PassphraseSheet(Question):
    """Asks for the passphrase as it is, and twice for a new one."""

    def __init__(
        self,
        parent: QWidget,
        look: Look,
        verb: str,
        on_done: Callable[[str, str], object],
        *,
        had: bool = True,
        new: bool = False,
    ):
        super().__init__(parent.window(), verb, "")
        self._on_done, self._had, self._new = on_done, had, new
        self.current, self.passphrase, self.repeated = QLineEdit(), QLineEdit(), QLineEdit()
        self._twice = Field(tr("New passphrase again"), self.repeated)
        self._go = Button(look, verb, kind="primary", on_click=self._take)
        fields = (
            (Field(tr("Passphrase"), self.current), had),
            (Field(tr("New passphrase"), self.passphrase), new),
            (self._twice, new),
        )
        for field, asked in fields:
            self.body.addWidget(field)
            field.setVisible(asked)
        for line in (self.current, self.passphrase, self.repeated):
            line.setEchoMode(QLineEdit.EchoMode.Password)
            line.textChanged.connect(self._check)
            line.returnPressed.connect(self._take)
        self.offer(Button(look, tr("Cancel"), on_click=self.reject), self._go)
        self._check()
        self.open()
        (self.current if had else self.passphrase).setFocus()

    @Slot()
    def _check(self) -> None:
        """Say what is wrong so far; what is merely not typed yet is not said."""
        wrong = ""
        if self._new:
            wrong = passphrase_problem(self.passphrase.text(), self.repeated.text())
        self._twice.complain(wrong if self.repeated.text() else "")
        known = bool(self.current.text()) or not self._had
        self._go.setEnabled(known and not wrong)

    @Slot()
    def _take(self) -> None:
        if self._go.isEnabled():
            self.accept()
            self._on_done(self.passphrase.text(), self.current.text())
