"""The conversations beside the chat: search, open, rename, delete."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QListWidgetItem, QMenu, QStackedWidget

from core.records import Conversation, ConversationId, now
from desktop.theme import Size, Space
from desktop.viewmodels.chat import ChatViewModel
from desktop.viewmodels.wording import when
from desktop.views.controls import Button, SearchField, label
from desktop.views.dialogs import ask_text, confirm
from desktop.views.layouts import STRETCH, column, holder
from desktop.views.look import Look
from desktop.views.side_list import Entry, SideList


class ConversationList(QFrame):
    """The side bar of the Chat page."""

    def __init__(self, look: Look, model: ChatViewModel):
        super().__init__()
        self._look, self._model = look, model
        self.setProperty("role", "sidebar")
        self.setFixedWidth(Size.SIDEBAR)
        self.new_button = Button(look, self.tr("New chat"), "plus", on_click=lambda: model.new())
        self.search = SearchField(look, self.tr("Search conversations"))
        self._list = SideList(look, self.tr("Conversations"))
        self._list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._none = label(role="small", wrap=True)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._list)
        self._stack.addWidget(holder(column(self._none, STRETCH, margins=Space.M)))
        self.setLayout(
            column(
                self.new_button,
                self.search,
                self._stack,
                gap=Space.S,
                margins=(Space.M, Space.L, Space.M, Space.S),
            )
        )
        self._connect()

    def _connect(self) -> None:
        self.search.searched.connect(self._model.find)
        self._list.itemClicked.connect(self._open)
        self._list.itemActivated.connect(self._open)
        self._list.customContextMenuRequested.connect(self._menu)
        self._model.listed.connect(self._show)
        self._model.opened.connect(self._select)

    @Slot()
    def _show(self) -> None:
        """Bring the list up to date without moving it."""
        wanted = self._model.conversations
        moment = now()
        entries = [
            Entry(c.id, c.title, c.agent_name, when(c.updated_at, moment), c) for c in wanted
        ]
        self._list.show_entries(entries, self._chosen())
        searching = bool(self._model.search)
        self._none.setText(
            self.tr("No conversation contains this.")
            if searching
            else self.tr("Your conversations will be listed here.")
        )
        self._stack.setCurrentIndex(0 if wanted else 1)

    @Slot()
    def _select(self) -> None:
        self._list.choose(self._chosen())

    def _chosen(self) -> int:
        """Return the row of the conversation on show, or -1."""
        current = self._model.current
        ids = [conversation.id for conversation in self._model.conversations]
        return ids.index(current.id) if current is not None and current.id in ids else -1

    def _conversation(self, item: QListWidgetItem | None) -> Conversation | None:
        found = self._list.subject(item)
        return found if isinstance(found, Conversation) else None

    @Slot(QListWidgetItem)
    def _open(self, item: QListWidgetItem) -> None:
        conversation = self._conversation(item)
        if conversation is not None:
            self._model.open(conversation.id)

    @Slot(QPoint)
    def _menu(self, at: QPoint) -> None:
        conversation = self._conversation(self._list.itemAt(at))
        if conversation is None:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        rename = menu.addAction(self._look.icon("edit"), self.tr("Rename…"))
        rename.triggered.connect(lambda: self.rename(conversation))
        delete = menu.addAction(self._look.icon("trash"), self.tr("Delete…"))
        delete.triggered.connect(lambda: self.delete(conversation))
        menu.popup(self._list.viewport().mapToGlobal(at))

    def rename(self, conversation: Conversation) -> None:
        def take(title: str) -> None:
            self._model.rename(conversation.id, title)

        title = self.tr("Rename conversation")
        ask_text(self, self._look, title, "", self.tr("Rename"), take, conversation.title)

    def delete(self, conversation: Conversation) -> None:
        conversation_id: ConversationId = conversation.id
        confirm(
            self,
            self._look,
            self.tr("Delete this conversation?"),
            self.tr("“{title}” and all its messages go.").format(title=conversation.title),
            self.tr("Delete conversation"),
            lambda: self._model.delete(conversation_id),
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        conversation = self._conversation(self._list.currentItem())
        if conversation is not None and self._list.hasFocus():
            if event.key() == Qt.Key.Key_F2:
                self.rename(conversation)
                return
            if event.key() == Qt.Key.Key_Delete:
                self.delete(conversation)
                return
        super().keyPressEvent(event)
