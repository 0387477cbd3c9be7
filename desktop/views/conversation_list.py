"""The conversations beside the chat: search, sort, open, and what can be done with each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QPoint, Qt, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFileDialog, QFrame, QListWidgetItem, QMenu, QStackedWidget

from core.records import Conversation, ConversationHit, now
from desktop.theme import Size, Space
from desktop.viewmodels.chat import ChatViewModel
from desktop.viewmodels.conversations import ConversationsViewModel
from desktop.viewmodels.figures import count
from desktop.viewmodels.wording import file_name, when
from desktop.views.controls import Button, Choice, SearchField, label
from desktop.views.dialogs import ask_tags, ask_text, confirm
from desktop.views.layouts import STRETCH, column, holder
from desktop.views.look import Look
from desktop.views.pdf_export import write_pdf
from desktop.views.side_list import Entry, SideList

ALL, TRASH = "all", "trash"
NAMES = {"md": "Markdown (*.md)", "json": "JSON (*.json)", "pdf": "PDF (*.pdf)"}


class ConversationList(QFrame):
    """The side bar of the Chat page."""

    def __init__(self, look: Look, model: ConversationsViewModel, chat: ChatViewModel):
        super().__init__()
        self._look, self._model, self._chat = look, model, chat
        self.setProperty("role", "sidebar")
        self.setFixedWidth(Size.SIDEBAR)
        self.new_button = Button(look, self.tr("New chat"), "plus", on_click=lambda: chat.new())
        self.search = SearchField(look, self.tr("Search conversations"))
        self.filter = Choice(self.tr("Which conversations are listed"))
        self._list = SideList(look, self.tr("Conversations"))
        self._list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._none = label(role="small", wrap=True)
        self.empty_button = Button(look, self.tr("Empty trash…"), "trash", on_click=self._empty)
        self.empty_button.hide()
        self._stack = QStackedWidget()
        self._stack.addWidget(self._list)
        self._stack.addWidget(holder(column(self._none, STRETCH, margins=Space.M)))
        self.setLayout(
            column(
                self.new_button,
                self.search,
                self.filter,
                self._stack,
                self.empty_button,
                gap=Space.S,
                margins=(Space.M, Space.L, Space.M, Space.S),
            )
        )
        self._connect()

    def _connect(self) -> None:
        self.search.searched.connect(self._model.find)
        self.filter.chosen.connect(self._choose)
        self._list.itemClicked.connect(self._open)
        self._list.itemActivated.connect(self._open)
        self._list.customContextMenuRequested.connect(self._menu)
        self._model.listed.connect(self._show)
        self._chat.agents_changed.connect(self._show)
        for signal in (self._chat.opened, self._chat.asked):
            signal.connect(self._select)

    # ------------------------------------------------------------ what is listed

    @Slot()
    def _show(self) -> None:
        """Bring the list up to date without moving it."""
        self.filter.offer(self._filters())
        moment = now()
        hits = self._model.hits
        entries = [self._entry(hit, when(hit.conversation.updated_at, moment)) for hit in hits]
        self._list.show_entries(entries, self._chosen())
        self._none.setText(self._nothing())
        self._stack.setCurrentIndex(0 if entries else 1)
        self.empty_button.setVisible(self._model.in_trash and bool(entries))

    def _entry(self, hit: ConversationHit, aside: str) -> Entry:
        conversation = hit.conversation
        tags = "  ".join(f"#{tag}" for tag in conversation.tags)
        below = f"{conversation.agent_name}  {tags}" if tags else conversation.agent_name
        snippet = hit.snippet if self._model.search else ""
        return Entry(
            conversation.id,
            conversation.title,
            below,
            aside,
            hit,
            snippet,
            hit.marks if snippet else (),
            conversation.pinned,
        )

    def _nothing(self) -> str:
        if self._model.in_trash:
            return self.tr("The trash is empty.")
        if self._model.filtered:
            return self.tr("No conversation fits. Try other words, or list all conversations.")
        return self.tr("Your conversations will be listed here.")

    def _filters(self) -> list[tuple[str, object]]:
        agents = [(each.name, ("agent", each.id)) for each in self._chat.agents]
        tags = [(f"#{tag}", ("tag", tag)) for tag in self._model.tags]
        ends = [(self.tr("Trash"), (TRASH, ""))]
        return [(self.tr("All conversations"), (ALL, "")), *agents, *tags, *ends]

    @Slot(object)
    def _choose(self, chosen: tuple[str, str]) -> None:
        kind, value = chosen
        agents = {each.id: each.id for each in self._chat.agents}
        self._model.choose(
            agents.get(value) if kind == "agent" else None,  # type: ignore[call-overload]
            value if kind == "tag" else None,
            trash=kind == TRASH,
        )

    @Slot()
    def _select(self, *_: object) -> None:
        self._list.choose(self._chosen())

    def _chosen(self) -> int:
        """Return the row of the conversation on show, or -1."""
        current = self._chat.current
        ids = [hit.conversation.id for hit in self._model.hits]
        return ids.index(current.id) if current is not None and current.id in ids else -1

    def _hit(self, item: QListWidgetItem | None) -> ConversationHit | None:
        found = self._list.subject(item)
        return found if isinstance(found, ConversationHit) else None

    @Slot(QListWidgetItem)
    def _open(self, item: QListWidgetItem) -> None:
        hit = self._hit(item)
        if hit is None:
            return
        if self._model.in_trash:
            self._popup(hit.conversation, self._list.visualItemRect(item).bottomLeft())
        else:
            self._chat.open(hit.conversation.id, hit.message_id if self._model.search else None)

    # ------------------------------------------------------------ what can be done

    @Slot(QPoint)
    def _menu(self, at: QPoint) -> None:
        hit = self._hit(self._list.itemAt(at))
        if hit is not None:
            self._popup(hit.conversation, at)

    def _popup(self, conversation: Conversation, at: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for icon, text, action in self._actions(conversation):
            menu.addAction(self._look.icon(icon), text).triggered.connect(action)
        menu.popup(self._list.viewport().mapToGlobal(at))

    def _actions(self, conversation: Conversation) -> list[tuple[str, str, Callable[..., object]]]:
        model = self._model
        if conversation.deleted_at is not None:
            return [
                ("undo", self.tr("Restore"), lambda: model.restore(conversation.id)),
                ("trash", self.tr("Delete for good…"), lambda: self._purge(conversation)),
            ]
        pin = self.tr("Unpin") if conversation.pinned else self.tr("Pin to the top")
        return [
            ("pin", pin, lambda: model.pin(conversation)),
            ("edit", self.tr("Rename…"), lambda: self.rename(conversation)),
            ("tag", self.tr("Tags…"), lambda: self.tag(conversation)),
            ("export", self.tr("Export…"), lambda: self.export(conversation)),
            ("copy", self.tr("Copy all"), lambda: model.copy(conversation.id)),
            ("trash", self.tr("Delete"), lambda: self.delete(conversation)),
        ]

    def rename(self, conversation: Conversation) -> None:
        def take(title: str) -> None:
            self._model.rename(conversation.id, title)

        title = self.tr("Rename conversation")
        ask_text(self, self._look, title, "", self.tr("Rename"), take, conversation.title)

    def tag(self, conversation: Conversation) -> None:
        def take(tags: list[str]) -> None:
            self._model.tag(conversation.id, tags)

        ask_tags(self, self._look, self.tr("Tags of this conversation"), conversation.tags, take)

    def export(self, conversation: Conversation) -> None:
        """Ask where to, and write the conversation in the format of the file's name."""
        dialog = QFileDialog(self.window(), self.tr("Export conversation"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters(list(NAMES.values()))
        dialog.setDefaultSuffix("md")
        dialog.filterSelected.connect(lambda name: dialog.setDefaultSuffix(_suffix(name)))
        dialog.selectFile(file_name(conversation.title))
        dialog.fileSelected.connect(lambda path: self.write(conversation, Path(path)))
        dialog.open()

    def write(self, conversation: Conversation, path: Path) -> None:
        """Write a conversation to a file, as its ending says."""
        if path.suffix.lower() == ".pdf":
            write_pdf(self._look, self._model, conversation, path)
        else:
            chosen = "json" if path.suffix.lower() == ".json" else "md"
            self._model.export(conversation.id, path, chosen)  # type: ignore[arg-type]

    def delete(self, conversation: Conversation) -> None:
        """Move to the trash; the page offers to undo it."""
        self._model.delete(conversation.id)

    def _purge(self, conversation: Conversation) -> None:
        confirm(
            self,
            self._look,
            self.tr("Delete this conversation for good?"),
            self.tr("“{title}” and all its messages go.").format(title=conversation.title),
            self.tr("Delete for good"),
            lambda: self._model.purge(conversation.id),
        )

    def _empty(self) -> None:
        number = len(self._model.hits)
        gone = count(number, "conversation", "conversations")
        confirm(
            self,
            self._look,
            self.tr("Empty the trash?"),
            self.tr("{conversations} and all their messages go for good.").format(
                conversations=gone
            ),
            self.tr("Empty trash"),
            self._model.empty_trash,
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        hit = self._hit(self._list.currentItem())
        if hit is not None and self._list.hasFocus():
            at = self._list.visualItemRect(self._list.currentItem()).bottomLeft()
            actions: dict[int, Callable[[], object]] = {
                Qt.Key.Key_F2: lambda: self.rename(hit.conversation),
                Qt.Key.Key_Delete: lambda: self.delete(hit.conversation),
                Qt.Key.Key_Menu: lambda: self._popup(hit.conversation, at),
            }
            if event.key() in actions and (hit.conversation.deleted_at is None):
                actions[event.key()]()
                return
        super().keyPressEvent(event)


def _suffix(name: str) -> str:
    return next((suffix for suffix, each in NAMES.items() if each == name), "md")
