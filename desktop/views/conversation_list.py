"""The conversations beside the chat: search, open, rename, delete."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Slot
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QStackedWidget,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from core.records import Conversation, ConversationId, now
from desktop.theme import Size, Space, Type
from desktop.viewmodels.chat import ChatViewModel
from desktop.viewmodels.wording import when
from desktop.views.controls import Button, SearchField, label
from desktop.views.dialogs import ask_text, confirm
from desktop.views.layouts import STRETCH, column, holder
from desktop.views.look import Look

CONVERSATION = Qt.ItemDataRole.UserRole


class ConversationDelegate(QStyledItemDelegate):
    """Paints a title over the agent's name and the time."""

    def __init__(self, look: Look, parent: QListWidget):
        super().__init__(parent)
        self._look = look

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        theme = self._look.theme
        lines = (theme.font(Type.BODY), theme.font(Type.SMALL))
        return QSize(100, sum(QFontMetrics(font).height() for font in lines) + 20)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        conversation = index.data(CONVERSATION)
        state: QStyle.StateFlag = option.state
        outer: QRect = option.rect
        box = outer.adjusted(2, 1, -2, -1)
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        focused = bool(state & QStyle.StateFlag.State_HasFocus)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_ground(painter, box, chosen, focused, state)
        self._paint_words(painter, box.adjusted(10, 7, -10, -7), conversation)
        painter.restore()

    def _paint_ground(
        self, painter: QPainter, box: QRect, chosen: bool, focused: bool, state: QStyle.StateFlag
    ) -> None:
        theme = self._look.theme
        over = bool(state & QStyle.StateFlag.State_MouseOver)
        painter.setPen(theme.colour("accent") if focused else Qt.PenStyle.NoPen)
        ground = "accent_soft" if chosen else "raised" if over else "window"
        painter.setBrush(theme.colour(ground))
        painter.drawRoundedRect(box, 8, 8)

    def _paint_words(self, painter: QPainter, box: QRect, conversation: Conversation) -> None:
        theme = self._look.theme
        title, small = theme.font(Type.BODY), theme.font(Type.SMALL)
        time = when(conversation.updated_at, now())
        time_width = QFontMetrics(small).horizontalAdvance(time)
        self._line(painter, box.topLeft(), box.width(), conversation.title, title, "text")
        below = QPoint(box.left(), box.bottom() - QFontMetrics(small).height() + 1)
        agent = conversation.agent_name
        self._line(painter, below, box.width() - time_width - 8, agent, small, "muted")
        right = QPoint(box.right() - time_width, below.y())
        self._line(painter, right, time_width + 2, time, small, "muted")

    def _line(
        self, painter: QPainter, at: QPoint, width: int, text: str, font: QFont, ink: str
    ) -> None:
        metrics = QFontMetrics(font)
        painter.setFont(font)
        painter.setPen(self._look.theme.colour(ink))
        shown = metrics.elidedText(" ".join(text.split()), Qt.TextElideMode.ElideRight, width)
        painter.drawText(at.x(), at.y() + metrics.ascent(), shown)


class ConversationList(QFrame):
    """The side bar of the Chat page."""

    def __init__(self, look: Look, model: ChatViewModel):
        super().__init__()
        self._look, self._model = look, model
        self.setProperty("role", "sidebar")
        self.setFixedWidth(Size.SIDEBAR)
        self.new_button = Button(look, self.tr("New chat"), "plus", on_click=lambda: model.new())
        self.search = SearchField(look, self.tr("Search conversations"))
        self._list = QListWidget()
        self._list.setAccessibleName(self.tr("Conversations"))
        self._list.setItemDelegate(ConversationDelegate(look, self._list))
        self._list.setMouseTracking(True)
        self._list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
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
        self._look.changed.connect(self._list.viewport().update)

    @Slot()
    def _show(self) -> None:
        """Bring the list up to date without moving it."""
        wanted = self._model.conversations
        for row, conversation in enumerate(wanted):
            item = self._list.item(row) or self._append()
            item.setData(CONVERSATION, conversation)
            item.setText(conversation.title)
        while self._list.count() > len(wanted):
            self._list.takeItem(self._list.count() - 1)
        self._select()
        searching = bool(self._model.search)
        self._none.setText(
            self.tr("No conversation contains this.")
            if searching
            else self.tr("Your conversations will be listed here.")
        )
        self._stack.setCurrentIndex(0 if wanted else 1)

    def _append(self) -> QListWidgetItem:
        item = QListWidgetItem()
        self._list.addItem(item)
        return item

    @Slot()
    def _select(self) -> None:
        current = self._model.current
        ids = [self._conversation(row).id for row in range(self._list.count())]
        at = ids.index(current.id) if current is not None and current.id in ids else -1
        self._list.setCurrentRow(at)
        if at < 0:
            self._list.clearSelection()

    def _conversation(self, row: int) -> Conversation:
        found: Conversation = self._list.item(row).data(CONVERSATION)
        return found

    @Slot(QListWidgetItem)
    def _open(self, item: QListWidgetItem) -> None:
        self._model.open(item.data(CONVERSATION).id)

    @Slot(QPoint)
    def _menu(self, at: QPoint) -> None:
        item = self._list.itemAt(at)
        if item is None:
            return
        conversation = item.data(CONVERSATION)
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
        item = self._list.currentItem()
        if item is not None and self._list.hasFocus():
            if event.key() == Qt.Key.Key_F2:
                self.rename(item.data(CONVERSATION))
                return
            if event.key() == Qt.Key.Key_Delete:
                self.delete(item.data(CONVERSATION))
                return
        super().keyPressEvent(event)
