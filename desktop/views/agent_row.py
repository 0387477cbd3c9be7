"""One agent in the list: what it is, how it is, and what can be done with it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QContextMenuEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QLabel, QMenu, QToolButton, QWidget

from core.records import Agent, DeploymentState, now
from desktop.theme import Size, Space
from desktop.viewmodels.agents import BUSY, AgentsViewModel
from desktop.viewmodels.core_words import told
from desktop.viewmodels.wording import (
    agent_type,
    deployment_state,
    deployment_tone,
    memory_need,
    when,
)
from desktop.views.controls import Button, Dot, Elided, Icon, IconButton, chip, label
from desktop.views.layouts import STRETCH, column, flow, holder, row
from desktop.views.look import Look

MOST_TAGS = 6


class AgentRow(QFrame):
    """A card in the list of agents; Enter or a double click opens a chat."""

    chat = Signal(object)
    edit = Signal(object)
    versions = Signal(object)
    compare = Signal(object)
    duplicate = Signal(object)
    export = Signal(object)
    delete = Signal(object)

    def __init__(self, look: Look, model: AgentsViewModel, agent: Agent):
        super().__init__()
        self._look, self._model, self.agent = look, model, agent
        self.setProperty("role", "card")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._dot = Dot(look)
        self._name = label(role="title")
        self._type = chip("", "accent")
        self._state = label(role="small")
        self._description = Elided(role="muted")
        self._reason = label(role="problem", wrap=True)
        self._model_icon = Icon(look, "models", "muted", 15)
        self._model_name = label(role="small")
        self._memory = label(role="small")
        self._used = label(role="small")
        self._tags: list[QLabel] = []
        self._chat = Button(
            look, self.tr("Chat"), "chat", on_click=lambda: self.chat.emit(self.agent)
        )
        self._switch = Button(look, self.tr("Deploy"), "play", on_click=self._toggle)
        self._switch.setMinimumWidth(108)  # as wide for "Stop" as for "Deploy"
        self._more = self._menu_button()
        self._lay_out()
        self.show_agent(agent)

    def _lay_out(self) -> None:
        head = row(self._dot, self._name, self._type, self._state, STRETCH, gap=Space.S)
        model = holder(row(self._model_icon, self._model_name, gap=Space.XS))
        self._facts = flow(model, self._memory, self._used, gap=10)
        words = column(head, self._description, self._reason, self._facts, gap=6)
        actions = row(self._chat, self._switch, self._more, gap=Space.S)
        parts = row(words, actions, gap=Space.L, margins=(Space.L, 14, Space.M, 14))
        parts.setStretch(0, 1)
        self.setLayout(parts)

    def show_agent(self, agent: Agent) -> None:
        """Show an agent, or the same one in another state."""
        self.agent = agent
        state = agent.deployment.state
        self._dot.set_ink(deployment_tone(state))
        self._name.setText(agent.name)
        self._type.setText(agent_type(agent.draft.type))
        self._state.setText(deployment_state(state))
        self._description.set_full(agent.draft.description)
        self._description.setVisible(bool(agent.draft.description))
        self._reason.setText(told(agent.deployment.reason or ""))
        self._reason.setVisible(bool(agent.deployment.reason))
        self._show_model(agent)
        self._show_use(agent)
        self._show_tags(agent)
        self._show_actions(state)
        self.setAccessibleName(f"{agent.name}, {agent_type(agent.draft.type)}")
        self.setAccessibleDescription(deployment_state(state))

    def _show_model(self, agent: Agent) -> None:
        missing = self._model.model_missing(agent.draft.model)
        name = self._model.model_name(agent.draft.model)
        text = self.tr("{model} is missing").format(model=name) if missing else name
        self._model_name.setText(text)
        self._model_icon.change("alert" if missing else "models", "danger" if missing else "muted")

    def _show_use(self, agent: Agent) -> None:
        """Say what memory the agent takes, and when somebody last talked to it."""
        need, used = self._model.need(agent.draft), self._model.last_used.get(agent.id)
        memory = "" if need is None else memory_need(need)
        never, at = self.tr("never used"), self.tr("used {when}")
        self._memory.setText(memory)
        self._memory.setVisible(bool(memory))
        self._used.setText(at.format(when=when(used, now())) if used else never)

    def _show_tags(self, agent: Agent) -> None:
        wanted = list(agent.draft.tags[:MOST_TAGS])
        if wanted == [each.text() for each in self._tags]:
            return
        flowing = self._facts.layout()
        assert flowing is not None
        for each in self._tags:
            flowing.removeWidget(each)
            each.deleteLater()
        self._tags = [chip(tag) for tag in wanted]
        for each in self._tags:
            flowing.addWidget(each)

    def _show_actions(self, state: DeploymentState) -> None:
        runs = state in (DeploymentState.DEPLOYED, DeploymentState.STOPPING)
        busy = state in BUSY
        words = (self.tr("Stop"), "stop") if runs or busy else (self.tr("Deploy"), "play")
        self._switch.change(*words)
        self._switch.setEnabled(state is not DeploymentState.STOPPING)
        for button, verb in ((self._chat, self.tr("Chat")), (self._switch, words[0])):
            button.setAccessibleName(f"{verb}: {self.agent.name}")

    def _toggle(self) -> None:
        if self.agent.deployment.state in (DeploymentState.STOPPED, DeploymentState.FAILED):
            self._model.deploy(self.agent)
        else:
            self._model.stop(self.agent.id)

    def _menu_button(self) -> IconButton:
        button = IconButton(self._look, "more", self.tr("More actions"))
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setFixedSize(Size.CONTROL, Size.CONTROL)
        menu = QMenu(button)
        menu.aboutToShow.connect(lambda: self._fill(menu))
        button.setMenu(menu)
        return button

    def _fill(self, menu: QMenu) -> None:
        menu.clear()
        entries = (
            ("edit", self.tr("Edit…"), self.edit),
            ("clock", self.tr("Versions…"), self.versions),
            ("compare", self.tr("Compare…"), self.compare),
            ("duplicate", self.tr("Duplicate"), self.duplicate),
            ("export", self.tr("Export…"), self.export),
            ("trash", self.tr("Delete…"), self.delete),
        )
        for icon, text, signal in entries:
            if signal is self.delete:
                menu.addSeparator()
            action = QAction(self._look.icon(icon), text, menu)
            action.triggered.connect(lambda _=False, s=signal: s.emit(self.agent))
            menu.addAction(action)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._fill(menu)
        menu.popup(event.globalPos())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.chat.emit(self.agent)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        signals = {
            Qt.Key.Key_Return: self.chat,
            Qt.Key.Key_Enter: self.chat,
            Qt.Key.Key_F2: self.edit,
            Qt.Key.Key_Delete: self.delete,
        }
        signal = signals.get(Qt.Key(event.key()))
        if signal is not None:
            signal.emit(self.agent)
        elif event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self._move_focus(1 if event.key() == Qt.Key.Key_Down else -1)
        else:
            super().keyPressEvent(event)

    def _move_focus(self, step: int) -> None:
        parent = self.parentWidget()
        rows = [] if parent is None else _rows(parent)
        at = rows.index(self) + step
        if 0 <= at < len(rows):
            rows[at].setFocus(Qt.FocusReason.TabFocusReason)


def _rows(parent: QWidget) -> list[AgentRow]:
    layout = parent.layout()
    items = [] if layout is None else [layout.itemAt(at) for at in range(layout.count())]
    widgets = (item.widget() for item in items if item is not None)
    return [widget for widget in widgets if isinstance(widget, AgentRow)]
