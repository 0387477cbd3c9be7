"""The Agents page: a filtered list of agents, and a form or an agent's versions beside it."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import QStackedWidget, QWidget

from core.records import Agent, AgentId, DeploymentState
from desktop.theme import Size, Space
from desktop.viewmodels.agent_files import AgentFilesViewModel
from desktop.viewmodels.agent_history import HistoryViewModel
from desktop.viewmodels.agents import AgentsViewModel
from desktop.viewmodels.comparison import ComparisonViewModel
from desktop.viewmodels.figures import count
from desktop.viewmodels.shell import ShellViewModel
from desktop.views.agent_filters import AgentFilters
from desktop.views.agent_form import AgentForm
from desktop.views.agent_history import HistoryPanel
from desktop.views.agent_row import AgentRow
from desktop.views.agent_transfer import AgentTransfer, agent_files
from desktop.views.compare import ComparePage
from desktop.views.controls import Button, IconButton
from desktop.views.dialogs import confirm, offer_places
from desktop.views.layouts import (
    STRETCH,
    EmptyState,
    Page,
    Screen,
    column,
    holder,
    row,
    scrolled,
)
from desktop.views.look import Look

WIDE_ENOUGH_PX = 960
"""A narrower page has no room for the list and the form beside each other."""
QWIDGETSIZE_MAX = 16_777_215


class AgentsPage(Screen):
    """Shows the agents and hands every wish about them to the view-model."""

    chat_wanted = Signal(object)
    """AgentId: somebody wants to talk to this agent."""
    told = Signal(object)
    """Notice: something to say in passing."""

    def __init__(
        self,
        look: Look,
        model: AgentsViewModel,
        files: AgentFilesViewModel,
        history: HistoryViewModel,
        comparison: ComparisonViewModel,
        shell: ShellViewModel,
    ):
        super().__init__()
        self._look, self._model, self._shell = look, model, shell
        self._history, self._comparison = history, comparison
        self._transfer = AgentTransfer(look, files, model, self)
        self.setAcceptDrops(True)
        self._rows: dict[AgentId, AgentRow] = {}
        self._new = Button(look, self.tr("New agent"), "plus", "primary", self.begin_new)
        self._page = Page(
            self.tr("Agents"),
            self.tr("An agent is a model with instructions of its own. Deploy it to talk to it."),
            IconButton(look, "compare", self.tr("Compare two agents"), self.compare),
            IconButton(look, "import", self.tr("Import an agent"), self._transfer.choose_file),
            self._new,
        )
        self.filters = AgentFilters(look)
        self._list = column(STRETCH, gap=Space.S, margins=(0, 0, Space.XS, Space.XL))
        self._stack = QStackedWidget()
        self.form = AgentForm(look, model)
        self.history = HistoryPanel(look, history)
        self.comparing = ComparePage(look, comparison, model)
        self._whole = QStackedWidget()
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        body = QWidget()
        body.setLayout(self._list)
        self._stack.addWidget(scrolled(body, steady=True))
        self._stack.addWidget(self._empty())
        self._stack.addWidget(self._none_fits())
        self._stack.addWidget(self._preparing())
        self._page.body.addWidget(self.filters)
        self._page.fill(self._stack)
        both = row(self._page, self.form, self.history, gap=0)
        both.setStretch(0, 1)
        self._whole.addWidget(holder(both))
        self._whole.addWidget(self.comparing)
        self.setLayout(column(self._whole))
        self.form.hide()
        self.first = self.filters.search

    def _empty(self) -> EmptyState:
        return EmptyState(
            self._look,
            "agents",
            self.tr("No agents yet"),
            self.tr("Create one: choose a model, write what it should do, and deploy it."),
            Button(self._look, self.tr("New agent"), "plus", "primary", self.begin_new),
        )

    def _preparing(self) -> EmptyState:
        title = self.tr("Preparing the starter agents…")
        text = self.tr("This happens once, at the first start.")
        return EmptyState(self._look, "clock", title, text)

    def _none_fits(self) -> EmptyState:
        return EmptyState(
            self._look,
            "search",
            self.tr("No agent fits"),
            self.tr("None of your agents has all that you filter by."),
            Button(self._look, self.tr("Show all"), on_click=self.filters.clear),
        )

    def _connect(self) -> None:
        self.filters.narrowed.connect(self._model.narrow)
        self.filters.sorted.connect(self._model.sort)
        self._model.changed.connect(self._show)
        self._shell.changed.connect(self._show_state)
        self._model.pool_full.connect(self._offer_places)
        self.form.closed.connect(self._panel_closed)
        self.history.closed.connect(self._panel_closed)
        self._history.changed.connect(self._fit)
        self.comparing.closed.connect(self._stop_comparing)
        self._transfer.told.connect(self.told)

    # ------------------------------------------------------------ wishes

    def begin_new(self) -> None:
        """Open the form for a new agent."""
        self._edit(None)

    def edit(self, agent: Agent) -> None:
        self._edit(agent)

    def _edit(self, agent: Agent | None) -> None:
        self._history.close()
        self.form.begin(agent)
        self._fit()

    def show_versions(self, agent: Agent) -> None:
        """Open the agent's versions beside the list."""
        if not self.form.isHidden():
            self.form.close_form()
        self._history.open(agent.id)

    def compare(self, agent: Agent | None = None) -> None:
        """Show two agents side by side, beginning with this one."""
        if agent is not None:
            self._comparison.choose(0, agent.id)
        self._comparison.reload()
        self._whole.setCurrentWidget(self.comparing)
        self.comparing.field.setFocus()

    @Slot()
    def _stop_comparing(self) -> None:
        self._whole.setCurrentIndex(0)
        self.take_focus()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if agent_files(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        for path in agent_files(event):
            self._transfer.bring(path)
        event.acceptProposedAction()

    # ------------------------------------------------------------ showing

    @Slot()
    def _show(self) -> None:
        """Bring the rows up to date; those that stay keep their place and focus."""
        self.filters.offer_tags(self._model.tags)
        wanted = {agent.id: agent for agent in self._model.agents}
        for gone in [each for each in self._rows if each not in wanted]:
            widget = self._rows.pop(gone)
            self._list.removeWidget(widget)
            widget.hide()
            widget.deleteLater()
        for at, agent in enumerate(self._model.agents):
            self._place(at, agent)
        self._show_state()
        self._page.meaning.setText(self._summary())

    @Slot()
    def _show_state(self) -> None:
        """Show the list, or why it is empty."""
        if self._model.agents or not self._model.loaded:
            self._stack.setCurrentIndex(0)
        elif self._model.total:
            self._stack.setCurrentIndex(2)
        else:
            self._stack.setCurrentIndex(3 if self._shell.running else 1)

    def _place(self, at: int, agent: Agent) -> None:
        existing = self._rows.get(agent.id)
        if existing is None:
            existing = self._row(agent)
            self._rows[agent.id] = existing
        else:
            existing.show_agent(agent)
        if self._list.indexOf(existing) != at:
            self._list.insertWidget(at, existing)

    def _row(self, agent: Agent) -> AgentRow:
        made = AgentRow(self._look, self._model, agent)
        made.chat.connect(lambda agent: self.chat_wanted.emit(agent.id))
        made.edit.connect(self.edit)
        made.versions.connect(self.show_versions)
        made.compare.connect(self.compare)
        made.duplicate.connect(self._model.duplicate)
        made.export.connect(self._transfer.export)
        made.delete.connect(self._ask_delete)
        return made

    def _summary(self) -> str:
        deployed = sum(
            1 for a in self._model.agents if a.deployment.state is DeploymentState.DEPLOYED
        )
        places = self._model.desk.core.settings.max_deployed_agents
        agents = count(self._model.total, "agent", "agents")
        text = self.tr("{agents} · {deployed} of {places} places for deployed agents taken")
        if self._model.filter.active:
            shown = len(self._model.agents)
            return self.tr("{shown} of {agents} shown").format(shown=shown, agents=agents)
        return text.format(agents=agents, deployed=deployed, places=places)

    @Slot(object)
    def _ask_delete(self, agent: Agent) -> None:
        text = self.tr("Its conversations stay readable, but cannot be continued.")
        if agent.deployment.state not in (DeploymentState.STOPPED, DeploymentState.FAILED):
            text = self.tr("It is deployed and will be stopped. ") + text
        title = self.tr("Delete {name}?").format(name=agent.name)
        confirm(
            self,
            self._look,
            title,
            text,
            self.tr("Delete agent"),
            lambda: self._model.delete(agent.id),
        )

    @Slot(object, object)
    def _offer_places(self, agent: Agent, deployed: list[Agent]) -> None:
        offer_places(
            self,
            self._look,
            agent,
            deployed,
            lambda other: self._model.stop_and_deploy(other.id, agent),
        )

    @Slot()
    def _panel_closed(self) -> None:
        self._fit()
        self._new.setFocus()

    @Slot()
    def _fit(self) -> None:
        """Where there is little room, show the panel in place of the list."""
        panels = (self.form, self.history)
        alone = self.width() < WIDE_ENOUGH_PX and not all(each.isHidden() for each in panels)
        self._page.setVisible(not alone)
        for panel in panels:
            panel.setMaximumWidth(QWIDGETSIZE_MAX if alone else Size.PANEL)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()
