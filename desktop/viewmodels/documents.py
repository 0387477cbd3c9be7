"""The documents of a collection as rows of a table, and how far each of them is."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from core.records import Document, DocumentState
from desktop.viewmodels.base import tr
from desktop.viewmodels.notices import unreadable
from desktop.viewmodels.wording import document_state, file_size

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
            return problem(document) or document.path
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{document.name}, {document_state(document)}, {problem(document)}"
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


def problem(document: Document) -> str:
    """Return why a document could not be read; '' where it could."""
    return unreadable(document.reason, document.problem)


def progress(document: Document) -> float | None:
    """Return how much of a document's vectors are made, 0 to 1; None when nothing is under way."""
    if document.state not in WORKING:
        return None
    if document.state is DocumentState.INDEXING and document.chunk_count:
        return document.embedded_count / document.chunk_count
    return 0.0
