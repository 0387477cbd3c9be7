"""The Agents page: which agents there are, what they do now, and what can be done with them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain, count

from PySide6.QtCore import QObject, Signal

from core.changes import Topic
from core.errors import OutpostError, PoolFull
from core.records import (
    Agent,
    AgentDraft,
    AgentId,
    AgentType,
    Collection,
    DeploymentState,
    Model,
    ModelId,
)
from desktop.viewmodels.base import Desk, ViewModel, tr

BUSY = (DeploymentState.DEPLOYING, DeploymentState.STOPPING)


@dataclass(frozen=True, slots=True)
class AgentFilter:
    """What the list is narrowed to; the empty filter shows all."""

    text: str = ""
    tag: str | None = None
    type: AgentType | None = None
    state: DeploymentState | None = None

    @property
    def active(self) -> bool:
        return self != AgentFilter()


@dataclass(frozen=True, slots=True)
class Choices:
    """What an agent can be built from."""

    models: tuple[Model, ...] = ()
    adapters: tuple[Model, ...] = ()
    collections: tuple[Collection, ...] = ()


class AgentsViewModel(ViewModel):
    """Lists, filters, creates, edits, deploys, stops and deletes agents."""

    topics = frozenset({Topic.AGENTS, Topic.DEPLOYMENTS, Topic.MODELS, Topic.COLLECTIONS})

    changed = Signal()
    """`agents`, `tags` or `choices` are new."""
    pool_full = Signal(object, object)
    """(Agent, list of deployed agents): no place is free; one has to be stopped first."""
    refused = Signal(object)
    """OutpostError: what was entered cannot be saved; `param` names the field."""
    saved = Signal(object)
    """Agent: created or edited."""

    def __init__(self, desk: Desk, parent: QObject | None = None):
        super().__init__(desk, parent)
        self.agents: list[Agent] = []
        self.total = 0
        self.tags: list[str] = []
        self.filter = AgentFilter()
        self.choices = Choices()
        self.loaded = False

    def narrow(self, wanted: AgentFilter) -> None:
        """Show only the agents that fit."""
        if wanted != self.filter:
            self.filter = wanted
            self.reload()

    def agent(self, agent_id: AgentId) -> Agent | None:
        """Return a listed agent."""
        return next((agent for agent in self.agents if agent.id == agent_id), None)

    def model_name(self, model_id: ModelId) -> str:
        """Return a model's name for people, or its id where the file is gone."""
        found = (model.name for model in self.choices.models if model.id == model_id)
        return next(found, str(model_id))

    def model_missing(self, model_id: ModelId) -> bool:
        usable = {model.id for model in self.choices.models if model.usable}
        return bool(self.choices.models) and model_id not in usable

    async def load(self) -> None:
        core, owner, wanted = self.desk.core, self.desk.owner.id, self.filter
        everything = await self.call(core.agents.list, owner)
        shown = everything
        if wanted.active:
            shown = await self.call(
                core.agents.list,
                owner,
                text=wanted.text,
                tag=wanted.tag,
                type=wanted.type,
                state=wanted.state,
            )
        self.choices = await self._find_choices()
        self.agents, self.total = shown, len(everything)
        self.tags = sorted({tag for agent in everything for tag in agent.draft.tags})
        self.loaded = True
        self.changed.emit()

    async def _find_choices(self) -> Choices:
        core = self.desk.core
        models = await self.call(core.models.list)
        collections = await self.call(core.collections.list, self.desk.owner.id)
        return Choices(
            models=tuple(model for model in models if not model.is_adapter),
            adapters=tuple(model for model in models if model.is_adapter and model.usable),
            collections=tuple(collections),
        )

    def deploy(self, agent: Agent) -> None:
        self.do(self._deploy(agent))

    def stop(self, agent_id: AgentId) -> None:
        self.do(self.call(self.desk.core.agents.stop, self.desk.owner.id, agent_id))

    def stop_and_deploy(self, stopped: AgentId, agent: Agent) -> None:
        """Free one agent's place for another."""
        self.do(self._stop_and_deploy(stopped, agent))

    def delete(self, agent_id: AgentId) -> None:
        """Delete an agent, stopping it first where it runs; the view has asked already."""
        agents, owner = self.desk.core.agents, self.desk.owner.id
        self.do(self.call(agents.delete, owner, agent_id, force=True))

    def duplicate(self, agent: Agent) -> None:
        taken = {other.name.casefold() for other in self.agents}
        names = (tr("{name} (copy {number})").format(name=agent.name, number=n) for n in count(2))
        first = tr("{name} (copy)").format(name=agent.name)
        name = next(name for name in chain([first], names) if name.casefold() not in taken)
        self.save(None, replace(agent.draft, name=name))

    def save(self, agent_id: AgentId | None, draft: AgentDraft) -> None:
        """Create an agent, or a new version of one."""
        self.do(self._save(agent_id, draft))

    async def _deploy(self, agent: Agent) -> None:
        agents, owner = self.desk.core.agents, self.desk.owner.id
        try:
            await self.call(agents.deploy, owner, agent.id)
        except PoolFull:
            deployed = await self.call(agents.list, owner)
            taken = (DeploymentState.DEPLOYED, *BUSY)
            self.pool_full.emit(agent, [a for a in deployed if a.deployment.state in taken])

    async def _stop_and_deploy(self, stopped: AgentId, agent: Agent) -> None:
        await self.call(self.desk.core.agents.stop, self.desk.owner.id, stopped, wait=True)
        await self._deploy(agent)

    async def _save(self, agent_id: AgentId | None, draft: AgentDraft) -> None:
        agents, owner = self.desk.core.agents, self.desk.owner.id
        try:
            if agent_id is None:
                agent = await self.call(agents.create, owner, draft)
            else:
                agent = await self.call(agents.edit, owner, agent_id, draft)
        except OutpostError as error:
            if error.param is None:
                raise
            self.refused.emit(error)
        else:
            self.saved.emit(agent)
