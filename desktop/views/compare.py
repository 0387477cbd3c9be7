"""Two agents side by side on one question, in place of the list of agents."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit

from core.records import AgentId, DeploymentState
from desktop.theme import Space
from desktop.viewmodels.agents import AgentsViewModel
from desktop.viewmodels.comparison import ComparisonViewModel, Side
from desktop.viewmodels.core_words import told
from desktop.viewmodels.figures import decimal
from desktop.viewmodels.wording import deployment_state, deployment_tone
from desktop.views.controls import Button, Choice, Dot, label, line
from desktop.views.layouts import STRETCH, Page, Screen, column, holder, row, scrolled
from desktop.views.look import Look
from desktop.views.richtext import RichText


class SidePanel(QFrame):
    """One of the two agents: which it is, whether it can answer, and what it answers."""

    def __init__(self, look: Look, model: ComparisonViewModel, agents: AgentsViewModel, at: int):
        super().__init__()
        self._model, self._agents, self._at = model, agents, at
        self.setProperty("role", "card")
        name = self.tr("First agent") if at == 0 else self.tr("Second agent")
        self.picker = Choice(name)
        self.picker.may_shrink(80)
        self._dot = Dot(look)
        self._state = label(role="small")
        self.deploy = Button(look, self.tr("Deploy"), "play", on_click=self._deploy)
        self.deploy.setAccessibleName(self.tr("Deploy: {name}").format(name=name))
        self.answer = RichText(look, self.tr("Answer of the {name}").format(name=name.lower()))
        self._hint = label(role="muted", wrap=True)
        self._problem = label(role="problem", wrap=True)
        self._pace = label(role="small")
        standing = row(self._dot, self._state, STRETCH, self.deploy, gap=Space.S)
        head = column(self.picker, holder(standing), gap=Space.S)
        head.setContentsMargins(Space.L, Space.M, Space.M, Space.M)
        body = column(self._hint, self.answer, self._problem, gap=Space.M, margins=Space.L)
        body.addStretch(1)
        foot = column(self._pace, margins=(Space.L, Space.S, Space.L, Space.M))
        whole = column(head, line(), scrolled(holder(body)), foot, gap=0)
        whole.setStretch(2, 1)
        self.setLayout(whole)
        self.picker.chosen.connect(self._choose)

    @property
    def _side(self) -> Side:
        return self._model.sides[self._at]

    def refresh(self) -> None:
        """Show the agents there are, the chosen one's state, and how its answer went."""
        side, agent = self._side, self._model.agent(self._at)
        self.picker.offer([(each.name, each.id) for each in self._model.agents])
        self.picker.select(side.agent_id)
        self.picker.setEnabled(not self._model.running)
        state = agent.deployment.state if agent else DeploymentState.STOPPED
        self._dot.set_ink(deployment_tone(state))
        self._state.setText(deployment_state(state))
        self.deploy.setVisible(state in (DeploymentState.STOPPED, DeploymentState.FAILED))
        self._problem.setText(side.problem or told((agent and agent.deployment.reason) or ""))
        self._problem.setVisible(bool(self._problem.text()))
        self._hint.setText(self._waiting(side, state))
        self._hint.setVisible(bool(self._hint.text()))
        self._pace.setText(self._words(side))

    def _waiting(self, side: Side, state: DeploymentState) -> str:
        if side.text or side.problem:
            return ""
        if side.cancel is not None:
            return self.tr("Reading the question…")
        if state is not DeploymentState.DEPLOYED:
            return self.tr("Deploy this agent to ask it.")
        return self.tr("The answer will stand here.")

    def _words(self, side: Side) -> str:
        if side.first_s is None or side.whole_s is None:
            return ""
        words = self.tr("first word after {first} s · whole answer after {whole} s")
        return words.format(first=decimal(side.first_s), whole=decimal(side.whole_s))

    def _choose(self, agent_id: AgentId) -> None:
        self._model.choose(self._at, agent_id)

    def _deploy(self) -> None:
        agent = self._model.agent(self._at)
        if agent is not None:
            self._agents.deploy(agent)


class ComparePage(Screen):
    """Asks both agents the same question; nothing of it is stored."""

    closed = Signal()

    def __init__(self, look: Look, model: ComparisonViewModel, agents: AgentsViewModel):
        super().__init__()
        self._look, self._model = look, model
        back = Button(look, self.tr("Back to the agents"), "chevron-left", on_click=self.leave)
        self.sides = tuple(SidePanel(look, model, agents, at) for at in (0, 1))
        self.field = QLineEdit()
        self.field.setPlaceholderText(self.tr("Ask both the same…"))
        self.field.setAccessibleName(self.tr("Question to both agents"))
        self._go = Button(look, self.tr("Ask both"), "send", "primary", self._press)
        page = Page(
            self.tr("Compare two agents"),
            self.tr("One question, two answers. Nothing of it is kept."),
            back,
        )
        both = row(*self.sides, gap=Space.L)
        both.setStretch(0, 1)
        both.setStretch(1, 1)
        asking = row(self.field, self._go, gap=Space.S, margins=(0, 0, 0, Space.XL))
        page.body.addLayout(both, 1)
        page.body.addLayout(asking)
        self.setLayout(column(page))
        self.first = self.field
        self._connect()

    def _connect(self) -> None:
        self.field.returnPressed.connect(self._ask)
        self.field.textChanged.connect(lambda _: self._refresh())
        self._model.changed.connect(self._refresh)
        self._model.cleared.connect(lambda at: self.sides[at].answer.show_text(""))
        self._model.grew.connect(self._grow)
        self._model.ended.connect(self._settle)

    @Slot()
    def _refresh(self) -> None:
        for side in self.sides:
            side.refresh()
        running = self._model.running
        words = (self.tr("Stop"), "stop") if running else (self.tr("Ask both"), "send")
        self._go.change(*words)
        self._go.setEnabled(running or (self._model.can_ask and bool(self.field.text().strip())))

    @Slot(int, str)
    def _grow(self, at: int, text: str) -> None:
        self.sides[at].answer.append(text)
        self.sides[at].refresh()

    @Slot(int)
    def _settle(self, at: int) -> None:
        """Show the whole answer rendered, its last paragraph too."""
        self.sides[at].answer.show_text(self._model.sides[at].text)

    def _press(self) -> None:
        if self._model.running:
            self._model.stop()
        else:
            self._ask()

    @Slot()
    def _ask(self) -> None:
        self._model.ask(self.field.text().strip())

    def leave(self) -> None:
        """Go back to the list; answers being written are stopped."""
        self._model.stop()
        self.closed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.leave()
        else:
            super().keyPressEvent(event)
