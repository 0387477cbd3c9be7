"""The Collections page: collections on the left, the documents of one on the right."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QListWidgetItem,
    QProgressBar,
    QStackedWidget,
    QWidget,
)

from core.records import Collection, Document, DocumentState
from desktop.theme import Size, Space
from desktop.viewmodels.collections import CollectionsViewModel
from desktop.viewmodels.wording import count
from desktop.views.controls import Button, Elided, Icon, IconButton, frame, label
from desktop.views.dialogs import ask_text, confirm
from desktop.views.document_table import DocumentTable
from desktop.views.layouts import STRETCH, EmptyState, column, holder, row
from desktop.views.look import Look
from desktop.views.side_list import Entry, SideList


class CollectionsPage(QWidget):
    """Shows collections and their documents; files may be dropped anywhere on it."""

    def __init__(self, look: Look, model: CollectionsViewModel):
        super().__init__()
        self._look, self._model = look, model
        self.setProperty("role", "page")
        self.setAcceptDrops(True)
        self._list = SideList(look, self.tr("Collections"))
        self._name = Elided(role="display")
        self._meaning = Elided(role="muted")
        self._summary = label(role="small")
        self._progress = QProgressBar()
        self._progress.setRange(0, 1000)
        self._progress.setTextVisible(False)
        self._progress.setAccessibleName(self.tr("Documents read"))
        self.table = DocumentTable(look, model)
        self.detail = DocumentDetail(look, model)
        self._stack = QStackedWidget()
        self._body = QStackedWidget()
        self._drop = self._drop_sign()
        self._lay_out()
        self._connect()
        self.setFocusProxy(self._list)

    # ------------------------------------------------------------ building

    def _lay_out(self) -> None:
        new = Button(self._look, self.tr("New collection"), "plus", on_click=self.begin_new)
        side = frame("sidebar")
        side.setFixedWidth(Size.SIDEBAR)
        side.setLayout(
            column(new, self._list, gap=Space.S, margins=(Space.M, Space.L, Space.M, Space.S))
        )
        self._side = side
        self._stack.addWidget(self._opened_layout())
        self._stack.addWidget(self._empty())
        self._stack.addWidget(QWidget())
        self._stack.setCurrentIndex(2)
        whole = row(side, self._stack, gap=0)
        whole.setStretch(1, 1)
        self.setLayout(whole)

    def _opened_layout(self) -> QWidget:
        files = Button(self._look, self.tr("Add files…"), "file-plus", "primary", self.choose_files)
        folder = Button(self._look, self.tr("Add folder…"), "folder", on_click=self.choose_folder)
        delete = IconButton(self._look, "trash", self.tr("Delete this collection"), self.ask_delete)
        self._adders = (files, folder)
        words = column(self._name, self._meaning, gap=2)
        head = row(words, files, folder, delete, gap=Space.S)
        head.setStretch(0, 1)
        documents = holder(column(self.table, self.detail, gap=Space.M))
        documents.layout().setStretch(0, 1)  # type: ignore[union-attr]
        self._body.addWidget(documents)
        self._body.addWidget(self._no_documents())
        whole = column(
            head,
            column(self._summary, self._progress, gap=Space.S),
            self._body,
            gap=Space.L,
            margins=(Space.XXL, Space.XL, Space.XXL, Space.XL),
        )
        whole.setStretch(2, 1)
        return holder(whole)

    def _empty(self) -> EmptyState:
        return EmptyState(
            self._look,
            "collections",
            self.tr("No collections yet"),
            self.tr(
                "A collection is a set of documents that RAG agents answer from. Make one, then "
                "add files to it."
            ),
            Button(self._look, self.tr("New collection"), "plus", "primary", self.begin_new),
        )

    def _no_documents(self) -> EmptyState:
        return EmptyState(
            self._look,
            "file-plus",
            self.tr("Drop files or folders here"),
            self.tr(
                "PDF, office documents, e-books, mail, web pages and text are read. The files "
                "stay where they are; nothing leaves this machine."
            ),
            Button(self._look, self.tr("Add files…"), "file-plus", "primary", self.choose_files),
            Button(self._look, self.tr("Add folder…"), "folder", on_click=self.choose_folder),
        )

    def _drop_sign(self) -> QFrame:
        sign = frame("drop")
        sign.setParent(self)
        text = label(self.tr("Drop to add to this collection"), "title")
        sign.setLayout(
            column(
                STRETCH,
                row(STRETCH, Icon(self._look, "import", "accent_text", 40), STRETCH),
                row(STRETCH, text, STRETCH),
                STRETCH,
                gap=Space.M,
            )
        )
        sign.hide()
        return sign

    def _connect(self) -> None:
        self._model.changed.connect(self._show)
        self._model.documents_changed.connect(self._show_documents)
        self._list.currentItemChanged.connect(self._open)
        self.table.selected.connect(self.detail.show_document)

    # ------------------------------------------------------------ showing

    @Slot()
    def _show(self) -> None:
        """Bring the list and the head up to date."""
        entries = [self._entry(collection) for collection in self._model.collections]
        ids = [collection.id for collection in self._model.collections]
        current = self._model.current
        self._list.show_entries(entries, -1 if current is None else ids.index(current.id))
        self._side.setVisible(bool(self._model.collections))
        self._show_head(self._model.current)

    def _entry(self, collection: Collection) -> Entry:
        documents = count(collection.document_count, self.tr("document"), self.tr("documents"))
        failed = collection.failed_count
        aside = self.tr("{count} failed").format(count=failed) if failed else ""
        return Entry(collection.id, collection.name, documents, aside, collection)

    def _show_head(self, collection: Collection | None) -> None:
        self._stack.setCurrentIndex(1 if collection is None else 0)
        if collection is not None:
            self._name.set_full(collection.name)
            self._meaning.set_full(collection.description)
            self._meaning.setVisible(bool(collection.description))

    @Slot()
    def _show_documents(self) -> None:
        documents = self._model.documents.documents
        self._body.setCurrentIndex(0 if documents else 1)
        self._summary.setText(self._model.summary)
        self._summary.setVisible(bool(documents))
        for button in self._adders:  # an empty collection offers them in its middle
            button.setVisible(bool(documents))
        share = self._model.share_done
        self._progress.setVisible(share is not None)
        self._progress.setValue(round((share or 0.0) * 1000))
        self.detail.show_document(self.table.current())

    @Slot(QListWidgetItem)
    def _open(self, item: QListWidgetItem | None, *_: object) -> None:
        collection = self._list.subject(item)
        if isinstance(collection, Collection):
            self._model.open(collection.id)

    # ------------------------------------------------------------ wishes

    def begin_new(self) -> None:
        ask_text(
            self,
            self._look,
            self.tr("New collection"),
            self.tr("Name it after what the documents are about."),
            self.tr("Create"),
            self._model.create,
            placeholder=self.tr("For example: Maintenance manuals"),
        )

    def choose_files(self) -> None:
        """Open a file dialog that does not block the loop."""
        dialog = QFileDialog(self.window(), self.tr("Add files"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(self._add)
        dialog.open()

    def choose_folder(self) -> None:
        dialog = QFileDialog(self.window(), self.tr("Add a folder with everything in it"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.filesSelected.connect(self._add)
        dialog.open()

    def ask_delete(self) -> None:
        collection = self._model.current
        if collection is None:
            return
        confirm(
            self,
            self._look,
            self.tr("Delete {name}?").format(name=collection.name),
            self.tr(
                "Agents that answer from it lose it. Your files are not touched, only what "
                "Outpost has read from them."
            ),
            self.tr("Delete collection"),
            lambda: self._model.delete(collection.id),
        )

    def _add(self, paths: list[str]) -> None:
        self._model.add([Path(path) for path in paths])

    # ------------------------------------------------------------ dropping files

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        urls = event.mimeData().urls()
        if self._model.current is not None and any(url.isLocalFile() for url in urls):
            event.acceptProposedAction()
            self._drop.setGeometry(self._stack.geometry().adjusted(12, 12, -12, -12))
            self._drop.show()
            self._drop.raise_()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._drop.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        self._drop.hide()
        urls = [url for url in event.mimeData().urls() if url.isLocalFile()]
        self._add([url.toLocalFile() for url in urls])
        event.acceptProposedAction()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete and self.table.hasFocus():
            self.detail.ask_remove()
        else:
            super().keyPressEvent(event)


class DocumentDetail(QFrame):
    """The chosen document below the table: why it failed, and what can be done with it."""

    def __init__(self, look: Look, model: CollectionsViewModel):
        super().__init__()
        self._look, self._model = look, model
        self._document: Document | None = None
        self.setProperty("role", "card")
        self._icon = Icon(look, "file", "muted")
        self._name = Elided(role="strong", where=Qt.TextElideMode.ElideMiddle)
        self._path = Elided(role="small", where=Qt.TextElideMode.ElideMiddle)
        self._problem = label(role="problem", wrap=True)
        self._retry = Button(look, self.tr("Try again"), "refresh", on_click=self._try_again)
        self._remove = Button(look, self.tr("Remove…"), "trash", on_click=self.ask_remove)
        words = column(self._name, self._problem, self._path, gap=4)
        parts = row(self._icon, words, self._retry, self._remove, gap=Space.M)
        parts.setAlignment(self._icon, Qt.AlignmentFlag.AlignTop)
        parts.setContentsMargins(Space.L, Space.M, Space.M, Space.M)
        parts.setStretch(1, 1)
        self.setLayout(parts)
        self.hide()

    @Slot(object)
    def show_document(self, document: Document | None) -> None:
        self._document = document
        self.setVisible(document is not None)
        if document is None:
            return
        failed = document.state is DocumentState.FAILED
        self._icon.change("alert" if failed else "file", "danger" if failed else "muted")
        self._name.set_full(document.name)
        self._path.set_full(document.path)
        self._problem.setText(document.problem or "")
        self._problem.setVisible(bool(document.problem))
        self._retry.setVisible(failed)

    def ask_remove(self) -> None:
        document = self._document
        if document is not None:
            confirm(
                self,
                self._look,
                self.tr("Remove {name}?").format(name=document.name),
                self.tr("Agents no longer find it. The file itself is not touched."),
                self.tr("Remove document"),
                lambda: self._model.remove([document.id]),
            )

    def _try_again(self) -> None:
        if self._document is not None:
            self._model.retry(self._document.id)
