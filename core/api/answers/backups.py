"""Backups as responses."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from core.api.answers.base import Answer
from core.records import Backup


class BackupAnswer(Answer):
    object: Literal["backup"] = "backup"
    id: str
    """The file's name."""
    created_at: datetime
    size_bytes: int
    automatic: bool

    @classmethod
    def of(cls, backup: Backup) -> BackupAnswer:
        return cls(
            id=backup.name,
            created_at=backup.created_at,
            size_bytes=backup.size_bytes,
            automatic=backup.automatic,
        )


class BackupContentsAnswer(Answer):
    """How much of everything is in a backup, of all users together."""

    object: Literal["backup_contents"] = "backup_contents"
    schema_revision: str
    agents: int
    collections: int
    conversations: int
    documents: int
    messages: int
