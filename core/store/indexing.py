"""A document's way from a queued file to a searchable text, one transaction for each step.

Not owner-scoped: ingest works for everybody. Each step looks first whether the document is still
wanted. The outbox says what the indexes have still to be told, so that a restart can tell them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from core.records import (
    Chunk,
    CollectionId,
    Document,
    DocumentId,
    DocumentState,
    ParsedDocument,
    now,
)
from core.store.codec import to_json
from core.store.database import Database
from core.store.document_rows import FINDABLE, LIVE, put_in_trash, to_document
from core.store.schema import (
    chunk,
    document,
    document_text,
    ingest_job,
    outbox,
)


@dataclass(frozen=True, slots=True)
class FileRead:
    """What was read of a document's file: enough to tell later whether it changed."""

    size_bytes: int
    modified_ns: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Errand:
    """Something the indexes have still to be told: 'index', 'delete' or 'drop'."""

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
            .where(document.c.state == DocumentState.INDEXING, document.c.reason.is_not(None))
            .values(reason=None, problem=None)
        )
        self._database.write(lambda c: c.execute(waiting))

    def next_queued(self) -> Document | None:
        """Return the document that has waited longest for being parsed."""
        query = (
            select(document)
            .where(document.c.state == DocumentState.QUEUED, LIVE)
            .order_by(document.c.created_at, document.c.id)
            .limit(1)
        )
        row = self._database.read(lambda c: c.execute(query).first())
        return to_document(row) if row else None

    def live(self, document_id: DocumentId) -> Document | None:
        """Return the document unless it was deleted meanwhile."""
        query = select(document).where(document.c.id == document_id, LIVE)
        row = self._database.read(lambda c: c.execute(query).first())
        return to_document(row) if row else None

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

    def skip(self, found: Document, twin: Document, file: FileRead) -> None:
        """Take a document whose content is there already out of the queue; its job remembers.

        If the file had an older document with another content, that one goes to the trash.
        """

        def drop(connection: Connection) -> None:
            older = [each for each in _older_of_same_file(connection, found) if each != twin.id]
            put_in_trash(connection, older)
            if twin.path == found.path:  # touched but not changed: next time its stamp will do
                connection.execute(
                    update(document)
                    .where(document.c.id == twin.id)
                    .values(modified_ns=file.modified_ns)
                )
            _remember_skipped(connection, found)
            connection.execute(delete(document).where(document.c.id == found.id))

        self._database.write(drop)

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
            put_in_trash(connection, connection.execute(earlier).scalars().all())
            connection.execute(
                update(document)
                .where(document.c.id == found.id)
                .values(state=DocumentState.FAILED, reason=reason, problem=problem)
            )

        self._database.write(note)

    # ------------------------------------------------------------ texts and chunks

    def store_text(
        self, found: Document, file: FileRead, parsed: ParsedDocument, chunks: Sequence[Chunk]
    ) -> bool:
        """Write text, chunks and an errand to the indexes, and retire the file's older document.

        From here on the document is `indexing`. Returns False where it was deleted meanwhile.
        """

        def store(connection: Connection) -> bool:
            if not _is_live(connection, found.id):
                return False
            put_in_trash(connection, _older_of_same_file(connection, found))
            _replace_text(connection, found.id, parsed)
            _replace_chunks(connection, found.id, chunks)
            connection.execute(
                update(document)
                .where(document.c.id == found.id)
                .values(
                    state=DocumentState.INDEXING,
                    media_type=parsed.media_type,
                    title=parsed.title,
                    size_bytes=file.size_bytes,
                    modified_ns=file.modified_ns,
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
            _add_errand(connection, "index", found)
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
                    outbox.c.document_id == document_id, outbox.c.action == "index"
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

    def next_errand(self, exclude: Sequence[int] = ()) -> Errand | None:
        """Return the oldest errand that can be run now, deletions before additions.

        Documents that wait for an embedder to become available are passed over.
        """
        query = (
            select(outbox)
            .outerjoin(document, document.c.id == outbox.c.document_id)
            .where(
                or_(outbox.c.action != "index", document.c.reason.is_(None)),
                outbox.c.seq.not_in(exclude),
            )
            .order_by(outbox.c.action == "index", outbox.c.seq)
            .limit(1)
        )
        row = self._database.read(lambda c: c.execute(query).first())
        return Errand(row.seq, row.action, row.collection_id, row.document_id) if row else None

    def last_errand(self) -> int:
        """Return the number of the newest errand, 0 where there is none."""
        query = select(func.coalesce(func.max(outbox.c.seq), 0))
        return int(self._database.read(lambda c: c.execute(query).scalar_one()))

    def done(self, errand: Errand) -> None:
        """Forget an errand that was run."""
        self._database.write(lambda c: c.execute(delete(outbox).where(outbox.c.seq == errand.seq)))


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


def _replace_text(connection: Connection, document_id: DocumentId, parsed: ParsedDocument) -> None:
    connection.execute(delete(document_text).where(document_text.c.document_id == document_id))
    connection.execute(
        insert(document_text).values(
            document_id=document_id,
            text=parsed.text,
            pages_json=to_json(parsed.pages),
            headings_json=to_json(parsed.headings),
        )
    )


def _replace_chunks(
    connection: Connection, document_id: DocumentId, chunks: Sequence[Chunk]
) -> None:
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
        }
        for each in chunks
    ]
    if rows:
        connection.execute(insert(chunk), rows)


def _add_errand(connection: Connection, action: str, found: Document) -> None:
    connection.execute(
        insert(outbox).values(
            action=action,
            collection_id=found.collection_id,
            document_id=found.id,
            created_at=now().isoformat(),
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
