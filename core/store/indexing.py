"""A document's way from a queued file to a searchable text, one transaction for each step.

Not owner-scoped: ingest works for everybody. Each step looks first whether the document is still
wanted. The outbox says what the indexes have still to be told, so that a restart can tell them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile

from sqlalchemy import Connection, delete, exists, func, insert, or_, select, update

from core.records import (
    Chunk,
    CollectionId,
    Document,
    DocumentId,
    DocumentState,
    JobState,
    ParsedDocument,
    now,
)
from core.store.codec import to_json
from core.store.database import Database
from core.store.document_rows import (
    FINDABLE,
    LIVE,
    PURGED,
    REPLACED,
    RESTORABLE,
    FileSeen,
    add_errands,
    inherit_tags,
    put_in_trash,
    queued,
    revive,
    to_document,
)
from core.store.schema import (
    chunk,
    document,
    document_text,
    file_copy,
    ingest_job,
    outbox,
)

NO_EMBEDDER = "no_embedder"
"""Why a document that was read has no vectors: there is nothing that could make them."""
PURGED_AT_ONCE = 50
TOGETHER = 16
"""Documents that are indexed in one go."""
ADDING = ("index", "restore")


@dataclass(frozen=True, slots=True)
class FileRead:
    """What was read of a document's file: enough to tell later whether it changed."""

    size_bytes: int
    modified_ns: int
    sha256: str
    identity: str = ""


@dataclass(frozen=True, slots=True)
class Errand:
    """Something the indexes have still to be told.

    'index' and 'restore' (of a document and its vectors), 'rename', 'delete', 'drop' (of a whole
    collection).
    """

    seq: int
    action: str
    collection_id: CollectionId
    document_id: DocumentId | None


class IngestStore:
    """Documents on their way from a queued file to a searchable text."""

    def __init__(self, database: Database):
        self._database = database

    # ------------------------------------------------------------ the queue

    def resume(self) -> None:
        """Queue again what was being parsed when the process ended."""
        interrupted = (
            update(document)
            .where(document.c.state == DocumentState.PARSING)
            .values(state=DocumentState.QUEUED)
        )
        self._database.write(lambda c: c.execute(interrupted))
        self.forget_problems()

    def forget_problems(self) -> None:
        """Let documents that lack vectors try again to get them."""
        waiting = (
            update(document)
            .where(document.c.state == DocumentState.INDEXING, document.c.reason == NO_EMBEDDER)
            .values(reason=None, problem=None)
        )
        self._database.write(lambda c: c.execute(waiting))

    def next_queued(self) -> Document | None:
        """Return the document that has waited longest for being parsed, of jobs that run."""
        query = (
            select(document)
            .outerjoin(ingest_job, ingest_job.c.id == document.c.job_id)
            .where(
                document.c.state == DocumentState.QUEUED,
                document.c.offline_at.is_(None),
                func.coalesce(ingest_job.c.state, "") != JobState.PAUSED,
                LIVE,
            )
            .order_by(document.c.created_at, document.c.path)
            .limit(1)
        )
        row = self._database.read(lambda c: c.execute(query).first())
        return to_document(row) if row else None

    def live(self, document_id: DocumentId) -> Document | None:
        """Return the document unless it was deleted meanwhile."""
        query = select(document).where(document.c.id == document_id, LIVE)
        row = self._database.read(lambda c: c.execute(query).first())
        return to_document(row) if row else None

    def wanted(self, document_ids: Sequence[DocumentId]) -> list[DocumentId]:
        """Return those that are not deleted, and whose job is neither paused nor cancelled."""
        query = (
            select(document.c.id)
            .outerjoin(ingest_job, ingest_job.c.id == document.c.job_id)
            .where(document.c.id.in_(document_ids), LIVE, document.c.reason.is_(None))
            .where(func.coalesce(ingest_job.c.state, "") != JobState.PAUSED)
        )
        found = set(self._database.read(lambda c: c.execute(query).scalars().all()))
        return [each for each in document_ids if each in found]

    def begin_parsing(self, document_id: DocumentId) -> None:
        """Note that the document is being parsed."""
        self._database.write(
            lambda c: c.execute(
                update(document)
                .where(document.c.id == document_id, document.c.state == DocumentState.QUEUED)
                .values(state=DocumentState.PARSING)
            )
        )

    def twin(self, found: Document, sha256: str) -> Document | None:
        """Return a document of the same collection with the same content, if there is one."""
        query = select(document).where(
            document.c.sha256 == sha256,
            document.c.collection_id == found.collection_id,
            document.c.id != found.id,
            FINDABLE,
            LIVE,
        )
        row = self._database.read(lambda c: c.execute(query).first())
        return to_document(row) if row else None

    def skip(
        self, found: Document, twin: Document, file: FileRead, *, is_copy: bool = True
    ) -> None:
        """Take a document whose content is there already out of the queue; its job remembers.

        A copy is remembered, to be known when its folder is looked at again.

        If the file had an older document with another content, that one goes to the trash.
        """

        def drop(connection: Connection) -> None:
            if not _is_live(connection, found.id):
                return
            older = [each for each in _older_of_same_file(connection, found) if each != twin.id]
            put_in_trash(connection, older, REPLACED)
            if twin.path == found.path:  # touched but not changed: next time its stamp will do
                connection.execute(
                    update(document)
                    .where(document.c.id == twin.id)
                    .values(modified_ns=file.modified_ns, identity=file.identity)
                )
            elif is_copy:
                _remember_copy(connection, found, file)
            _remember_skipped(connection, found)
            connection.execute(delete(document).where(document.c.id == found.id))

        self._database.write(drop)

    def retired(self, found: Document, sha256: str) -> Document | None:
        """Return a document of the same content that lies in the collection's trash, if any."""
        query = select(document).where(
            document.c.sha256 == sha256,
            document.c.collection_id == found.collection_id,
            FINDABLE,
            ~LIVE,
            RESTORABLE,
        )
        row = self._database.read(lambda c: c.execute(query).first())
        return to_document(row) if row else None

    def take_over(self, found: Document, earlier: Document, file: FileRead) -> bool:
        """Let a document that was read before stand for a file that moved, or came back.

        Its text, chunks and vectors stay. False where it has gone meanwhile.
        """

        def take(connection: Connection) -> bool:
            row = connection.execute(
                select(document.c.deleted_at).where(
                    document.c.id == earlier.id, or_(LIVE, RESTORABLE)
                )
            ).first()
            if row is None or not _is_live(connection, found.id):
                return False
            if row.deleted_at is not None:
                revive(connection, [earlier.id])
            else:
                add_errands(connection, "rename", [(earlier.collection_id, earlier.id)])
            older = [each for each in _older_of_same_file(connection, found) if each != earlier.id]
            put_in_trash(connection, older, REPLACED)
            new = select(document.c.job_id, document.c.parent_id).where(document.c.id == found.id)
            job_id, parent_id = connection.execute(new).one()
            connection.execute(
                update(document)
                .where(document.c.id == earlier.id)
                .values(
                    path=found.path,
                    name=found.name,
                    modified_ns=file.modified_ns,
                    identity=file.identity,
                    offline_at=None,
                    job_id=job_id,
                    parent_id=parent_id,
                )
            )
            connection.execute(delete(document).where(document.c.id == found.id))
            return True

        return self._database.write(take)

    def fail(self, found: Document, reason: str, problem: str) -> None:
        """Note why a document could not be read; an earlier failure of the file is forgotten."""

        def note(connection: Connection) -> None:
            earlier = select(document.c.id).where(
                document.c.collection_id == found.collection_id,
                document.c.path == found.path,
                document.c.id != found.id,
                document.c.state == DocumentState.FAILED,
                LIVE,
            )
            put_in_trash(connection, connection.execute(earlier).scalars().all(), REPLACED)
            connection.execute(
                update(document)
                .where(document.c.id == found.id)
                .values(state=DocumentState.FAILED, reason=reason, problem=problem)
            )

        self._database.write(note)

    # ------------------------------------------------------------ texts and chunks

    def store_text(
        self,
        found: Document,
        file: FileRead,
        parsed: ParsedDocument,
        chunks: Sequence[Chunk],
        attached: Sequence[FileSeen] = (),
    ) -> bool:
        """Write text, chunks and an errand to the indexes, and retire the file's older document.

        From here on the document is `indexing`, and what is attached to it is queued with its
        job. Returns False where it was deleted meanwhile.
        """

        def store(connection: Connection) -> bool:
            if not _is_live(connection, found.id):
                return False
            older = _older_of_same_file(connection, found)
            inherit_tags(connection, found.id, older)
            put_in_trash(connection, older, REPLACED)
            write_text(connection, found.id, parsed)
            write_chunks(connection, found.id, chunks)
            connection.execute(
                update(document)
                .where(document.c.id == found.id)
                .values(
                    state=DocumentState.INDEXING,
                    media_type=parsed.media_type,
                    title=parsed.title,
                    size_bytes=file.size_bytes,
                    modified_ns=file.modified_ns,
                    identity=file.identity,
                    sha256=file.sha256,
                    pages=len(parsed.pages) or None,
                    characters=len(parsed.text),
                    chunk_count=len(chunks),
                    embedded_count=0,
                    unread=parsed.problem or None,
                    problem=None,
                    reason=None,
                )
            )
            add_errands(connection, "index", [(found.collection_id, found.id)])
            _queue_attached(connection, found, attached)
            return True

        return self._database.write(store)

    def finish(self, document_id: DocumentId) -> bool:
        """Call the document ready and clear its errands; False where it was deleted meanwhile."""

        def close(connection: Connection) -> bool:
            changed = connection.execute(
                update(document)
                .where(document.c.id == document_id, LIVE)
                .values(state=DocumentState.READY, problem=None, reason=None)
            ).rowcount
            connection.execute(
                delete(outbox).where(
                    outbox.c.document_id == document_id,
                    outbox.c.action.in_(ADDING),
                )
            )
            return changed == 1

        return self._database.write(close)

    def note_problem(self, document_id: DocumentId, reason: str, problem: str) -> None:
        """Note what a document lacks that is not a failure, such as vectors."""
        self._database.write(
            lambda c: c.execute(
                update(document)
                .where(document.c.id == document_id)
                .values(reason=reason, problem=problem)
            )
        )

    # ------------------------------------------------------------ outbox

    def next_errands(self, exclude: Sequence[int] = ()) -> list[Errand]:
        """Return the oldest errand that can be run now, deletions before additions.

        Documents of one collection come together: small ones are done in one go. Those that wait
        for an embedder to become available, or for their job to be resumed, are passed over.
        """
        adds = outbox.c.action.in_(ADDING)
        query = (
            select(outbox)
            .outerjoin(document, document.c.id == outbox.c.document_id)
            .outerjoin(ingest_job, ingest_job.c.id == document.c.job_id)
            .where(
                or_(
                    ~adds,
                    document.c.reason.is_(None)
                    & (func.coalesce(ingest_job.c.state, "") != JobState.PAUSED),
                ),
                outbox.c.seq.not_in(exclude),
            )
            .order_by(adds, outbox.c.seq)
            .limit(TOGETHER)
        )
        rows = self._database.read(lambda c: c.execute(query).all())
        found = [
            Errand(each.seq, each.action, each.collection_id, each.document_id) for each in rows
        ]
        return list(takewhile(lambda each: _go_together(found[0], each), found))

    def owed(self) -> set[DocumentId]:
        """Return the documents that the indexes have still to be told something of."""
        dropped = select(outbox.c.collection_id).where(outbox.c.action == "drop")
        query = select(outbox.c.document_id).where(outbox.c.document_id.is_not(None))
        of_dropped = select(document.c.id).where(document.c.collection_id.in_(dropped))
        both = query.union(of_dropped)
        return set(self._database.read(lambda c: c.execute(both).scalars().all()))

    def pending(self) -> int:
        """Return how many errands there are."""
        query = select(func.count()).select_from(outbox)
        return int(self._database.read(lambda c: c.execute(query).scalar_one()))

    def last_errand(self) -> int:
        """Return the number of the newest errand, 0 where there is none."""
        query = select(func.coalesce(func.max(outbox.c.seq), 0))
        return int(self._database.read(lambda c: c.execute(query).scalar_one()))

    def done(self, errand: Errand) -> None:
        """Forget an errand that was run."""
        self._database.write(lambda c: c.execute(delete(outbox).where(outbox.c.seq == errand.seq)))

    # ------------------------------------------------------------ the trash

    def purge_older_than(self, moment: datetime) -> int:
        """Give up what has been in the trash since before a moment; returns how many."""
        query = (
            update(document)
            .where(document.c.deleted_at < moment.isoformat(), RESTORABLE)
            .values(deleted_why=PURGED)
        )
        return self._database.write(lambda c: c.execute(query).rowcount)

    def remove_purged(self) -> list[str]:
        """Remove some documents that nobody can restore and the indexes have forgotten.

        Returns the paths of their files, none where there was nothing to remove.
        """
        told = ~exists().where(outbox.c.document_id == document.c.id)
        query = (
            select(document.c.id, document.c.path)
            .where(document.c.deleted_why.in_((REPLACED, PURGED)), told)
            .limit(PURGED_AT_ONCE)
        )

        def remove(connection: Connection) -> list[str]:
            rows = connection.execute(query).all()
            ids = [row.id for row in rows]
            connection.execute(delete(document).where(document.c.id.in_(ids)))
            return [row.path for row in rows]

        if self._database.read(lambda c: c.execute(query).first()) is None:
            return []
        return self._database.write(remove)


def _go_together(first: Errand, other: Errand) -> bool:
    if first.action not in ADDING:
        return other is first
    return other.action in ADDING and other.collection_id == first.collection_id


def _is_live(connection: Connection, document_id: DocumentId) -> bool:
    query = select(document.c.id).where(document.c.id == document_id, LIVE)
    return connection.execute(query).first() is not None


def _older_of_same_file(connection: Connection, found: Document) -> Sequence[str]:
    return (
        connection.execute(
            select(document.c.id).where(
                document.c.collection_id == found.collection_id,
                document.c.path == found.path,
                document.c.id != found.id,
                document.c.created_at <= found.created_at.isoformat(),
                LIVE,
            )
        )
        .scalars()
        .all()
    )


def _queue_attached(connection: Connection, found: Document, attached: Sequence[FileSeen]) -> None:
    job_id = connection.execute(
        select(document.c.job_id).where(document.c.id == found.id)
    ).scalar_one()
    when = now().isoformat()
    rows = [
        queued(file, job_id, found.owner_id, found.collection_id, when, found.id)
        for file in attached
    ]
    if rows:
        connection.execute(insert(document), rows)


def write_text(connection: Connection, document_id: DocumentId, parsed: ParsedDocument) -> None:
    """Put a text with its pages, headings and tables in place of what the document had."""
    connection.execute(delete(document_text).where(document_text.c.document_id == document_id))
    connection.execute(
        insert(document_text).values(
            document_id=document_id,
            text=parsed.text,
            pages_json=to_json(parsed.pages),
            headings_json=to_json(parsed.headings),
            tables_json=to_json(parsed.tables),
        )
    )


def write_chunks(connection: Connection, document_id: DocumentId, chunks: Sequence[Chunk]) -> None:
    """Put chunks in place of those the document had; their ids follow from its own."""
    connection.execute(delete(chunk).where(chunk.c.document_id == document_id))
    rows = [
        {
            "id": f"{document_id}-{each.ordinal:05d}",
            "document_id": document_id,
            "ordinal": each.ordinal,
            "text": each.text,
            "start": each.start,
            "end": each.end,
            "first_page": each.first_page,
            "last_page": each.last_page,
            "heading": each.heading,
            "context": each.context,
            "language": each.language,
        }
        for each in chunks
    ]
    if rows:
        connection.execute(insert(chunk), rows)


def _remember_copy(connection: Connection, found: Document, file: FileRead) -> None:
    own = (file_copy.c.collection_id == found.collection_id) & (file_copy.c.path == found.path)
    connection.execute(delete(file_copy).where(own))
    connection.execute(
        insert(file_copy).values(
            collection_id=found.collection_id,
            path=found.path,
            name=found.name,
            size_bytes=file.size_bytes,
            modified_ns=file.modified_ns,
            identity=file.identity,
            sha256=file.sha256,
        )
    )


def _remember_skipped(connection: Connection, found: Document) -> None:
    """Add the document's name to what its job skipped."""
    row = connection.execute(
        select(ingest_job.c.id, ingest_job.c.skipped_json)
        .join(document, document.c.job_id == ingest_job.c.id)
        .where(document.c.id == found.id)
    ).first()
    if row is not None:
        names = json.dumps([*json.loads(row.skipped_json), found.name])
        connection.execute(
            update(ingest_job).where(ingest_job.c.id == row.id).values(skipped_json=names)
        )
