"""The Agents page: which agents there are, what they do now, and what can be done with them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

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
    MemoryForecast,
    Model,
    ModelId,
    RerankingModel,
)
from desktop.viewmodels.base import Desk, Reload, ViewModel

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


class AgentOrder(StrEnum):
    """What the list is sorted by."""

    CREATED = "created"
    NAME = "name"
    USED = "used"
    STATE = "state"


_RANKS = (
    DeploymentState.DEPLOYED,
    DeploymentState.DEPLOYING,
    DeploymentState.STOPPING,
    DeploymentState.FAILED,
    DeploymentState.STOPPED,
)


@dataclass(frozen=True, slots=True)
class Choices:
    """What an agent can be built from."""

    models: tuple[Model, ...] = ()
    adapters: tuple[Model, ...] = ()
    collections: tuple[Collection, ...] = ()
    rerankers: tuple[RerankingModel, ...] = ()
    fitting: frozenset[tuple[ModelId, ModelId]] = frozenset()
    """(adapter, model) for each adapter that fits a model."""

    def adapters_for(self, model_id: ModelId) -> list[Model]:
        """Return the adapters that fit a model."""
        return [each for each in self.adapters if (each.id, model_id) in self.fitting]


class AgentsViewModel(ViewModel):
    """Lists, filters, sorts, creates, edits, deploys, stops and deletes agents."""

    topics = frozenset({Topic.AGENTS, Topic.DEPLOYMENTS, Topic.MODELS, Topic.COLLECTIONS})

    changed = Signal()
    """`agents`, `tags` or `choices` are new."""
    pool_full = Signal(object, object)
    """(Agent, list of deployed agents): no place is free; one has to be stopped first."""
    refused = Signal(object)
    """OutpostError: what was entered cannot be saved; `param` names the field."""
    saved = Signal(object)
    """Agent: created or edited."""
    forecast_known = Signal(object, object)
    """(AgentDraft, MemoryForecast): what deploying a draft would take; None where it cannot be."""

    def __init__(self, desk: Desk, parent: QObject | None = None):
        super().__init__(desk, parent)
        self.agents: list[Agent] = []
        self.total = 0
        self.tags: list[str] = []
        self.filter = AgentFilter()
        self.choices = Choices()
        self.loaded = False
        self.order = AgentOrder.CREATED
        self.last_used: dict[AgentId, datetime] = {}
        self._needs: dict[object, MemoryForecast] = {}
        self._usage = Reload(desk.bridge, self._find_usage)
        self._weighing = Reload(desk.bridge, self._weigh)

    def narrow(self, wanted: AgentFilter) -> None:
        """Show only the agents that fit."""
        if wanted != self.filter:
            self.filter = wanted
            self.reload()

    def sort(self, order: AgentOrder) -> None:
        """Show the agents in another order."""
        self.order = order
        self.agents = self._sorted(self.agents)
        self.changed.emit()

    def need(self, draft: AgentDraft) -> MemoryForecast | None:
        """Return what memory deploying an agent takes, as far as that is known by now."""
        return self._needs.get(_load_of(draft))

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
        self.agents, self.total = self._sorted(shown), len(everything)
        self.tags = sorted({tag for agent in everything for tag in agent.draft.tags})
        if not self.loaded:
            self._usage.request()
        self.loaded = True
        self.changed.emit()
        self._weighing.request()

    def noticed(self, topic: Topic, subjects: frozenset[str]) -> None:
        super().noticed(topic, subjects)
        if topic in (Topic.CONVERSATIONS, Topic.MESSAGES) and self.loaded:
            self._usage.request()

    def _sorted(self, agents: Sequence[Agent]) -> list[Agent]:
        """Return the agents in the chosen order; those that are alike in it by their names."""
        named = sorted(agents, key=lambda each: each.name.casefold())
        match self.order:
            case AgentOrder.NAME:
                return named
            case AgentOrder.USED:
                never = datetime.min.replace(tzinfo=UTC)
                return sorted(named, key=lambda a: self.last_used.get(a.id, never), reverse=True)
            case AgentOrder.STATE:
                return sorted(named, key=lambda each: _RANKS.index(each.deployment.state))
        return sorted(named, key=lambda each: each.created_at)

    async def _find_usage(self) -> None:
        """Learn when each agent was last talked to."""
        find, owner = self.desk.core.conversations.last_used, self.desk.owner.id
        used: dict[AgentId, datetime] = await self.call(find, owner)
        if used != self.last_used:
            self.last_used = used
            self.sort(self.order)

    async def _weigh(self) -> None:
        """Learn what memory each agent takes that was not looked at yet."""
        new = {_load_of(agent.draft): agent.draft for agent in self.agents}
        for load, draft in new.items():
            if load not in self._needs and (found := await self._forecast(draft)) is not None:
                self._needs[load] = found
                self.changed.emit()

    async def _forecast(self, draft: AgentDraft) -> MemoryForecast | None:
        try:
            return await self.call(self.desk.core.agents.forecast, draft)
        except OutpostError:  # a model that is missing; the list and the form say so already
            return None

    def forecast(self, draft: AgentDraft) -> None:
        """Ask what deploying a draft would take; `forecast_known` tells."""
        self.do(self._tell_forecast(draft))

    async def _tell_forecast(self, draft: AgentDraft) -> None:
        self.forecast_known.emit(draft, await self._forecast(draft))

    async def _find_choices(self) -> Choices:
        core = self.desk.core
        models = await self.call(core.models.list)
        collections = await self.call(core.collections.list, self.desk.owner.id)
        return Choices(
            models=tuple(model for model in models if not model.is_adapter),
            adapters=tuple(model for model in models if model.is_adapter and model.usable),
            collections=tuple(collections),
            rerankers=tuple(await self.call(core.collections.rerankers)),
            fitting=await self.call(self._fitting, models),
        )

    def _fitting(self, models: Sequence[Model]) -> frozenset[tuple[ModelId, ModelId]]:
        """Return which adapter goes with which model; on a worker, since it asks the core."""
        pairs: set[tuple[ModelId, ModelId]] = set()
        for adapter in models:
            if adapter.is_adapter and adapter.usable:
                with suppress(OutpostError):  # gone or damaged meanwhile
                    bases = self.desk.core.models.bases(adapter.id)
                    pairs |= {(adapter.id, base.id) for base in bases}
        return frozenset(pairs)

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
        """Store a second agent like this one, under a name that is free."""
        self.do(self.call(self.desk.core.agents.clone, self.desk.owner.id, agent.id))

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


def _load_of(draft: AgentDraft) -> object:
    """Return what of a draft decides about its memory."""
    return draft.model, draft.adapters, draft.context_tokens, draft.engine
