"""What narrows and sorts the list of agents: a search field and four short lists."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from core.records import AgentType, DeploymentState
from desktop.theme import Space
from desktop.viewmodels.agents import AgentFilter, AgentOrder
from desktop.viewmodels.wording import agent_type, deployment_state
from desktop.views.controls import Choice, SearchField
from desktop.views.layouts import row
from desktop.views.look import Look


class AgentFilters(QWidget):
    """Tells which agents are wanted, and in which order."""

    narrowed = Signal(object)
    """AgentFilter"""
    sorted = Signal(object)
    """AgentOrder"""

    def __init__(self, look: Look):
        super().__init__()
        self.search = SearchField(look, self.tr("Search agents"))
        self._type = Choice(self.tr("Filter by type"))
        self._state = Choice(self.tr("Filter by state"))
        self._tag = Choice(self.tr("Filter by tag"))
        self._order = Choice(self.tr("Sort by"))
        self._filters = (self._type, self._state, self._tag)
        parts = row(self.search, *self._filters, self._order, gap=Space.S)
        parts.setStretch(0, 1)
        self.setLayout(parts)
        self._offer()
        self.search.searched.connect(self._narrow)
        for choice in self._filters:
            choice.chosen.connect(self._narrow)
        self._order.chosen.connect(self.sorted)

    def _offer(self) -> None:
        types = ((agent_type(kind), kind) for kind in AgentType)
        self._type.offer([(self.tr("All types"), None), *types])
        states = ((deployment_state(state), state) for state in DeploymentState)
        self._state.offer([(self.tr("All states"), None), *states])
        self.offer_tags(())
        self._order.offer(
            [
                (self.tr("Oldest first"), AgentOrder.CREATED),
                (self.tr("By name"), AgentOrder.NAME),
                (self.tr("Last used first"), AgentOrder.USED),
                (self.tr("Deployed first"), AgentOrder.STATE),
            ]
        )

    def offer_tags(self, tags: Sequence[str]) -> None:
        """Offer the tags that there are now."""
        self._tag.offer([(self.tr("All tags"), None), *((tag, tag) for tag in tags)])
        self._tag.setVisible(bool(tags))

    def clear(self) -> None:
        """Show all agents again."""
        self.search.clear()
        for choice in self._filters:
            choice.select(None)
        self._narrow()

    def _narrow(self, *_: object) -> None:
        kind, state, tag = (choice.value() for choice in self._filters)
        self.narrowed.emit(
            AgentFilter(
                text=self.search.text().strip(),
                type=kind if isinstance(kind, AgentType) else None,
                state=state if isinstance(state, DeploymentState) else None,
                tag=tag if isinstance(tag, str) else None,
            )
        )
