"""Collections: retrieval's face to the rest of Outpost.

Writes are durable before they return and are announced; the work that follows from them goes on
in the background and is announced as it goes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from core.changes import Changes, Topic
from core.config import Settings
from core.crashpoints import reached
from core.errors import InvalidInput
from core.records import (
    Collection,
    CollectionId,
    Document,
    DocumentId,
    DocumentText,
    EmbedderId,
    EmbeddingModel,
    FolderId,
    Health,
    IngestJob,
    Inspection,
    JobId,
    JobState,
    PageBox,
    PageImage,
    PageSpan,
    Passage,
    ReindexEstimate,
    RerankerId,
    RerankingModel,
    RetrievalSettings,
    UserId,
    WatchedFolder,
)
from core.retrieval.embedders import STARTER, Embedders
from core.retrieval.embedding import Embedder
from core.retrieval.embedding_step import EmbeddingStep
from core.retrieval.index_doctor import IndexDoctor
from core.retrieval.indexing import Indexing
from core.retrieval.ingest import Ingest, Work
from core.retrieval.jobs import Jobs
from core.retrieval.lexical import LexicalIndex
from core.retrieval.notices import Notices
from core.retrieval.pace import Pace
from core.retrieval.pages import Pages
from core.retrieval.parsing.parser import Parser
from core.retrieval.quarantine import quarantined
from core.retrieval.questions import Questions
from core.retrieval.reading import Reading
from core.retrieval.reindexing import Reindexing
from core.retrieval.reranking import Rerankers
from core.retrieval.search import DEFAULTS, WAIT_S, Search
from core.retrieval.upkeep import Upkeep
from core.retrieval.uploads import keep_upload
from core.retrieval.vector_index import VectorIndex
from core.retrieval.walk import files_of
from core.retrieval.watching import Watching
from core.starter import starter_embedder_dir
from core.store.chunks import ChunkStore
from core.store.database import Database
from core.store.documents import Documents
from core.store.folders import Folders
from core.store.generations import Generations
from core.store.indexing import IngestStore
from core.store.jobs import JobStore
from core.tags import checked_tags

if TYPE_CHECKING:
    from core.retrieval.embedding import Vectors

TRIAL_CHUNKS = 32
"""Embedded to learn an embedder's pace."""

# `list` is a method of the class below.
DocumentList = list[Document]
PassageList = list[Passage]
JobList = list[IngestJob]
FolderList = list[WatchedFolder]
EmbedderList = list[EmbeddingModel]
FolderPaths = list[Path]
RerankerList = list[RerankingModel]
Words = list[str]


class Collections:
    """Everything about collections, documents and passages; safe from any thread.

    `start` begins the background work, `close` ends it. An embedder that is given is the caller's
    to close; without one the starter's is used. The background work gives way while `replying`,
    and what takes memory stays while questions are `expected`.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        changes: Changes,
        embedder: Embedder | None = None,
        *,
        replying: Callable[[], bool] = lambda: False,
        expected: Callable[[], bool] = lambda: False,
    ):
        folder = starter_embedder_dir() or Path("no-embedder-installed")
        models, exports = settings.model_storage_path, settings.exports_dir
        self._uploads, self._chroma_dir = settings.uploads_dir, settings.chroma_dir
        self._changes = changes
        self._embedders = Embedders(models, exports, folder, embedder)
        self._embedder = self._embedders.of(STARTER)
        self._documents, self._folders = Documents(database), Folders(database)
        self._generations = Generations(database)
        chunks, store, notices = ChunkStore(database), IngestStore(database), Notices(changes)
        self._chunks, self._pace = chunks, Pace()
        self._lexical = LexicalIndex(settings.tantivy_dir)
        self._vectors = VectorIndex(settings.chroma_dir, chunks)
        self._parser = Parser(folder)
        self._pages = Pages(folder)
        questions = Questions(chunks, self._embedders.of)
        self._rerankers = Rerankers(models)
        rerank = self._rerankers.scores
        self._search = Search(
            self._documents, chunks, self._lexical, self._vectors, questions, rerank
        )
        reading = Reading(store, chunks, self._parser, self._lexical, notices, self._uploads)
        step = EmbeddingStep(self._embedders, self._pace, replying)
        upkeep = Upkeep(
            store,
            self._embedders,
            self._rerankers,
            self._vectors,
            self._uploads,
            settings.trash_days,
            expected,
        )
        reindexing = Reindexing(self._generations, step, self._vectors, changes)
        self._store = store
        self._doctor = IndexDoctor(chunks, store, self._lexical, self._vectors)
        spare = (reindexing, upkeep)
        indexing = Indexing(
            store, chunks, step, self._lexical, self._vectors, notices, self._doctor, spare
        )
        works: dict[str, Work] = {"outpost-reading": reading, "outpost-indexing": indexing}
        self._ingest = Ingest(works, notices)
        wake = self._ingest.wake
        changes.subscribe(lambda change: wake() if change.topic is Topic.DEPLOYMENTS else None)
        self._jobs = Jobs(JobStore(database), chunks, self._pace, changes, wake)
        self._watching = Watching(
            self._folders, changes, wake, settings.rescan_s, [settings.data_dir]
        )

    def start(self) -> None:
        """Open the indexes and go on with unfinished documents, all in the background."""
        self._embedders.start()
        self._ingest.start()
        self._watching.start()

    def warm(self) -> None:
        """Wait until the embedder is loaded; raises EngineFailed where it cannot be."""
        self._embedder.warm()

    def close(self) -> None:
        """End threads and workers within about three seconds; nothing that was stored is lost."""
        self._watching.stop()
        self._ingest.stop()
        self._parser.close()
        self._pages.close()
        self._embedders.close()
        self._rerankers.close()
        self._search.close()
        self._vectors.close()
        self._ingest.join(2.0)
        self._watching.join(2.0)
        self._lexical.close()

    # ------------------------------------------------------------ health

    def examine(self) -> Health:
        """Compare both indexes with what the database holds; raises StorageFailed."""
        return Health(
            self._doctor.examine(),
            repairing=self._doctor.repairing,
            pending=self._store.pending(),
            quarantined=tuple(map(str, self._quarantined())),
        )

    def repair(self) -> None:
        """Have both indexes put right in the background; questions go on meanwhile."""
        self._doctor.request()
        self._ingest.wake()

    def _quarantined(self) -> FolderPaths:
        return quarantined(self._chroma_dir)

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
        reached("drop.marked")
        self._changes.announce(Topic.COLLECTIONS, collection_id, owner_id, initiator)
        self._ingest.wake()

    def let_go(self, owner_id: UserId) -> None:
        """End all work on an owner's collections, which go to the trash."""
        for each in self.list(owner_id):
            for folder in self.watched(owner_id, each.id):
                self.unwatch(owner_id, folder.id)
            self.delete(owner_id, each.id)

    def tidy(self) -> None:
        """Have the indexes forget what was deleted from the database."""
        self._ingest.wake()

    # ------------------------------------------------------------ documents

    def documents(
        self, owner_id: UserId, collection_id: CollectionId, tag: str | None = None
    ) -> DocumentList:
        """Return a collection's documents by name, all or those with a tag; raises NotFound."""
        return self._documents.documents(owner_id, collection_id, tag)

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

    def tag_document(
        self,
        owner_id: UserId,
        document_id: DocumentId,
        tags: Sequence[str],
        *,
        initiator: str = "",
    ) -> Document:
        """Give a document exactly these tags; raises NotFound, InvalidInput for too many."""
        changed = self._documents.tag(owner_id, document_id, checked_tags(tags))
        self._changes.announce(Topic.DOCUMENTS, document_id, owner_id, initiator)
        return changed

    def document_tags(self, owner_id: UserId) -> Words:
        """Return every tag that a document has, in the order of the alphabet."""
        return self._documents.tags(owner_id)

    def delete_document(
        self, owner_id: UserId, document_id: DocumentId, *, initiator: str = ""
    ) -> None:
        """Move a document to the trash; raises NotFound."""
        gone = self._documents.trash_document(owner_id, document_id)
        reached("delete.marked")
        self._changes.announce(Topic.DOCUMENTS, document_id, owner_id, initiator)
        self._changes.announce(Topic.COLLECTIONS, gone.collection_id, owner_id, initiator)
        self._ingest.wake()
        self._watching.look_again()

    def trashed(self, owner_id: UserId, collection_id: CollectionId) -> DocumentList:
        """Return the documents that can be restored, newest first; raises NotFound."""
        return self._documents.trashed(owner_id, collection_id)

    def restore_document(
        self, owner_id: UserId, document_id: DocumentId, *, initiator: str = ""
    ) -> Document:
        """Take a document out of the trash; raises NotFound, Conflict where it was replaced."""
        back = self._documents.restore(owner_id, document_id)
        self._changes.announce(Topic.DOCUMENTS, document_id, owner_id, initiator)
        self._changes.announce(Topic.COLLECTIONS, back.collection_id, owner_id, initiator)
        self._ingest.wake()
        self._watching.look_again()
        return back

    def empty_trash(
        self, owner_id: UserId, collection_id: CollectionId, *, initiator: str = ""
    ) -> int:
        """Give up what is in the trash and return how many documents; raises NotFound."""
        count = self._documents.empty_trash(owner_id, collection_id)
        self._changes.announce(Topic.COLLECTIONS, collection_id, owner_id, initiator)
        self._ingest.wake()
        return count

    # ------------------------------------------------------------ watched folders

    def watch(
        self,
        owner_id: UserId,
        collection_id: CollectionId,
        folder: Path,
        ignore: Sequence[str] = (),
        *,
        initiator: str = "",
    ) -> WatchedFolder:
        """Follow a folder from now on: its files come, change and go with the collection's.

        One that is watched already gets the new rules. Raises NotFound, InvalidInput where there
        is no such folder, Conflict where it lies inside another one, or the other way round.
        """
        folder = folder.expanduser()
        if not folder.is_dir():
            raise InvalidInput(f"There is no folder '{folder}'.", param="folder")
        watched = self._folders.watch(owner_id, collection_id, folder.resolve(), ignore)
        self._changes.announce(Topic.COLLECTIONS, collection_id, owner_id, initiator)
        self._watching.look_again()
        return watched

    def unwatch(self, owner_id: UserId, folder_id: FolderId, *, initiator: str = "") -> None:
        """Follow a folder no longer; its documents stay as they are. Raises NotFound."""
        gone = self._folders.unwatch(owner_id, folder_id)
        self._changes.announce(Topic.COLLECTIONS, gone.collection_id, owner_id, initiator)
        self._watching.look_again()

    def watched(self, owner_id: UserId, collection_id: CollectionId) -> FolderList:
        """Return the folders that a collection follows; raises NotFound."""
        return self._folders.watched(owner_id, collection_id)

    # ------------------------------------------------------------ embedders

    def embedders(self) -> EmbedderList:
        """Return the embedding models on this machine, the starter first."""
        return self._embedders.list()

    def rerankers(self) -> RerankerList:
        """Return the cross-encoders on this machine, by name."""
        return self._rerankers.list()

    def require_reranker(self, reranker_id: RerankerId) -> None:
        """Raises InvalidInput where a cross-encoder is named that is not on this machine."""
        self._rerankers.require(reranker_id)

    def embed(self, embedder_id: EmbedderId, texts: Sequence[str]) -> tuple[Vectors, int]:
        """Return a vector of length 1 for each text, and how many tokens the texts have.

        Texts are taken as passages. Raises EngineFailed.
        """
        embedder = self._embedders.of(embedder_id)
        return embedder.embed_passages(texts), sum(map(embedder.tokens, texts))

    def reindex_estimate(
        self, owner_id: UserId, collection_id: CollectionId, embedder_id: EmbedderId
    ) -> ReindexEstimate:
        """Return what new vectors would cost, from a trial on the collection's own chunks.

        Takes as long as loading the embedder. Raises NotFound, EngineFailed.
        """
        found = self._documents.collection(owner_id, collection_id)
        made_by = self._embedders.made_by(embedder_id)
        if self._pace.seconds(embedder_id, 1) is None:
            self._try(embedder_id, collection_id)
        seconds = self._pace.seconds(embedder_id, found.chunk_count)
        return ReindexEstimate(
            found.chunk_count, seconds, found.chunk_count * made_by.dimension * 4
        )

    def reindex(
        self,
        owner_id: UserId,
        collection_id: CollectionId,
        embedder_id: EmbedderId,
        *,
        initiator: str = "",
    ) -> IngestJob:
        """Make new vectors by another embedder; the old ones answer until all are there.

        Raises NotFound, EngineFailed where there is no such embedder, Conflict where new vectors
        are being made already.
        """
        self._embedders.model(embedder_id)
        job = self._generations.begin(owner_id, collection_id, embedder_id)
        reached("reindex.begun")
        return self._queued(job, initiator)

    def _try(self, embedder_id: EmbedderId, collection_id: CollectionId) -> None:
        """Embed a few chunks to learn how long it takes."""
        sample = self._chunks.some_of(collection_id, TRIAL_CHUNKS)
        if sample:
            EmbeddingStep(self._embedders, self._pace, lambda: False).vectors(embedder_id, sample)

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
        seen = keep_upload(self._uploads, name, file)
        return self._queued(self._documents.add(owner_id, collection_id, [seen]), initiator)

    def retry(self, owner_id: UserId, document_id: DocumentId, *, initiator: str = "") -> IngestJob:
        """Queue a document that failed again; raises NotFound, Conflict where it did not fail."""
        job = self._documents.retry(owner_id, document_id)
        self._changes.announce(Topic.DOCUMENTS, document_id, owner_id, initiator)
        return self._queued(job, initiator)

    # ------------------------------------------------------------ jobs

    def job(self, owner_id: UserId, job_id: JobId) -> IngestJob:
        """Return how far a job is; raises NotFound."""
        return self._jobs.job(owner_id, job_id)

    def jobs(self, owner_id: UserId, collection_id: CollectionId | None = None) -> JobList:
        """Return the newest jobs, of one collection or all, newest first; raises NotFound."""
        return self._jobs.jobs(owner_id, collection_id)

    def pause_job(self, owner_id: UserId, job_id: JobId, *, initiator: str = "") -> IngestJob:
        """Let a job rest, over restarts too; raises NotFound, Conflict where it has ended."""
        return self._jobs.decide(owner_id, job_id, JobState.PAUSED, initiator)

    def resume_job(self, owner_id: UserId, job_id: JobId, *, initiator: str = "") -> IngestJob:
        """Go on with a job that was paused; raises NotFound, Conflict where it has ended."""
        return self._jobs.decide(owner_id, job_id, JobState.RUNNING, initiator)

    def cancel_job(self, owner_id: UserId, job_id: JobId, *, initiator: str = "") -> IngestJob:
        """End a job: what was not read yet goes to the trash, what was read is left to keywords.

        Raises NotFound, Conflict where it has ended.
        """
        return self._jobs.decide(owner_id, job_id, JobState.CANCELLED, initiator)

    # ------------------------------------------------------------ finding

    def find(
        self,
        owner_id: UserId,
        text: str,
        collection_ids: Sequence[CollectionId],
        limit: int = 5,
        *,
        wait_s: float = WAIT_S,
        settings: RetrievalSettings = DEFAULTS,
    ) -> PassageList:
        """Return the best passages for a text, best first; none where nothing is evidence.

        `wait_s` bounds the wait for an embedder that is still loading; after it, keywords alone
        decide. Of the settings the limit stands in `limit`, the rest is how to look. Raises
        EngineFailed where the reranker that they name cannot be had.
        """
        return self._search.find(owner_id, text, collection_ids, limit, wait_s, settings)

    def inspect(
        self,
        owner_id: UserId,
        text: str,
        collection_ids: Sequence[CollectionId],
        settings: RetrievalSettings = DEFAULTS,
    ) -> Inspection:
        """Return everything that was considered for a question, and what became of it."""
        return self._search.inspect(owner_id, text, collection_ids, settings)

    def why_not(
        self,
        owner_id: UserId,
        text: str,
        document_id: DocumentId,
        collection_ids: Sequence[CollectionId],
        settings: RetrievalSettings = DEFAULTS,
    ) -> Inspection:
        """Return a document's best chunks for a question, and why none of them is shown.

        Raises NotFound.
        """
        return self._search.why_not(owner_id, text, document_id, collection_ids, settings)

    def _queued(self, job: IngestJob, initiator: str) -> IngestJob:
        reached("ingest.queued")
        self._changes.announce(Topic.COLLECTIONS, job.collection_id, job.owner_id, initiator)
        self._ingest.wake()
        return job
