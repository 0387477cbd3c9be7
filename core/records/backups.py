"""Backups of the database, and what is in one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Backup:
    """A copy of the database in the backup folder; its name is the file's."""

    name: str
    created_at: datetime
    size_bytes: int
    automatic: bool
    """Made by Outpost itself, and given up again once there are enough newer ones."""


@dataclass(frozen=True, slots=True)
class BackupContents:
    """How much of everything is in a backup, of all users together."""

    schema_revision: str
    agents: int
    collections: int
    conversations: int
    documents: int
    messages: int
