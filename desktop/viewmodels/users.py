"""Who may use this installation besides its owner: added, given passwords, removed."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from core.changes import Topic
from core.records import User, UserId
from desktop.viewmodels.base import Desk, ViewModel, tr

PASSWORD_LENGTH = 8
"""The shortest password that the core takes."""


class UsersViewModel(ViewModel):
    """Lists the users, the owner first."""

    topics = frozenset({Topic.USERS})

    changed = Signal()

    def __init__(self, desk: Desk, parent: QObject | None = None):
        super().__init__(desk, parent)
        self.users: list[User] = []

    async def load(self) -> None:
        self.users = await self.call(self.desk.core.users.list)
        self.changed.emit()

    def add(self, name: str, password: str | None) -> None:
        """Add a user, who can log in by name where there is a password."""
        self.do(self.call(self.desk.core.users.add, name, password))

    def set_password(self, user_id: UserId, password: str | None) -> None:
        """Give a user another password, or none; who is logged in with the old one is out."""
        self.do(self.call(self.desk.core.users.set_password, user_id, password))

    def remove(self, user_id: UserId) -> None:
        """Remove a user with all that is theirs; the view has asked already."""
        self.do(self.call(self.desk.core.remove_user, user_id))


def user_problem(name: str, taken: list[str]) -> str:
    """Return why a user cannot be called so, or ''."""
    if name.strip().casefold() in {each.casefold() for each in taken}:
        return tr("There is a user of this name already.")
    return ""


def password_problem(password: str, repeated: str) -> str:
    """Return why a password cannot be taken yet, or ''; an empty one is for the view to judge."""
    if password and len(password) < PASSWORD_LENGTH:
        return tr("A password has at least {count} characters.").format(count=PASSWORD_LENGTH)
    if password != repeated:
        return tr("The two passwords are not the same.")
    return ""
