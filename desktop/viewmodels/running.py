"""The agents that are deployed, for what is shown outside the window."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from core.changes import Topic
from core.records import Agent, AgentId, DeploymentState
from desktop.viewmodels.base import Desk, ViewModel


class RunningViewModel(ViewModel):
    """Follows which agents are deployed."""

    topics = frozenset({Topic.AGENTS, Topic.DEPLOYMENTS})

    changed = Signal()

    def __init__(self, desk: Desk, parent: QObject | None = None):
        super().__init__(desk, parent)
        self.agents: list[Agent] = []

    async def load(self) -> None:
        agents, owner = self.desk.core.agents, self.desk.owner.id
        self.agents = await self.call(agents.list, owner, state=DeploymentState.DEPLOYED)
        self.changed.emit()

    def stop(self, agent_id: AgentId) -> None:
        self.do(self.call(self.desk.core.agents.stop, self.desk.owner.id, agent_id))
