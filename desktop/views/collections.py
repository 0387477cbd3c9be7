"""The Collections page: collections on the left, the documents of one on the right."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QListWidgetItem,
    QMenu,
    QStackedWidget,
    QToolButton,
    QWidget,
)

from core.records import Collection
from desktop.theme import Size, Space
from desktop.viewmodels.collections import CollectionsViewModel
from desktop.viewmodels.figures import count
from desktop.views.collection_sheets import FoldersSheet, ReindexSheet
from desktop.views.controls import Button, Elided, Icon, IconButton, frame, label
from desktop.views.dialogs import ask_text, confirm
from desktop.views.document_detail import DocumentDetail
from desktop.views.document_table import DocumentTable
from desktop.views.job_cards import JobCards
from desktop.views.layouts import STRETCH, EmptyState, Screen, column, holder, row
from desktop.views.look import Look
from desktop.views.side_list import Entry, SideList


class CollectionsPage(Screen):
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
        self.jobs = JobCards(look, model)
        self.table = DocumentTable(look, model)
        self.detail = DocumentDetail(look, model)
        self._stack = QStackedWidget()
        self._body = QStackedWidget()
        self._drop = self._drop_sign()
        self._lay_out()
        self._connect()
        self.first = self._list

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
        self._adders = (files, folder)
        self._emptying = Button(
            self._look, self.tr("Empty trash…"), "trash", on_click=self.ask_empty
        )
        self._leaving = Button(
            self._look,
            self.tr("Back to the documents"),
            "chevron-left",
            on_click=lambda: self._model.show_trash(False),
        )
        words = column(self._name, self._meaning, gap=2)
        buttons = (files, folder, self._leaving, self._emptying, self._menu_button())
        head = row(words, *buttons, gap=Space.S)
        head.setStretch(0, 1)
        documents = holder(column(self.table, self.detail, gap=Space.M))
        documents.layout().setStretch(0, 1)  # type: ignore[union-attr]
        self._body.addWidget(documents)
        self._body.addWidget(self._no_documents())
        self._body.addWidget(self._no_trash())
        whole = column(
            head,
            column(self._summary, self.jobs, gap=Space.M),
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
            Button(self._look, self.tr("Watch folder…"), "refresh", on_click=self.show_folders),
        )

    def _no_trash(self) -> EmptyState:
        title, text = self.tr("The trash is empty"), self.tr("Documents that you remove come here.")
        return EmptyState(self._look, "trash", title, text)

    def _menu_button(self) -> IconButton:
        button = IconButton(self._look, "more", self.tr("More for this collection"))
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(button)
        menu.aboutToShow.connect(lambda: self._fill(menu))
        button.setMenu(menu)
        return button

    def _fill(self, menu: QMenu) -> None:
        menu.clear()
        failed = self._model.failed
        entries: list[tuple[str, str, Callable[[], object]]] = [
            ("folder", self.tr("Watched folders…"), self.show_folders),
            ("refresh", self.tr("New vectors…"), self.show_reindex),
            ("trash", self.tr("Trash"), lambda: self._model.show_trash(True)),
            ("close", self.tr("Delete collection…"), self.ask_delete),
        ]
        if failed:
            again = self.tr("Try the {count} that failed again").format(count=len(failed))
            ids = [document.id for document in failed]
            entries.insert(0, ("undo", again, lambda: self._model.retry(ids)))
        for icon, text, call in entries:
            menu.addAction(self._look.icon(icon), text).triggered.connect(
                lambda _=False, c=call: c()
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
        documents = count(collection.document_count, "document", "documents")
        failed = collection.failed_count
        aside = self.tr("{count} failed").format(count=failed) if failed else ""
        return Entry(collection.id, collection.name, documents, aside, collection)

    def _show_head(self, collection: Collection | None) -> None:
        self._stack.setCurrentIndex(1 if collection is None else 0)
        if collection is not None:
            trash = self.tr("Trash of {name}").format(name=collection.name)
            self._name.set_full(trash if self._model.in_trash else collection.name)
            self._meaning.set_full(collection.description)
            self._meaning.setVisible(bool(collection.description))

    @Slot()
    def _show_documents(self) -> None:
        documents = self._model.documents.documents
        in_trash = self._model.in_trash
        self._body.setCurrentIndex(0 if documents else 2 if in_trash else 1)
        self._summary.setText(self._model.summary)
        self._summary.setVisible(bool(documents or self._model.folders))
        for button in self._adders:  # an empty collection offers them in its middle
            button.setVisible(bool(documents) and not in_trash)
        self._leaving.setVisible(in_trash)
        self._emptying.setVisible(in_trash and bool(documents))
        self.jobs.refresh()
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

    def ask_empty(self) -> None:
        """Ask before the trash is emptied."""
        number = len(self._model.documents.documents)
        documents = count(number, "document", "documents")
        confirm(
            self,
            self._look,
            self.tr("Empty the trash?"),
            self.tr(
                "What Outpost has read of {documents} goes for good. The files are not touched."
            ).format(documents=documents),
            self.tr("Empty trash"),
            self._model.empty_trash,
        )

    def show_folders(self) -> FoldersSheet:
        return FoldersSheet(self, self._look, self._model)

    def show_reindex(self) -> ReindexSheet:
        return ReindexSheet(self, self._look, self._model)

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
