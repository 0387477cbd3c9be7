"""Who else may use this installation over the API, each with agents and documents of their own."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QLineEdit, QWidget

from core.records import User
from desktop.viewmodels.base import tr
from desktop.viewmodels.figures import day
from desktop.viewmodels.users import UsersViewModel, password_problem, user_problem
from desktop.views.agent_fields import Field
from desktop.views.controls import Button, IconButton, chip
from desktop.views.dialogs import Question, confirm
from desktop.views.look import Look
from desktop.views.settings.section import Rows, Section, entry


class UsersSection(Section):
    """Lists the users; adds them, gives them passwords and removes them."""

    def __init__(self, look: Look, model: UsersViewModel):
        add = Button(look, tr("Add user…"), "plus", "primary", lambda: self.ask_user())
        meaning = tr(
            "Others may use this installation over the API. Each has agents, conversations and "
            "collections of their own, which nobody else sees, the owner included."
        )
        super().__init__(tr("Users"), meaning, add)
        self._look, self._model = look, model
        self._rows = Rows()
        self.groups.insertWidget(0, self._rows)
        model.changed.connect(self._show)

    def begin(self) -> None:
        self._model.reload()

    @Slot()
    def _show(self) -> None:
        self._rows.fill(*(self._row(user) for user in self._model.users))

    def _row(self, user: User) -> QWidget:
        since = tr("since {date}").format(date=day(user.created_at))
        way = tr("logs in with a password") if user.has_password else tr("has no password")
        words = tr("runs this window") if user.is_owner else f"{way} · {since}"
        if user.is_owner:
            return entry(user.name, words, chip(tr("Owner"), "accent"))
        change = Button(
            self._look, tr("Password…"), "key", on_click=lambda: self.ask_password(user)
        )
        change.setAccessibleName(tr("Password of {name}").format(name=user.name))
        name = tr("Remove {name}").format(name=user.name)
        remove = IconButton(self._look, "trash", name, lambda: self.ask_remove(user))
        return entry(user.name, words, change, remove)

    # ------------------------------------------------------------ wishes

    def ask_user(self) -> PersonSheet:
        """Ask for a new user's name and password."""
        taken = [user.name for user in self._model.users]
        return PersonSheet(self, self._look, tr("New user"), self._model.add, taken)

    def ask_password(self, user: User) -> PersonSheet:
        """Ask for another password for a user."""
        title = tr("Password of {name}").format(name=user.name)
        return PersonSheet(
            self, self._look, title, lambda _, word: self._model.set_password(user.id, word)
        )

    def ask_remove(self, user: User) -> Question:
        """Ask before a user is removed with all that is theirs."""
        return confirm(
            self,
            self._look,
            tr("Remove {name}?").format(name=user.name),
            tr(
                "All agents, conversations and collections of {name} are deleted for good, and "
                "their tokens end at once. A backup that was made before still has them."
            ).format(name=user.name),
            tr("Remove user"),
            lambda: self._model.remove(user.id),
        )


class PersonSheet(Question):
    """Asks for a password twice, and for the name of whoever is new."""

    def __init__(
        self,
        parent: QWidget,
        look: Look,
        title: str,
        on_done: Callable[[str, str | None], object],
        taken: list[str] | None = None,
    ):
        text = tr("Without a password they can come in only by a token that you make for them.")
        super().__init__(parent.window(), title, text)
        self._on_done, self._taken = on_done, taken
        self.name, self.password, self.repeated = QLineEdit(), QLineEdit(), QLineEdit()
        self._named = Field(tr("Name"), self.name)
        self._secret = Field(tr("Password"), self.password, tr("Empty for none."))
        self._twice = Field(tr("Password again"), self.repeated)
        for field in (self.password, self.repeated):
            field.setEchoMode(QLineEdit.EchoMode.Password)
        self._go = Button(look, tr("Add user"), kind="primary", on_click=self._take)
        if taken is None:
            self._go.change(tr("Set password"), "")
            self._named.hide()
        self._lay_out(look)

    def _lay_out(self, look: Look) -> None:
        for field in (self._named, self._secret, self._twice):
            self.body.addWidget(field)
        for line in (self.name, self.password, self.repeated):
            line.textChanged.connect(self._check)
            line.returnPressed.connect(self._take)
        self.offer(Button(look, tr("Cancel"), on_click=self.reject), self._go)
        self._check()
        self.open()
        (self.password if self._taken is None else self.name).setFocus()

    @Slot()
    def _check(self) -> None:
        """Say what is wrong so far; what is merely not typed yet is not said."""
        wrong_name = "" if self._taken is None else user_problem(self.name.text(), self._taken)
        wrong = password_problem(self.password.text(), self.repeated.text())
        self._named.complain(wrong_name)
        self._twice.complain(wrong if self.repeated.text() else "")
        named = self._taken is None or bool(self.name.text().strip())
        self._go.setEnabled(named and not wrong and not wrong_name)

    def _take(self) -> None:
        if self._go.isEnabled():
            self.accept()
            self._on_done(self.name.text().strip(), self.password.text() or None)
