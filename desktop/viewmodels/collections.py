"""The Collections page: what has been added, how far it is, and what could not be read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from core.changes import Topic
from core.errors import NotFound
from core.records import (
    Collection,
    CollectionId,
    Document,
    DocumentId,
    DocumentState,
    EmbedderId,
    EmbeddingModel,
    FolderId,
    FolderState,
    IngestJob,
    JobId,
    JobState,
    ReindexEstimate,
    UserId,
    WatchedFolder,
)
from desktop.viewmodels.base import Desk, ViewModel, tr
from desktop.viewmodels.documents import WORKING, DocumentsItemModel, progress
from desktop.viewmodels.figures import count, number
from desktop.viewmodels.wording import file_size

Change = Callable[[UserId, DocumentId], object]


class CollectionsViewModel(ViewModel):
    """Lists collections, and of the open one its documents or trash, jobs and watched folders."""

    topics = frozenset({Topic.COLLECTIONS, Topic.DOCUMENTS})

    changed = Signal()
    """`collections` or `current` are new."""
    documents_changed = Signal()
    """The documents of the open collection, its jobs and its watched folders."""
    embedders_known = Signal(object)
    """list[EmbeddingModel]: what could make the collection's vectors."""
    estimated = Signal(object, object)
    """(EmbedderId, ReindexEstimate): what new vectors by this embedder would cost."""

    def __init__(self, desk: Desk, parent: QObject | None = None):
        super().__init__(desk, parent)
        self.collections: list[Collection] = []
        self.documents = DocumentsItemModel(self)
        self.jobs: list[IngestJob] = []
        """Those that have not ended."""
        self.folders: list[WatchedFolder] = []
        self.in_trash = False
        self.loaded = False
        self._current: CollectionId | None = None

    @property
    def current(self) -> Collection | None:
        """The collection that is open."""
        return next((c for c in self.collections if c.id == self._current), None)

    @property
    def failed(self) -> list[Document]:
        """The documents that could not be read."""
        return [d for d in self.documents.documents if d.state is DocumentState.FAILED]

    @property
    def summary(self) -> str:
        """One line on the open collection's documents and watched folders."""
        documents = self.documents.documents
        parts = [count(len(documents), "document", "documents")]
        waiting = sum(d.state in WORKING for d in documents)
        offline = sum(d.state is DocumentState.OFFLINE for d in documents)
        if waiting:
            parts.append(count(waiting, "still to be read", "still to be read"))
        if self.failed:
            parts.append(count(len(self.failed), "could not be read", "could not be read"))
        if offline:
            parts.append(tr("{count} offline").format(count=number(offline)))
        parts.append(file_size(sum(d.size_bytes for d in documents)))
        if self.folders and not self.in_trash:
            parts.append(self._watching())
        return " · ".join(parts)

    def _watching(self) -> str:
        away = sum(folder.state is FolderState.OFFLINE for folder in self.folders)
        watched = count(len(self.folders), "watched folder", "watched folders")
        if not away:
            return watched
        return tr("{watched}, {away} offline").format(watched=watched, away=away)

    @property
    def share_done(self) -> float | None:
        """How much of the documents is ready, 0 to 1; None while nothing is under way."""
        documents = self.documents.documents
        shares = [progress(document) for document in documents]
        if not any(share is not None for share in shares):
            return None
        return sum(1.0 if share is None else share for share in shares) / len(shares)

    # ------------------------------------------------------------ loading

    def open(self, collection_id: CollectionId) -> None:
        if collection_id != self._current:
            self._current, self.in_trash = collection_id, False
            self.documents.show([])
            self.reload()

    def show_trash(self, shown: bool) -> None:
        """Show the open collection's trash in place of its documents, or these again."""
        if shown != self.in_trash:
            self.in_trash = shown
            self.documents.show([])
            self.reload()

    async def load(self) -> None:
        core, owner = self.desk.core, self.desk.owner.id
        self.collections = await self.call(core.collections.list, owner)
        self.loaded = True
        if self.current is None:
            self._current = self.collections[0].id if self.collections else None
            self.in_trash = False
        self.changed.emit()
        if self._current is None:
            self.documents.show([])
            self.jobs, self.folders = [], []
        else:
            try:
                await self._load_opened(self._current)
            except NotFound:  # deleted since it was listed
                self.reload()
        self.documents_changed.emit()

    async def _load_opened(self, opened: CollectionId) -> None:
        collections, owner = self.desk.core.collections, self.desk.owner.id
        in_trash = self.in_trash
        find = collections.trashed if in_trash else collections.documents
        documents = await self.call(find, owner, opened)
        jobs = await self.call(collections.jobs, owner, opened)
        folders = await self.call(collections.watched, owner, opened)
        if (opened, in_trash) == (self._current, self.in_trash):
            self.documents.show(documents)
            self.jobs = [j for j in jobs if j.state in (JobState.RUNNING, JobState.PAUSED)]
            self.folders = list(folders)

    # ------------------------------------------------------------ collections

    def create(self, name: str, description: str = "") -> None:
        self.do(self._create(name, description))

    async def _create(self, name: str, description: str) -> None:
        collections, owner = self.desk.core.collections, self.desk.owner.id
        made = await self.call(collections.create, owner, name, description)
        self._current, self.in_trash = made.id, False
        self.reload()

    def delete(self, collection_id: CollectionId) -> None:
        collections, owner = self.desk.core.collections, self.desk.owner.id
        self.do(self.call(collections.delete, owner, collection_id))

    def watch(self, folder: Path) -> None:
        """Follow a folder with the open collection."""
        if self._current is not None:
            collections, owner = self.desk.core.collections, self.desk.owner.id
            self.do(self.call(collections.watch, owner, self._current, folder))

    def unwatch(self, folder_id: FolderId) -> None:
        """Follow a folder no longer; its documents stay."""
        collections, owner = self.desk.core.collections, self.desk.owner.id
        self.do(self.call(collections.unwatch, owner, folder_id))

    # ------------------------------------------------------------ documents

    def add(self, paths: Sequence[Path]) -> None:
        """Add files, and everything readable in folders, to the open collection."""
        if self._current is not None and paths:
            collections, owner = self.desk.core.collections, self.desk.owner.id
            self.do(self.call(collections.add_files, owner, self._current, list(paths)))

    def retry(self, document_ids: Sequence[DocumentId]) -> None:
        """Read documents again that failed."""
        self.do(self._each(self.desk.core.collections.retry, list(document_ids)))

    def tag(self, document_id: DocumentId, tags: Sequence[str]) -> None:
        """Give a document exactly these tags."""
        collections, owner = self.desk.core.collections, self.desk.owner.id
        self.do(self.call(collections.tag_document, owner, document_id, list(tags)))

    def remove(self, document_ids: Sequence[DocumentId]) -> None:
        """Move documents to the trash."""
        self.do(self._each(self.desk.core.collections.delete_document, list(document_ids)))

    def restore(self, document_ids: Sequence[DocumentId]) -> None:
        """Take documents out of the trash."""
        self.do(self._each(self.desk.core.collections.restore_document, list(document_ids)))

    async def _each(self, change: Change, document_ids: list[DocumentId]) -> None:
        for document_id in document_ids:
            await self.call(change, self.desk.owner.id, document_id)

    def empty_trash(self) -> None:
        """Give up what is in the open collection's trash."""
        if self._current is not None:
            collections, owner = self.desk.core.collections, self.desk.owner.id
            self.do(self.call(collections.empty_trash, owner, self._current))

    # ------------------------------------------------------------ jobs

    def pause(self, job_id: JobId) -> None:
        self.do(self.call(self.desk.core.collections.pause_job, self.desk.owner.id, job_id))

    def resume(self, job_id: JobId) -> None:
        self.do(self.call(self.desk.core.collections.resume_job, self.desk.owner.id, job_id))

    def cancel(self, job_id: JobId) -> None:
        self.do(self.call(self.desk.core.collections.cancel_job, self.desk.owner.id, job_id))

    def look_for_embedders(self) -> None:
        """Ask what could make vectors; `embedders_known` tells."""
        self.do(self._look_for_embedders())

    async def _look_for_embedders(self) -> None:
        found: Sequence[EmbeddingModel] = await self.call(self.desk.core.collections.embedders)
        self.embedders_known.emit(list(found))

    def estimate(self, embedder_id: EmbedderId) -> None:
        """Ask what new vectors would cost; takes as long as loading the embedder."""
        if self._current is not None:
            self.do(self._estimate(self._current, embedder_id))

    async def _estimate(self, collection_id: CollectionId, embedder_id: EmbedderId) -> None:
        collections, owner = self.desk.core.collections, self.desk.owner.id
        found: ReindexEstimate = await self.call(
            collections.reindex_estimate, owner, collection_id, embedder_id
        )
        self.estimated.emit(embedder_id, found)

    def reindex(self, embedder_id: EmbedderId) -> None:
        """Make new vectors for the open collection; the old ones answer until all are there."""
        if self._current is not None:
            collections, owner = self.desk.core.collections, self.desk.owner.id
            self.do(self.call(collections.reindex, owner, self._current, embedder_id))
