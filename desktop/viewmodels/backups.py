"""Backups: what there is, what is in one, and which one the next start restores."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from core.changes import Topic
from core.records import Backup, BackupContents
from desktop.viewmodels.base import Desk, ViewModel
from desktop.viewmodels.figures import count


class BackupsViewModel(ViewModel):
    """Lists backups, makes one, and notes the wish to restore one."""

    topics = frozenset({Topic.BACKUPS})

    changed = Signal()
    """`backups`, `wished` or `making`."""
    looked_into = Signal(object, object)
    """(Backup, BackupContents): it is whole, and this is in it."""

    def __init__(self, desk: Desk, parent: QObject | None = None):
        super().__init__(desk, parent)
        self.backups: list[Backup] = []
        self.wished: str | None = None
        """The name of the backup that the next start restores."""
        self.making = False

    @property
    def folder(self) -> Path:
        return self.desk.core.settings.backup_dir

    async def load(self) -> None:
        self.backups = await self.call(self.desk.core.backups.list)
        self.wished = await self.call(lambda: self.desk.core.backups.wished)
        self.changed.emit()

    def make(self) -> None:
        """Make a backup now; `making` tells while it lasts."""
        if not self.making:
            self.making = True
            self.changed.emit()
            self.do(self._make())

    async def _make(self) -> None:
        try:
            await self.call(self.desk.core.backups.make)
        finally:
            self.making = False
            await self.load()

    def look(self, backup: Backup) -> None:
        """Check a backup as a whole; `looked_into` tells what is in it."""
        self.do(self._look(backup))

    async def _look(self, backup: Backup) -> None:
        self.looked_into.emit(backup, await self.call(self.desk.core.backups.look, backup.name))

    def restore(self, name: str) -> None:
        """Have the next start restore a backup."""
        self.do(self.call(self.desk.core.backups.restore, name))

    def keep_present(self) -> None:
        """Take the wish for a restore back."""
        if self.wished is not None:
            self.do(self.call(self.desk.core.backups.keep_present, self.wished))

    def delete(self, name: str) -> None:
        """Delete a backup; the view has asked already."""
        self.do(self.call(self.desk.core.backups.delete, name))


def contents_words(found: BackupContents) -> list[str]:
    """Return how much of everything is in a backup."""
    return [
        count(found.agents, "agent", "agents"),
        count(found.conversations, "conversation", "conversations"),
        count(found.messages, "message", "messages"),
        count(found.collections, "collection", "collections"),
        count(found.documents, "document", "documents"),
    ]
