"""Watched folders: rows to records, and the rules that deleting a document adds to them."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, select, update

from core.records import Document, FolderState, WatchedFolder
from core.store.schema import watched_folder


def to_folder(row: Row[Any]) -> WatchedFolder:
    """Turn a row of `watched_folder` into its record."""
    return WatchedFolder(
        id=row.id,
        owner_id=row.owner_id,
        collection_id=row.collection_id,
        path=Path(row.path),
        ignore=tuple(json.loads(row.ignore_json)),
        state=FolderState.OFFLINE if row.is_offline else FolderState.WATCHED,
        created_at=datetime.fromisoformat(row.created_at),
        scanned_at=datetime.fromisoformat(row.scanned_at) if row.scanned_at else None,
    )


def ignore_document(connection: Connection, found: Document) -> None:
    """Let the folder that a deleted document's file is in leave that file out: it is still there,
    and the next look at the folder would bring it back."""
    for folder, rule in _rules(connection, found):
        if rule not in folder.ignore:
            set_ignore(connection, folder, (*folder.ignore, rule))


def no_longer_ignore(connection: Connection, found: Document) -> None:
    """Take back the rule that deleting the document added."""
    for folder, rule in _rules(connection, found):
        set_ignore(connection, folder, tuple(each for each in folder.ignore if each != rule))


def set_ignore(connection: Connection, folder: WatchedFolder, ignore: tuple[str, ...]) -> None:
    """Replace a folder's rules."""
    connection.execute(
        update(watched_folder)
        .where(watched_folder.c.id == folder.id)
        .values(ignore_json=json.dumps(ignore))
    )


def _rules(connection: Connection, found: Document) -> list[tuple[WatchedFolder, str]]:
    """Return the folders that a document's file is in, each with the rule for that one file."""
    rows = connection.execute(
        select(watched_folder).where(watched_folder.c.collection_id == found.collection_id)
    ).all()
    path = Path(found.path)
    inside = [folder for row in rows if path.is_relative_to((folder := to_folder(row)).path)]
    return [(each, f"/{_escaped(path.relative_to(each.path).as_posix())}") for each in inside]


def _escaped(text: str) -> str:
    """Protect the signs that mean something in a pattern."""
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in text)
