"""Watched folders, what is known of their files, and what a look at them changed."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import ColumnElement, Connection, bindparam, delete, insert, or_, select, update

from core.errors import Conflict, NotFound
from core.records import (
    CollectionId,
    DocumentId,
    DocumentState,
    FolderId,
    IngestJob,
    JobId,
    UserId,
    WatchedFolder,
    new_id,
    now,
)
from core.store.audit import append
from core.store.database import Database
from core.store.document_rows import (
    FINDABLE,
    GONE,
    LIVE,
    FileSeen,
    add_errands,
    own_collection,
    put_in_trash,
    queued,
    revive,
)
from core.store.folder_rows import set_ignore, to_folder
from core.store.job_rows import insert_job, own_job
from core.store.schema import collection, document, file_copy, watched_folder

AT_ONCE = 500
"""Ids in one statement."""


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file as a collection knows it: of a document, live or gone, or a copy of one."""

    document_id: DocumentId
    """'' for a copy."""
    file: FileSeen
    sha256: str
    is_waiting: bool = False
    """It will be read anyway, as it is then."""
    is_offline: bool = False
    is_gone: bool = False
    """It lies in the trash because its file went."""


@dataclass(frozen=True, slots=True)
class FolderChange:
    """What a look at a folder found to be different."""

    fresh: tuple[FileSeen, ...] = ()
    moved: tuple[tuple[DocumentId, FileSeen], ...] = ()
    """Documents whose file has another path now."""
    back: tuple[tuple[DocumentId, FileSeen], ...] = ()
    """Documents whose file is the same, and there again or on another device."""
    restored: tuple[tuple[DocumentId, FileSeen], ...] = ()
    """Documents in the trash whose file came back."""
    gone: tuple[DocumentId, ...] = ()
    offline: tuple[DocumentId, ...] = ()
    copies_gone: tuple[str, ...] = ()
    """Paths of copies that are no more, or a document's own file now."""

    def __bool__(self) -> bool:
        return any(
            (self.fresh, self.moved, self.back, self.restored, self.gone, self.offline)
        ) or bool(self.copies_gone)


class Folders:
    """Watched folders; those that end in `_all` or take a folder are for ingest, not owners."""

    def __init__(self, database: Database):
        self._database = database

    def watch(
        self, owner_id: UserId, collection_id: CollectionId, path: Path, ignore: Sequence[str]
    ) -> WatchedFolder:
        """Remember a folder, or give one that is watched already other rules.

        Raises NotFound, Conflict for a folder inside another of the same collection.
        """
        folder_id = FolderId(new_id("fld"))
        values = {
            "id": folder_id,
            "owner_id": owner_id,
            "collection_id": collection_id,
            "path": str(path),
            "ignore_json": json.dumps(list(ignore)),
            "is_offline": False,
            "created_at": now().isoformat(),
        }

        def remember(connection: Connection) -> WatchedFolder:
            own_collection(connection, owner_id, collection_id)
            for each in _folders(connection, watched_folder.c.collection_id == collection_id):
                if each.path == path:
                    set_ignore(connection, each, tuple(ignore))
                    append(connection, "folder.change", each.id, owner_id)
                    return _folder(connection, each.id)
                _refuse_nested(each.path, path)
            connection.execute(insert(watched_folder).values(values))
            append(connection, "folder.watch", folder_id, owner_id)
            return _folder(connection, folder_id)

        return self._database.write(remember)

    def unwatch(self, owner_id: UserId, folder_id: FolderId) -> WatchedFolder:
        """Forget a folder and return it as it was; its documents stay. Raises NotFound."""

        def forget(connection: Connection) -> WatchedFolder:
            own = (watched_folder.c.id == folder_id) & (watched_folder.c.owner_id == owner_id)
            found = _folders(connection, own)
            if not found:
                raise NotFound("folder", folder_id)
            connection.execute(delete(watched_folder).where(own))
            append(connection, "folder.unwatch", folder_id, owner_id)
            return found[0]

        return self._database.write(forget)

    def watched(self, owner_id: UserId, collection_id: CollectionId) -> list[WatchedFolder]:
        """Return the folders that a collection follows; raises NotFound."""

        def fetch(connection: Connection) -> list[WatchedFolder]:
            own_collection(connection, owner_id, collection_id)
            return _folders(connection, watched_folder.c.collection_id == collection_id)

        return self._database.read(fetch)

    def watched_all(self) -> list[WatchedFolder]:
        """Return every folder of a collection that is not in the trash."""
        live = select(collection.c.id).where(collection.c.deleted_at.is_(None))
        return self._database.read(lambda c: _folders(c, watched_folder.c.collection_id.in_(live)))

    def known(self, collection_id: CollectionId, scopes: Sequence[Path]) -> list[KnownFile]:
        """Return what is known of the files at, or below, some places."""

        def fetch(connection: Connection) -> list[KnownFile]:
            documents = connection.execute(
                select(document)
                .where(document.c.collection_id == collection_id, _within(document.c.path, scopes))
                .where(or_(LIVE, document.c.deleted_why == GONE))
                .order_by(document.c.created_at, document.c.id)
            ).all()
            copies = connection.execute(
                select(file_copy)
                .where(file_copy.c.collection_id == collection_id)
                .where(_within(file_copy.c.path, scopes))
            ).all()
            return [
                KnownFile(
                    row.id,
                    FileSeen(row.name, row.path, row.size_bytes, row.modified_ns, row.identity),
                    row.sha256,
                    is_waiting=row.state == DocumentState.QUEUED,
                    is_offline=row.offline_at is not None,
                    is_gone=row.deleted_at is not None,
                )
                for row in documents
            ] + [
                KnownFile(
                    DocumentId(""),
                    FileSeen(row.name, row.path, row.size_bytes, row.modified_ns, row.identity),
                    row.sha256,
                )
                for row in copies
            ]

        return self._database.read(fetch)

    def apply(self, folder: WatchedFolder, change: FolderChange) -> IngestJob | None:
        """Write what a look at a folder found, in one transaction; returns the job of what is
        to be read, if anything is."""
        job_id = JobId(new_id("job"))
        when = now().isoformat()

        def write(connection: Connection) -> IngestJob | None:
            for at in range(0, len(change.gone), AT_ONCE):
                put_in_trash(connection, change.gone[at : at + AT_ONCE], GONE)
            for at in range(0, len(change.restored), AT_ONCE):
                revive(connection, [each[0] for each in change.restored[at : at + AT_ONCE]])
            _set_files(connection, (*change.moved, *change.back, *change.restored))
            _tell_of_names(connection, folder, [each[0] for each in change.moved])
            _set_offline(connection, change.offline, when)
            for path in change.copies_gone:
                connection.execute(
                    delete(file_copy).where(
                        file_copy.c.collection_id == folder.collection_id,
                        file_copy.c.path == path,
                    )
                )
            if not change.fresh:
                return None
            insert_job(connection, job_id, folder.owner_id, folder.collection_id)
            rows = [
                queued(file, job_id, folder.owner_id, folder.collection_id, when)
                for file in change.fresh
            ]
            connection.execute(insert(document), rows)
            return own_job(connection, folder.owner_id, job_id)

        return self._database.write(write)

    def looked_at(self, folder: WatchedFolder, *, is_offline: bool) -> None:
        """Note when all of a folder was looked at, and whether it was there."""
        self._database.write(
            lambda c: c.execute(
                update(watched_folder)
                .where(watched_folder.c.id == folder.id)
                .values(is_offline=is_offline, scanned_at=now().isoformat())
            )
        )


def _folders(connection: Connection, condition: ColumnElement[bool]) -> list[WatchedFolder]:
    query = select(watched_folder).where(condition).order_by(watched_folder.c.path)
    return [to_folder(row) for row in connection.execute(query)]


def _folder(connection: Connection, folder_id: FolderId) -> WatchedFolder:
    return _folders(connection, watched_folder.c.id == folder_id)[0]


def _refuse_nested(watched: Path, path: Path) -> None:
    if path.is_relative_to(watched) or watched.is_relative_to(path):
        raise Conflict(
            f"The folder '{watched}' is watched already, and one lies inside the other.",
            advice="Stop watching that folder first, or choose one beside it.",
        )


def _within(column: ColumnElement[str], scopes: Sequence[Path]) -> ColumnElement[bool]:
    """Match the paths at or below some places; a range, so that an index can be used."""
    after = chr(ord(os.sep) + 1)
    conditions = [
        or_(
            column == str(scope),
            (column >= _below(scope)) & (column < _below(scope)[: -len(os.sep)] + after),
        )
        for scope in scopes
    ]
    return or_(*conditions)


def _below(scope: Path) -> str:
    """Return how the paths below a place begin; that of a drive has its separator already."""
    return str(scope).rstrip(os.sep) + os.sep


def _set_files(connection: Connection, changed: Sequence[tuple[DocumentId, FileSeen]]) -> None:
    rows = [
        {
            "document": document_id,
            "name": file.name,
            "path": file.path,
            "modified_ns": file.modified_ns,
            "identity": file.identity,
        }
        for document_id, file in changed
    ]
    if rows:
        connection.execute(
            update(document).where(document.c.id == bindparam("document")).values(offline_at=None),
            rows,
        )


def _tell_of_names(
    connection: Connection, folder: WatchedFolder, document_ids: Sequence[DocumentId]
) -> None:
    """Documents that were read are found by their names too."""
    for at in range(0, len(document_ids), AT_ONCE):
        ids = document_ids[at : at + AT_ONCE]
        read = connection.execute(
            select(document.c.id).where(document.c.id.in_(ids), FINDABLE)
        ).scalars()
        add_errands(connection, "rename", [(folder.collection_id, each) for each in read])


def _set_offline(connection: Connection, document_ids: Sequence[DocumentId], when: str) -> None:
    rows = [{"document": each} for each in document_ids]
    if rows:
        connection.execute(
            update(document).where(document.c.id == bindparam("document")).values(offline_at=when),
            rows,
        )
