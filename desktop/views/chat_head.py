"""The line above a chat: whom one talks to, and what can be done with the conversation."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QFrame, QMenu, QToolButton

from core.records import Agent, AgentId
from desktop.theme import Space
from desktop.viewmodels.chat import ChatViewModel
from desktop.viewmodels.wording import agent_type, deployment_state, deployment_tone
from desktop.views.controls import Choice, Dot, Elided, IconButton, chip, label
from desktop.views.layouts import row
from desktop.views.look import Look

HEAD_PX = 58


class ChatHead(QFrame):
    """Whom one talks to: an agent to choose for a new chat, a name for one that has begun."""

    rename_wanted = Signal(object)
    tag_wanted = Signal(object)
    copy_wanted = Signal(object)
    export_wanted = Signal(object)
    delete_wanted = Signal(object)

    def __init__(self, look: Look, model: ChatViewModel):
        super().__init__()
        self._look, self._model = look, model
        self._more = IconButton(look, "more", self.tr("What to do with this conversation"))
        self._more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._more.setMenu(self._menu())
        self._title = Elided(role="title")
        self._picker = Choice(self.tr("Agent for this chat"))
        self._picker.may_shrink(110)
        self._to = label(self.tr("Talk to"), "muted")
        self._dot = Dot(look)
        self._state = label(role="small")
        self._type = chip("", "accent")
        parts = row(
            self._title, self._to, self._picker, self._type, self._dot, self._state, gap=Space.S
        )
        parts.addWidget(self._more)
        parts.addStretch(1)
        parts.setContentsMargins(Space.XL, 0, Space.M, 0)
        self.setFixedHeight(HEAD_PX)
        self._parts = parts
        self.setLayout(parts)
        self._picker.chosen.connect(self._choose)
        for signal in (model.agents_changed, model.state_changed, model.opened, model.asked):
            signal.connect(self.refresh)
        self.refresh()

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        for icon, text, signal in (
            ("edit", self.tr("Rename…"), self.rename_wanted),
            ("tag", self.tr("Tags…"), self.tag_wanted),
            ("export", self.tr("Export…"), self.export_wanted),
            ("copy", self.tr("Copy all"), self.copy_wanted),
            ("trash", self.tr("Delete"), self.delete_wanted),
        ):
            action = menu.addAction(self._look.icon(icon), text)
            action.triggered.connect(lambda _=False, s=signal: s.emit(self._model.current))
        return menu

    @Slot()
    def refresh(self, *_: object) -> None:
        begun = self._model.current is not None
        agent = self._model.agent
        self._title.setVisible(begun)
        self._more.setVisible(begun)
        self._picker.setVisible(not begun and bool(self._model.agents))
        self._to.setVisible(not begun and bool(self._model.agents))
        if self._model.current is not None:
            self._title.set_full(self._model.current.title)
        self._picker.offer([(each.name, each.id) for each in self._model.agents])
        self._picker.select(None if agent is None else agent.id)
        self._parts.setStretch(0, 1 if begun else 0)
        self._parts.setStretch(self._parts.count() - 1, 0 if begun else 1)
        self._show_agent(agent, begun)

    def _show_agent(self, agent: Agent | None, begun: bool) -> None:
        for widget in (self._dot, self._state, self._type):
            widget.setVisible(agent is not None)
        if agent is None:
            return
        state = agent.deployment.state
        self._dot.set_ink(deployment_tone(state))
        words = deployment_state(state)
        self._state.setText(f"{agent.name} · {words}" if begun else words)
        self._type.setText(agent_type(agent.draft.type))

    @Slot(object)
    def _choose(self, agent_id: AgentId) -> None:
        self._model.choose_agent(agent_id)
