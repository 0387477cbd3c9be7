"""The Chat page: conversations, the one on show with its typing field, and the source beside it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import (
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QKeySequence,
    QResizeEvent,
    QShortcut,
)
from PySide6.QtWidgets import QStackedWidget, QWidget

from core.records import Agent, AgentId, Citation, Message
from desktop.theme import Size, Space
from desktop.viewmodels.agents import AgentsViewModel
from desktop.viewmodels.chat import ChatViewModel
from desktop.viewmodels.conversations import ConversationsViewModel
from desktop.viewmodels.figures import count
from desktop.viewmodels.notices import Notice, done
from desktop.viewmodels.source import SourceViewModel
from desktop.viewmodels.why import WhyViewModel
from desktop.views.chat_drop import ask_where, dropped, refusal
from desktop.views.chat_head import ChatHead
from desktop.views.composer import Composer
from desktop.views.controls import (
    Button,
    Icon,
    label,
    line,
)
from desktop.views.conversation_list import ConversationList
from desktop.views.dialogs import offer_places
from desktop.views.layouts import STRETCH, EmptyState, Screen, card, column, holder, row
from desktop.views.look import Look
from desktop.views.source_panel import SourcePanel
from desktop.views.transcript import Transcript
from desktop.views.why_panel import WhyPanel

WIDE_ENOUGH_PX = 1280
"""A narrower page shows the source in place of the conversations."""


class ChatPage(Screen):
    """Puts the parts together and shows what a new chat can begin with."""

    models_wanted = Signal()
    agents_wanted = Signal()
    zoom_wanted = Signal(int)
    """The text of conversations is to be larger (1), smaller (-1), or as it was (0)."""
    told = Signal(object)
    """Notice: something to say in passing."""
    undo_offered = Signal(object, object)
    """(Notice, (word, call)): something that was done and can be undone."""

    def __init__(
        self,
        look: Look,
        model: ChatViewModel,
        conversations: ConversationsViewModel,
        source: SourceViewModel,
        agents: AgentsViewModel,
        why: WhyViewModel,
    ):
        super().__init__()
        self._look, self._model, self._source, self._agents = look, model, source, agents
        self._conversations = conversations
        self.setProperty("role", "page")
        self.setAcceptDrops(True)
        self.list = ConversationList(look, conversations, model)
        self.transcript = Transcript(look, model)
        self.composer = Composer(look, model)
        self.source = SourcePanel(look, source)
        self.why = WhyPanel(look, why)
        self._starter = self._starter_note()
        self._welcome = EmptyState(look, "chat", "", "")
        self._no_agents = EmptyState(
            look,
            "agents",
            self.tr("No agent to talk to yet"),
            self.tr("Create an agent first: choose a model and say what it should do."),
            Button(look, self.tr("Go to agents"), "agents", "primary", self.agents_wanted.emit),
        )
        self._middle = QStackedWidget()
        for widget in (self.transcript, self._welcome, self._no_agents):
            self._middle.addWidget(widget)
        self._lay_out()
        self._connect()
        self._refresh()
        self.first = self.composer.field

    def _lay_out(self) -> None:
        self._typing = holder(column(self._starter, self.composer, gap=Space.S))
        self._typing.setMaximumWidth(Size.READING)
        side = Space.XL + Size.SCROLLBAR
        around = row(STRETCH, self._typing, STRETCH, gap=0, margins=(side, 0, side, 0))
        around.setStretch(1, 10_000)  # as wide as the messages above, to the pixel
        head = ChatHead(self._look, self._model)
        head.rename_wanted.connect(self.list.rename)
        head.delete_wanted.connect(self.list.delete)
        head.tag_wanted.connect(self.list.tag)
        head.copy_wanted.connect(lambda shown: self._conversations.copy(shown.id))
        head.export_wanted.connect(self.list.export)
        centre = holder(column(head, line(), self._middle, around, gap=0))
        centre.layout().setStretch(2, 1)  # type: ignore[union-attr]
        whole = row(self.list, centre, self.source, self.why, gap=0)
        whole.setStretch(1, 3)
        whole.setStretch(2, 3)
        whole.setStretch(3, 2)
        self.setLayout(whole)

    def _starter_note(self) -> QWidget:
        text = label(
            self.tr(
                "This agent runs on the starter model. It is very small: it makes things up and "
                "loses the thread. Bring a better model for real work."
            ),
            wrap=True,
        )
        more = Button(self._look, self.tr("How to"), on_click=self.models_wanted.emit)
        more.setAccessibleName(self.tr("How to bring a better model"))
        parts = row(Icon(self._look, "note", "note"), text, more, gap=Space.M)
        parts.setStretch(1, 1)
        parts.setContentsMargins(Space.L, Space.S, Space.S, Space.S)
        made = card(parts, "banner")
        made.setProperty("tone", "note")
        return made

    def _connect(self) -> None:
        self.transcript.citation_wanted.connect(self._show_source)
        self.transcript.why_wanted.connect(self._explain)
        self.why.closed.connect(self._fit)
        self.transcript.link_wanted.connect(self._tell_link)
        self.transcript.copied.connect(lambda: self.told.emit(done(self.tr("Copied."))))
        self._model.pool_full.connect(self._offer_places)
        for signal in (
            *(self._model.opened, self._model.switched),
            *(self._model.asked, self._model.state_changed),
        ):
            signal.connect(self._refresh)
        self._model.opened.connect(self._close_panels)
        self._model.files_added.connect(self._tell_added)
        self._model.deleted.connect(lambda undo: self._offer_undo("", undo))
        self._conversations.deleted.connect(self._offer_undo)
        self._conversations.deleting.connect(self._model.let_go)
        self._conversations.copied.connect(self._take_copy)
        self._conversations.exported.connect(self._tell_export)
        for signal in (self._source.opened, self._source.missing, self._source.closed):
            signal.connect(self._fit)
        self.composer.models_wanted.connect(self.models_wanted)
        self._model.opened.connect(self.composer.field.setFocus)
        self._bind_keys()

    def _bind_keys(self) -> None:
        stop = QShortcut(QKeySequence(Qt.Key.Key_Escape), self)
        stop.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        stop.activated.connect(self._escape)
        for keys, call in (
            (QKeySequence.StandardKey.New, self._model.new),
            ("Alt+Up", lambda: self._step(-1)),
            ("Alt+Down", lambda: self._step(1)),
            ("Ctrl++", lambda: self.zoom_wanted.emit(1)),
            ("Ctrl+=", lambda: self.zoom_wanted.emit(1)),
            ("Ctrl+-", lambda: self.zoom_wanted.emit(-1)),
            ("Ctrl+0", lambda: self.zoom_wanted.emit(0)),
        ):
            QShortcut(QKeySequence(keys), self).activated.connect(call)

    def _step(self, by: int) -> None:
        """Go to the message before or after; behind the last one is where one types."""
        if not self.transcript.step(by):
            self.composer.field.setFocus()

    @Slot()
    def _fit(self) -> None:
        """Make room for the source where there is little."""
        narrow = self.width() < WIDE_ENOUGH_PX
        beside = self.source.isVisibleTo(self) or self.why.isVisibleTo(self)
        self.list.setVisible(not (narrow and beside))

    @Slot(object)
    def _show_source(self, citation: Citation) -> None:
        self.why.close_panel()
        self._source.show(citation)

    @Slot(object)
    def _explain(self, message: Message) -> None:
        self._source.close()
        self.why.show_message(message)
        self._fit()

    @Slot()
    def _close_panels(self) -> None:
        self._source.close()
        self.why.close_panel()

    @Slot(str, object)
    def _offer_undo(self, title: str, undo: Callable[[], object]) -> None:
        words = self.tr("“{title}” is in the trash.").format(title=title)
        words = words if title else self.tr("The message was deleted.")
        self.undo_offered.emit(done(words), (self.tr("Undo"), undo))

    @Slot(str)
    def _take_copy(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self.told.emit(done(self.tr("The whole conversation is on the clipboard.")))

    @Slot(str)
    def _tell_export(self, path: str) -> None:
        self.told.emit(done(self.tr("Saved as {path}").format(path=path)))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Ask where dropped files belong, or say why they cannot be taken."""
        event.acceptProposedAction()
        agent, model = self._model.agent, self._model
        wanted = agent.draft.collections if agent is not None else ()
        collections = [c for c in self._agents.choices.collections if c.id in wanted]
        refused, paths = refusal(agent, collections), dropped(event)
        if refused is not None or agent is None:
            self.told.emit(refused)
            return
        ask_where(self, self._look, agent, collections, paths, lambda c: model.add_files(c, paths))

    @Slot(int, str)
    def _tell_added(self, number: int, name: str) -> None:
        files = count(number, "file is", "files are")
        words = self.tr("{files} being read into {name}.").format(files=files, name=name)
        self.told.emit(done(words))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def begin_with(self, agent_id: AgentId) -> None:
        """Start a new chat with an agent."""
        self._model.new(agent_id)
        self.composer.field.setFocus()

    @Slot()
    def _refresh(self, *_: object) -> None:
        agent = self._model.agent
        if self._model.messages:
            self._middle.setCurrentWidget(self.transcript)
        elif self._model.loaded and not self._model.agents:
            self._middle.setCurrentWidget(self._no_agents)
        else:
            self._middle.setCurrentWidget(self._welcome)
        if agent is not None:
            text = agent.draft.description or self.tr("Type a question below.")
            self._welcome.say(self.tr("New chat with {name}").format(name=agent.name), text)
        self._starter.setVisible(self._model.on_starter and not self._model.messages)
        self._typing.setVisible(bool(self._model.agents) or self._model.current is not None)

    def _escape(self) -> None:
        """Stop the reply; without one, close the source."""
        if self._model.live is not None:
            self._model.stop()
        else:
            self._close_panels()

    @Slot(str)
    def _tell_link(self, address: str) -> None:
        QGuiApplication.clipboard().setText(address)
        title = self.tr("This link leads to {address}").format(address=printable(address))
        text = self.tr("Outpost opens no links by itself. The address is on the clipboard.")
        self.told.emit(Notice(title, text))

    @Slot(object, object)
    def _offer_places(self, agent: Agent, deployed: list[Agent]) -> None:
        offer_places(
            self,
            self._look,
            agent,
            deployed,
            lambda other: self._agents.stop_and_deploy(other.id, agent),
        )


def printable(address: str, most: int = 300) -> str:
    """Return an address without characters that could make it look like another one."""
    shown = "".join(c if c.isprintable() and c.isascii() else f"\\u{ord(c):04x}" for c in address)
    return shown if len(shown) <= most else shown[:most] + "…"
