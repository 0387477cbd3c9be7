"""Collections, documents and ingest jobs as their owner sees them.

Every method takes the owner: what belongs to somebody else answers like what does not exist.
Deleting marks a row and leaves a note in the outbox, so that the two indexes follow even if the
process ends in between. What ingest and search need beyond ownership is in `indexing.py` and
`chunks.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, case, func, insert, or_, select, update

from core.errors import Conflict, InvalidInput, NotFound
from core.records import (
    Collection,
    CollectionId,
    Document,
    DocumentId,
    DocumentState,
    DocumentText,
    IngestJob,
    JobId,
    PageSpan,
    UserId,
    new_id,
    now,
)
from core.store.audit import append
from core.store.codec import tuple_from_json
from core.store.database import Database
from core.store.document_rows import (
    CANCELLED,
    FINDABLE,
    LIVE,
    PURGED,
    RESTORABLE,
    TAGS,
    USER,
    FileSeen,
    collections_of,
    documents_of,
    known_files,
    own_collection,
    own_document,
    put_in_trash,
    put_tags,
    queued,
    revive,
    tagged,
    to_collection,
    to_document,
)
from core.store.folder_rows import ignore_document, no_longer_ignore
from core.store.job_rows import insert_job, own_job
from core.store.schema import collection, document, document_tag, document_text, outbox

MAX_NAME = 200


class Documents:
    """The owner-scoped side of retrieval's storage."""

    def __init__(self, database: Database):
        self._database = database

    # ------------------------------------------------------------ collections

    def create_collection(self, owner_id: UserId, name: str, description: str = "") -> Collection:
        """Add an empty collection; Conflict where the owner already has one of that name."""
        name = _checked_name(name)
        row = {
            "id": new_id("col"),
            "owner_id": owner_id,
            "name": name,
            "description": description.strip(),
            "embedder": "",
            "generation": 1,
            "created_at": now().isoformat(),
        }

        def create(connection: Connection) -> None:
            taken = collections_of(owner_id).where(func.lower(collection.c.name) == name.lower())
            if connection.execute(taken).first():
                raise Conflict(
                    f"There is already a collection named '{name}'.",
                    advice="Choose another name, or add the files to that collection.",
                )
            connection.execute(insert(collection).values(row))
            append(connection, "collection.create", str(row["id"]), owner_id)

        self._database.write(create)
        return self.collection(owner_id, CollectionId(str(row["id"])))

    def collections(self, owner_id: UserId) -> list[Collection]:
        """Return the owner's collections by name, with their counts."""
        query = collections_of(owner_id).order_by(func.lower(collection.c.name))
        return self._database.read(lambda c: [to_collection(row) for row in c.execute(query)])

    def collection(self, owner_id: UserId, collection_id: CollectionId) -> Collection:
        """Return one collection; raises NotFound."""
        query = collections_of(owner_id).where(collection.c.id == collection_id)
        row = self._database.read(lambda c: c.execute(query).first())
        if row is None:
            raise NotFound("collection", collection_id)
        return to_collection(row)

    def owned(self, owner_id: UserId, collection_ids: Sequence[CollectionId]) -> list[CollectionId]:
        """Return those of the collections that exist and belong to the owner, in their order."""
        query = select(collection.c.id).where(
            collection.c.id.in_(collection_ids),
            collection.c.owner_id == owner_id,
            collection.c.deleted_at.is_(None),
        )
        found = set(self._database.read(lambda c: c.execute(query).scalars().all()))
        return [each for each in dict.fromkeys(collection_ids) if each in found]

    def trash_collection(self, owner_id: UserId, collection_id: CollectionId) -> None:
        """Move the collection and its documents to the trash; raises NotFound."""
        when = now().isoformat()

        def trash(connection: Connection) -> None:
            own_collection(connection, owner_id, collection_id)
            connection.execute(
                update(document)
                .where(document.c.collection_id == collection_id, LIVE)
                .values(deleted_at=when, deleted_why=USER)
            )
            connection.execute(
                update(collection).where(collection.c.id == collection_id).values(deleted_at=when)
            )
            connection.execute(
                insert(outbox).values(action="drop", collection_id=collection_id, created_at=when)
            )
            append(connection, "collection.delete", collection_id, owner_id)

        self._database.write(trash)

    # ------------------------------------------------------------ documents

    def documents(
        self, owner_id: UserId, collection_id: CollectionId, tag: str | None = None
    ) -> list[Document]:
        """Return a collection's documents by name, all or those with a tag; raises NotFound."""
        query = (
            documents_of(owner_id)
            .where(document.c.collection_id == collection_id)
            .order_by(func.lower(document.c.name), document.c.created_at, document.c.id)
        )
        if tag is not None:
            query = query.where(document.c.id.in_(tagged([tag])))

        def fetch(connection: Connection) -> list[Document]:
            own_collection(connection, owner_id, collection_id)
            return [to_document(row) for row in connection.execute(query)]

        return self._database.read(fetch)

    def document(self, owner_id: UserId, document_id: DocumentId) -> Document:
        """Return one document; raises NotFound."""
        return self._database.read(lambda c: own_document(c, owner_id, document_id))

    def document_text(self, owner_id: UserId, document_id: DocumentId) -> DocumentText:
        """Return a document with its text and pages; Conflict where it has none yet."""
        query = select(document_text).where(document_text.c.document_id == document_id)

        def fetch(connection: Connection) -> DocumentText:
            found = own_document(connection, owner_id, document_id)
            row = connection.execute(query).first()
            if row is None:
                raise Conflict(
                    f"The text of '{found.name}' has not been read.",
                    advice=found.problem or "Wait until the document has been read.",
                )
            return DocumentText(found, row.text, tuple_from_json(PageSpan, row.pages_json))

        return self._database.read(fetch)

    def pages(self, owner_id: UserId, document_id: DocumentId) -> tuple[PageSpan, ...]:
        """Return where a document's pages lie in its text, none where it has none; NotFound."""
        query = select(document_text.c.pages_json).where(document_text.c.document_id == document_id)

        def fetch(connection: Connection) -> tuple[PageSpan, ...]:
            own_document(connection, owner_id, document_id)
            stored = connection.execute(query).scalar()
            return tuple_from_json(PageSpan, stored) if stored else ()

        return self._database.read(fetch)

    def tag(self, owner_id: UserId, document_id: DocumentId, tags: Sequence[str]) -> Document:
        """Give a document exactly these tags; raises NotFound."""

        def change(connection: Connection) -> Document:
            own_document(connection, owner_id, document_id)
            put_tags(connection, document_id, tags)
            append(connection, "document.tag", document_id, owner_id)
            return own_document(connection, owner_id, document_id)

        return self._database.write(change)

    def tags(self, owner_id: UserId) -> list[str]:
        """Return the tags that the owner's documents have, in the order of the alphabet."""
        query = (
            select(document_tag.c.tag)
            .join(document, document.c.id == document_tag.c.document_id)
            .where(document.c.owner_id == owner_id, LIVE)
            .distinct()
        )
        found = self._database.read(lambda c: c.execute(query).scalars().all())
        return sorted(found, key=str.casefold)

    def trash_document(self, owner_id: UserId, document_id: DocumentId) -> Document:
        """Move a document to the trash and return it as it was; raises NotFound.

        A watched folder that its file is in leaves that file out from now on.
        """

        def trash(connection: Connection) -> Document:
            found = own_document(connection, owner_id, document_id)
            put_in_trash(connection, [found.id])
            ignore_document(connection, found)
            append(connection, "document.delete", found.id, owner_id)
            return found

        return self._database.write(trash)

    # ------------------------------------------------------------ the trash

    def trashed(self, owner_id: UserId, collection_id: CollectionId) -> list[Document]:
        """Return what can be restored, newest first; raises NotFound."""
        query = (
            select(document, TAGS)
            .where(document.c.collection_id == collection_id, ~LIVE, RESTORABLE)
            .order_by(document.c.deleted_at.desc(), document.c.id)
        )

        def fetch(connection: Connection) -> list[Document]:
            own_collection(connection, owner_id, collection_id)
            return [to_document(row) for row in connection.execute(query)]

        return self._database.read(fetch)

    def restore(self, owner_id: UserId, document_id: DocumentId) -> Document:
        """Take a document out of the trash with its text, chunks and vectors.

        Raises NotFound, Conflict where a newer version, or one with the same text, is there.
        """

        def bring_back(connection: Connection) -> Document:
            row = connection.execute(
                select(document).where(
                    document.c.id == document_id,
                    document.c.owner_id == owner_id,
                    ~LIVE,
                    RESTORABLE,
                )
            ).first()
            if row is None:
                raise NotFound("document", document_id)
            own_collection(connection, owner_id, row.collection_id)
            found = to_document(row)
            _refuse_second(connection, found)
            revive(connection, [document_id])
            no_longer_ignore(connection, found)
            append(connection, "document.restore", document_id, owner_id)
            return own_document(connection, owner_id, document_id)

        return self._database.write(bring_back)

    def empty_trash(self, owner_id: UserId, collection_id: CollectionId) -> int:
        """Give up what is in the trash and return how many documents that were."""

        def empty(connection: Connection) -> int:
            own_collection(connection, owner_id, collection_id)
            append(connection, "trash.empty", collection_id, owner_id)
            return connection.execute(
                update(document)
                .where(document.c.collection_id == collection_id, ~LIVE, RESTORABLE)
                .values(deleted_why=PURGED)
            ).rowcount

        return self._database.write(empty)

    # ------------------------------------------------------------ jobs

    def add(
        self, owner_id: UserId, collection_id: CollectionId, files: Sequence[FileSeen]
    ) -> IngestJob:
        """Queue files for ingest; files that are there unchanged are noted as skipped."""
        job_id = JobId(new_id("job"))
        when = now().isoformat()

        def queue(connection: Connection) -> IngestJob:
            own_collection(connection, owner_id, collection_id)
            known = known_files(connection, collection_id)
            fresh = [file for file in files if file.stamp not in known]
            skipped = [file.name for file in files if file.stamp in known]
            insert_job(connection, job_id, owner_id, collection_id, skipped)
            rows = [queued(file, job_id, owner_id, collection_id, when) for file in fresh]
            if rows:
                connection.execute(insert(document), rows)
            append(connection, "document.add", job_id, owner_id, detail=f"{len(rows)} files")
            return own_job(connection, owner_id, job_id)

        return self._database.write(queue)

    def retry(self, owner_id: UserId, document_id: DocumentId) -> IngestJob:
        """Queue a failed document again, as a job of its own; Conflict where it did not fail.

        One that was read before its job was cancelled gets its vectors in the same way.
        """
        job_id = JobId(new_id("job"))

        def queue(connection: Connection) -> IngestJob:
            found = own_document(connection, owner_id, document_id)
            if found.state is not DocumentState.FAILED and found.reason != CANCELLED:
                raise Conflict(
                    f"'{found.name}' did not fail; it is {found.state}.",
                    advice="Only a document that failed can be tried again.",
                )
            insert_job(connection, job_id, owner_id, found.collection_id, [])
            connection.execute(
                update(document)
                .where(document.c.id == document_id)
                .values(
                    state=case((FINDABLE, document.c.state), else_=DocumentState.QUEUED),
                    job_id=job_id,
                    problem=None,
                    reason=None,
                )
            )
            append(connection, "document.retry", document_id, owner_id)
            return own_job(connection, owner_id, job_id)

        return self._database.write(queue)


def _refuse_second(connection: Connection, found: Document) -> None:
    same = connection.execute(
        select(document.c.name).where(
            document.c.collection_id == found.collection_id,
            LIVE,
            or_(
                document.c.path == found.path,
                (document.c.sha256 == found.sha256) & (document.c.sha256 != ""),
            ),
        )
    ).scalar()
    if same is not None:
        raise Conflict(
            f"'{found.name}' cannot be restored: '{same}' has taken its place.",
            advice="Delete that document first if you want the older one.",
        )


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise InvalidInput("A collection needs a name.", param="name")
    if len(name) > MAX_NAME:
        raise InvalidInput(
            f"A collection's name may have {MAX_NAME} characters; this one has {len(name)}.",
            param="name",
        )
    return name
