"""The Collections page: what has been added, how far it is, and what could not be read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from core.changes import Topic
from core.records import Collection, CollectionId, Document, DocumentId, DocumentState
from desktop.viewmodels.base import Desk, ViewModel, tr
from desktop.viewmodels.wording import count, document_state, file_size

Index = QModelIndex | QPersistentModelIndex
WORKING = (DocumentState.QUEUED, DocumentState.PARSING, DocumentState.INDEXING)


class DocumentsItemModel(QAbstractTableModel):
    """The documents of one collection as a table; rows keep their place when they progress."""

    NAME, STATE, PAGES, SIZE = range(4)
    DOCUMENT = Qt.ItemDataRole.UserRole
    PROGRESS = Qt.ItemDataRole.UserRole + 1

    def __init__(self, parent: QObject | None = None):
        super().__init__(parent)
        self.documents: list[Document] = []

    def show(self, documents: Sequence[Document]) -> None:
        """Replace the rows; where they are the same documents, only what changed is repainted."""
        old = self.documents
        if [d.id for d in old] != [d.id for d in documents]:
            self.beginResetModel()
            self.documents = list(documents)
            self.endResetModel()
            return
        self.documents = list(documents)
        last = self.columnCount() - 1
        for row, (before, after) in enumerate(zip(old, documents, strict=True)):
            if before != after:
                self.dataChanged.emit(self.index(row, 0), self.index(row, last))

    def document(self, row: int) -> Document | None:
        return self.documents[row] if 0 <= row < len(self.documents) else None

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.documents)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else 4

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation is Qt.Orientation.Vertical:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            right = section in (self.PAGES, self.SIZE)
            side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        return (tr("Document"), tr("State"), tr("Pages"), tr("Size"))[section]

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        document = self.document(index.row())
        if document is None:
            return None
        if role == self.DOCUMENT:
            return document
        if role == self.PROGRESS:
            return progress(document)
        if role == Qt.ItemDataRole.ToolTipRole:
            return document.problem or document.path
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{document.name}, {document_state(document)}, {document.problem or ''}"
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(document, index.column())
        return None

    def _text(self, document: Document, column: int) -> str:
        if column == self.NAME:
            return document.name
        if column == self.STATE:
            return document_state(document)
        if column == self.PAGES:
            return "–" if document.pages is None else str(document.pages)
        return file_size(document.size_bytes)


def progress(document: Document) -> float | None:
    """Return how much of a document's vectors are made, 0 to 1; None when nothing is under way."""
    if document.state not in WORKING:
        return None
    if document.state is DocumentState.INDEXING and document.chunk_count:
        return document.embedded_count / document.chunk_count
    return 0.0


class CollectionsViewModel(ViewModel):
    """Lists collections and the documents of the one that is open."""

    topics = frozenset({Topic.COLLECTIONS, Topic.DOCUMENTS})

    changed = Signal()
    """`collections` or `current` are new."""
    documents_changed = Signal()

    def __init__(self, desk: Desk, parent: QObject | None = None):
        super().__init__(desk, parent)
        self.collections: list[Collection] = []
        self.documents = DocumentsItemModel(self)
        self.loaded = False
        self._current: CollectionId | None = None

    @property
    def current(self) -> Collection | None:
        """The collection that is open."""
        return next((c for c in self.collections if c.id == self._current), None)

    @property
    def summary(self) -> str:
        """One line on the open collection's documents."""
        documents = self.documents.documents
        working = sum(1 for d in documents if d.state in WORKING)
        failed = sum(1 for d in documents if d.state is DocumentState.FAILED)
        parts = [count(len(documents), tr("document"), tr("documents"))]
        if working:
            parts.append(tr("{count} being read").format(count=working))
        if failed:
            parts.append(tr("{count} could not be read").format(count=failed))
        parts.append(file_size(sum(d.size_bytes for d in documents)))
        return " · ".join(parts)

    @property
    def share_done(self) -> float | None:
        """How much of the documents is ready, 0 to 1; None while nothing is under way."""
        documents = self.documents.documents
        shares = [progress(document) for document in documents]
        if not any(share is not None for share in shares):
            return None
        return sum(1.0 if share is None else share for share in shares) / len(shares)

    def open(self, collection_id: CollectionId) -> None:
        if collection_id != self._current:
            self._current = collection_id
            self.documents.show([])
            self.reload()

    async def load(self) -> None:
        core, owner = self.desk.core, self.desk.owner.id
        self.collections = await self.call(core.collections.list, owner)
        self.loaded = True
        if self.current is None:
            self._current = self.collections[0].id if self.collections else None
        self.changed.emit()
        opened = self._current
        if opened is None:
            self.documents.show([])
        else:
            documents = await self.call(core.collections.documents, owner, opened)
            if opened == self._current:
                self.documents.show(documents)
        self.documents_changed.emit()

    def create(self, name: str, description: str = "") -> None:
        self.do(self._create(name, description))

    def delete(self, collection_id: CollectionId) -> None:
        collections, owner = self.desk.core.collections, self.desk.owner.id
        self.do(self.call(collections.delete, owner, collection_id))

    def add(self, paths: Sequence[Path]) -> None:
        """Add files, and everything readable in folders, to the open collection."""
        if self._current is not None and paths:
            collections, owner = self.desk.core.collections, self.desk.owner.id
            self.do(self.call(collections.add_files, owner, self._current, list(paths)))

    def retry(self, document_id: DocumentId) -> None:
        collections, owner = self.desk.core.collections, self.desk.owner.id
        self.do(self.call(collections.retry, owner, document_id))

    def remove(self, document_ids: Sequence[DocumentId]) -> None:
        self.do(self._remove(list(document_ids)))

    async def _create(self, name: str, description: str) -> None:
        collections, owner = self.desk.core.collections, self.desk.owner.id
        made = await self.call(collections.create, owner, name, description)
        self._current = made.id
        self.reload()

    async def _remove(self, document_ids: list[DocumentId]) -> None:
        collections, owner = self.desk.core.collections, self.desk.owner.id
        for document_id in document_ids:
            await self.call(collections.delete_document, owner, document_id)
