"""Collections: retrieval's face to the rest of Outpost.

Writes are durable before they return and are announced; the work that follows from them goes on
in the background and is announced as it goes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path, PurePath
from typing import BinaryIO

from core.changes import Changes, Topic
from core.config import Settings
from core.errors import InvalidInput
from core.records import (
    Collection,
    CollectionId,
    Document,
    DocumentId,
    DocumentText,
    IngestJob,
    JobId,
    PageBox,
    PageImage,
    PageSpan,
    Passage,
    UserId,
    new_id,
)
from core.retrieval.embedding import Embedder, SentenceTransformersEmbedder
from core.retrieval.indexing import Indexing
from core.retrieval.ingest import Ingest, Work
from core.retrieval.lexical import LexicalIndex
from core.retrieval.notices import Notices
from core.retrieval.pages import Pages
from core.retrieval.parsing.parser import Parser
from core.retrieval.parsing.reasons import unreadable
from core.retrieval.reading import MAX_FILE_BYTES, Reading
from core.retrieval.search import WAIT_S, Search
from core.retrieval.vector_index import VectorIndex
from core.retrieval.walk import files_of
from core.starter import starter_embedder_dir
from core.store.chunks import ChunkStore
from core.store.database import Database
from core.store.document_rows import FileSeen
from core.store.documents import Documents
from core.store.indexing import IngestStore

_BLOCK = 1 << 20
MAX_FILE_NAME = 200

# `list` is a method of the class below.
DocumentList = list[Document]
PassageList = list[Passage]


class Collections:
    """Everything about collections, documents and passages; safe from any thread.

    `start` begins the background work, `close` ends it. An embedder that is given is the caller's
    to close; without one the starter's is used. The background work gives way while `replying`.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        changes: Changes,
        embedder: Embedder | None = None,
        *,
        replying: Callable[[], bool] = lambda: False,
    ):
        folder = starter_embedder_dir() or Path("no-embedder-installed")
        self._uploads = settings.uploads_dir
        self._changes = changes
        self._owns_embedder = embedder is None
        self._embedder: Embedder = embedder or SentenceTransformersEmbedder(folder)
        self._documents = Documents(database)
        chunks, store, notices = ChunkStore(database), IngestStore(database), Notices(changes)
        self._lexical = LexicalIndex(settings.tantivy_dir)
        self._vectors = VectorIndex(settings.chroma_dir, chunks)
        self._parser = Parser(folder)
        self._pages = Pages(folder)
        self._search = Search(self._documents, chunks, self._lexical, self._vectors, self._embedder)
        reading = Reading(store, chunks, self._parser, self._lexical, notices, self._uploads)
        indexing = Indexing(
            store, chunks, self._embedder, self._lexical, self._vectors, notices, replying
        )
        works: dict[str, Work] = {"outpost-reading": reading, "outpost-indexing": indexing}
        self._ingest = Ingest(works, notices)

    def start(self) -> None:
        """Load the embedder, open the indexes and go on with unfinished documents, all behind."""
        self._embedder.start()
        self._ingest.start()

    def warm(self) -> None:
        """Wait until the embedder is loaded; raises EngineFailed where it cannot be."""
        self._embedder.warm()

    def close(self) -> None:
        """End threads and workers within about three seconds; nothing that was stored is lost."""
        self._ingest.stop()
        self._parser.close()
        self._pages.close()
        if self._owns_embedder:
            self._embedder.close()
        self._vectors.close()
        self._ingest.join(2.0)
        self._lexical.close()

    # ------------------------------------------------------------ collections

    def create(
        self, owner_id: UserId, name: str, description: str = "", *, initiator: str = ""
    ) -> Collection:
        """Add an empty collection; raises InvalidInput for a bad name, Conflict for a taken one."""
        made = self._documents.create_collection(owner_id, name, description)
        self._changes.announce(Topic.COLLECTIONS, made.id, owner_id, initiator)
        return made

    def list(self, owner_id: UserId) -> list[Collection]:
        """Return the owner's collections by name."""
        return self._documents.collections(owner_id)

    def get(self, owner_id: UserId, collection_id: CollectionId) -> Collection:
        """Return one collection; raises NotFound."""
        return self._documents.collection(owner_id, collection_id)

    def delete(self, owner_id: UserId, collection_id: CollectionId, *, initiator: str = "") -> None:
        """Move a collection with its documents to the trash; raises NotFound."""
        self._documents.trash_collection(owner_id, collection_id)
        self._changes.announce(Topic.COLLECTIONS, collection_id, owner_id, initiator)
        self._ingest.wake()

    # ------------------------------------------------------------ documents

    def documents(self, owner_id: UserId, collection_id: CollectionId) -> DocumentList:
        """Return a collection's documents by name; raises NotFound."""
        return self._documents.documents(owner_id, collection_id)

    def document(self, owner_id: UserId, document_id: DocumentId) -> Document:
        """Return one document; raises NotFound."""
        return self._documents.document(owner_id, document_id)

    def document_text(self, owner_id: UserId, document_id: DocumentId) -> DocumentText:
        """Return a document's text and pages; raises NotFound, Conflict where it has no text."""
        return self._documents.document_text(owner_id, document_id)

    def page_image(
        self, owner_id: UserId, document_id: DocumentId, page: int, width_px: int
    ) -> PageImage:
        """Draw a page of a PDF document, counted from 1; raises NotFound, InvalidInput.

        Raises UnreadableDocument too, where its file is gone or cannot be opened any more.
        """
        return self._pages.image(self._documents.document(owner_id, document_id), page, width_px)

    def passage_boxes(
        self, owner_id: UserId, document_id: DocumentId, start: int, end: int
    ) -> tuple[PageBox, ...]:
        """Return what to mark on a document's pages for a span of its text; raises NotFound.

        Nothing for documents that are no PDF, or whose file was changed since it was read. Raises
        Conflict where there is no text, UnreadableDocument where the file cannot be opened.
        """
        found = self._documents.document_text(owner_id, document_id)
        return self._pages.boxes(found, start, end)

    def pages(self, owner_id: UserId, document_id: DocumentId) -> tuple[PageSpan, ...]:
        """Return where a document's pages lie in its text, none where it has none; NotFound."""
        return self._documents.pages(owner_id, document_id)

    def delete_document(
        self, owner_id: UserId, document_id: DocumentId, *, initiator: str = ""
    ) -> None:
        """Move a document to the trash; raises NotFound."""
        gone = self._documents.trash_document(owner_id, document_id)
        self._changes.announce(Topic.DOCUMENTS, document_id, owner_id, initiator)
        self._changes.announce(Topic.COLLECTIONS, gone.collection_id, owner_id, initiator)
        self._ingest.wake()

    # ------------------------------------------------------------ adding

    def add_files(
        self,
        owner_id: UserId,
        collection_id: CollectionId,
        paths: Sequence[Path],
        *,
        initiator: str = "",
    ) -> IngestJob:
        """Queue files, and folders with all that is in them; raises NotFound.

        Returns once they are queued. Files that are there unchanged are skipped; what cannot be
        read fails on its own, with its reason.
        """
        job = self._documents.add(owner_id, collection_id, files_of(paths))
        return self._queued(job, initiator)

    def add_upload(
        self,
        owner_id: UserId,
        collection_id: CollectionId,
        name: str,
        file: BinaryIO,
        *,
        initiator: str = "",
    ) -> IngestJob:
        """Keep a copy of what was sent and queue it; raises NotFound, UnreadableDocument."""
        self._documents.collection(owner_id, collection_id)
        name = _file_name(name)
        target = self._uploads / f"{new_id('upl')}{PurePath(name).suffix.lower()}"
        _copy(file, target, name)
        status = target.stat()
        seen = FileSeen(name, str(target), status.st_size, status.st_mtime_ns)
        return self._queued(self._documents.add(owner_id, collection_id, [seen]), initiator)

    def retry(self, owner_id: UserId, document_id: DocumentId, *, initiator: str = "") -> IngestJob:
        """Queue a document that failed again; raises NotFound, Conflict where it did not fail."""
        job = self._documents.retry(owner_id, document_id)
        self._changes.announce(Topic.DOCUMENTS, document_id, owner_id, initiator)
        return self._queued(job, initiator)

    def job(self, owner_id: UserId, job_id: JobId) -> IngestJob:
        """Return how far a job is; raises NotFound."""
        return self._documents.job(owner_id, job_id)

    # ------------------------------------------------------------ finding

    def find(
        self,
        owner_id: UserId,
        text: str,
        collection_ids: Sequence[CollectionId],
        limit: int = 5,
        *,
        wait_s: float = WAIT_S,
    ) -> PassageList:
        """Return the best passages for a text, best first; none where nothing is evidence.

        `wait_s` bounds the wait for an embedder that is still loading; after it, keywords alone
        decide.
        """
        return self._search.find(owner_id, text, collection_ids, limit, wait_s)

    def _queued(self, job: IngestJob, initiator: str) -> IngestJob:
        self._changes.announce(Topic.COLLECTIONS, job.collection_id, job.owner_id, initiator)
        self._ingest.wake()
        return job


def _file_name(name: str) -> str:
    """Return the last part of a name that came from outside; raises InvalidInput for none."""
    last = PurePath(name.replace("\\", "/")).name
    kept = "".join(sign for sign in last if sign.isprintable()).strip()
    if not kept or kept in (".", ".."):
        raise InvalidInput("The file has no name.", param="name")
    return kept[-MAX_FILE_NAME:]


def _copy(source: BinaryIO, target: Path, name: str) -> None:
    """Write what is read to a new file, up to the size that can be ingested."""
    try:
        with target.open("xb") as file:
            while block := source.read(_BLOCK):
                if file.tell() + len(block) > MAX_FILE_BYTES:
                    raise unreadable("too_big", name)
                file.write(block)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
