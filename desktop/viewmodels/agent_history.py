"""The versions of one agent: what each of them changed, and going back to one."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from core.changes import Topic
from core.errors import NotFound
from core.records import Agent, AgentId, FieldChange, UserId
from desktop.viewmodels.base import Desk, ViewModel

MOST = 40
"""So many versions are shown, from the newest on."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version, and what it changed of the one before it."""

    agent: Agent
    changes: tuple[FieldChange, ...]
    newest: bool = False


class HistoryViewModel(ViewModel):
    """Shows an agent's versions, newest first."""

    topics = frozenset({Topic.AGENTS})

    changed = Signal()
    closed = Signal()
    went_back = Signal(object)
    """Agent: an old version is the newest one again."""

    def __init__(self, desk: Desk, parent: QObject | None = None):
        super().__init__(desk, parent)
        self.versions: list[Version] = []
        self.agent_id: AgentId | None = None

    def open(self, agent_id: AgentId) -> None:
        self.agent_id = agent_id
        self.reload()

    def close(self) -> None:
        self.agent_id, self.versions = None, []
        self.closed.emit()

    async def load(self) -> None:
        wanted = self.agent_id
        if wanted is None:
            return
        try:
            versions = await self.call(self._read, self.desk.owner.id, wanted)
        except NotFound:
            self.close()
            return
        if wanted == self.agent_id:
            self.versions = versions
            self.changed.emit()

    def _read(self, owner_id: UserId, agent_id: AgentId) -> list[Version]:
        """Return the newest versions with what each changed; on a worker thread."""
        agents = self.desk.core.agents
        every = agents.versions(owner_id, agent_id)
        pairs = zip(every, [*every[1:], None], strict=True)
        return [
            Version(
                new,
                agents.diff(owner_id, agent_id, old.version, new.version) if old else (),
                newest=new is every[0],
            )
            for new, old in list(pairs)[:MOST]
        ]

    def go_back(self, number: int) -> None:
        """Make an old version the newest one again; nothing of the others is lost."""
        if self.agent_id is not None:
            self.do(self._go_back(self.agent_id, number))

    async def _go_back(self, agent_id: AgentId, number: int) -> None:
        agents, owner = self.desk.core.agents, self.desk.owner.id
        self.went_back.emit(await self.call(agents.rollback, owner, agent_id, number))
