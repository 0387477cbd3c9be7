"""The first steps: from a fresh start to a conversation, in four steps.

They are shown by themselves once in the life of a data folder, and whenever they are asked for.
"""

from __future__ import annotations

from enum import IntEnum

from PySide6.QtCore import QObject, Signal

from core.changes import Topic
from core.records import (
    Agent,
    AgentId,
    AgentType,
    DeploymentState,
    Document,
    DocumentState,
    Model,
)
from desktop.viewmodels.base import Desk, ViewModel, tr

MARK = "first_steps"
STARTER_TAG = "starter"


class Step(IntEnum):
    """What is shown, in order."""

    WELCOME = 0
    MODEL = 1
    DEPLOY = 2
    ASK = 3


class FirstRunViewModel(ViewModel):
    """Knows the step on show, and how far the agent is that is to be talked to."""

    topics = frozenset(
        {Topic.AGENTS, Topic.DEPLOYMENTS, Topic.DOCUMENTS, Topic.COLLECTIONS, Topic.STARTUP}
    )

    changed = Signal()

    def __init__(self, desk: Desk, parent: QObject | None = None):
        super().__init__(desk, parent)
        self.step = Step.WELCOME
        self.agent: Agent | None = None
        self.model: Model | None = None
        self.documents: list[Document] = []
        """What the agent answers from; none for one that answers on its own."""
        self.preparing = True
        """True until starting up has made the starter agents."""
        self._on_show = False
        self._deployed: AgentId | None = None
        """The agent that was deployed here: a better one that comes later is too late."""

    async def due(self) -> bool:
        """Return whether the steps have to be shown by themselves, which happens once."""
        return await self.call(self._take_mark)

    def _take_mark(self) -> bool:
        core = self.desk.core
        if core.marks.get(MARK) is not None:
            return False
        core.marks.put(MARK, "shown")
        return not core.conversations.list(self.desk.owner.id)

    # ------------------------------------------------------------ state

    @property
    def deployed(self) -> bool:
        return self.agent is not None and self.agent.deployment.state is DeploymentState.DEPLOYED

    @property
    def deploying(self) -> bool:
        return self.agent is not None and self.agent.deployment.state is DeploymentState.DEPLOYING

    @property
    def read(self) -> int:
        """How many of the agent's documents can be searched."""
        found = (DocumentState.INDEXING, DocumentState.READY)
        return sum(each.state in found for each in self.documents)

    @property
    def can_ask(self) -> bool:
        """True once the agent is deployed and has something to answer from."""
        return self.deployed and (not self.documents or self.read > 0)

    async def load(self) -> None:
        core, owner = self.desk.core, self.desk.owner.id
        agents = await self.call(core.agents.list, owner)
        self.preparing = not core.startup.finished.is_set() and not agents
        begun = (each for each in agents if each.id == self._deployed)
        self.agent = next(begun, _best(agents))
        models = await self.call(core.models.list)
        wanted = self.agent.draft.model if self.agent else None
        self.model = next((each for each in models if each.id == wanted), None)
        self.documents = []
        for each in self.agent.draft.collections if self.agent else ():
            self.documents += await self.call(core.collections.documents, owner, each)
        self.changed.emit()

    def noticed(self, topic: Topic, subjects: frozenset[str]) -> None:
        if self._on_show:
            super().noticed(topic, subjects)

    # ------------------------------------------------------------ wishes

    def begin(self) -> None:
        """Start with the first step, following the core from now on."""
        self.step, self._on_show = Step.WELCOME, True
        self.changed.emit()
        self.reload()

    def end(self) -> None:
        """Follow the core no longer."""
        self._on_show = False

    def go(self, step: int) -> None:
        """Show a step; beyond the ends nothing happens."""
        if Step.WELCOME <= step <= Step.ASK:
            self.step = Step(step)
            self.changed.emit()

    def deploy(self) -> None:
        """Deploy the agent; its state tells how that goes."""
        if self.agent is not None:
            self._deployed = self.agent.id
            self.do(self.call(self.desk.core.agents.deploy, self.desk.owner.id, self.agent.id))


def _best(agents: list[Agent]) -> Agent | None:
    """Return the agent to begin with: the starter that cites, else a starter, else any."""
    starters = [each for each in agents if STARTER_TAG in each.draft.tags]
    citing = [each for each in starters if each.draft.type is AgentType.RAG]
    return next(iter([*citing, *starters, *agents]), None)


def questions(agent: Agent | None) -> list[str]:
    """Return what could be asked first."""
    if agent is not None and agent.draft.type is AgentType.RAG:
        return [
            tr("Where does Outpost keep its data?"),
            tr("What is a collection?"),
            tr("How do I deploy an agent?"),
        ]
    return [tr("What can you help me with?"), tr("Write a short poem about the sea.")]
