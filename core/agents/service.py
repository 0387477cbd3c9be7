"""All that can be done with agents except talking to them."""

from __future__ import annotations

import builtins
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import chain, count

from core.agents.lifecycle import UP, DeploymentLimits, Gate, Lifecycle
from core.agents.specs import EngineDefaults, EngineSpecs
from core.agents.transfer import Transfer
from core.agents.validation import MAX_NAME, checked
from core.agents.versions import differences
from core.changes import Changes, Topic
from core.engines.base import EngineSpec
from core.errors import AgentDeployed, EngineFailed, NotFound
from core.models import Models
from core.pool import ModelPool
from core.records import (
    Agent,
    AgentDraft,
    AgentId,
    AgentType,
    CollectionId,
    Deployment,
    DeploymentState,
    FieldChange,
    MemoryForecast,
    ModelId,
    RerankerId,
    TagCount,
    UserId,
)
from core.store.agents import AgentStore


class Agents:
    """Stored agents with their state; every call names the owner it acts for."""

    def __init__(
        self,
        store: AgentStore,
        models: Models,
        pool: ModelPool,
        changes: Changes,
        *,
        engine: EngineDefaults,
        limits: DeploymentLimits,
        forecast: Callable[[EngineSpec], MemoryForecast],
        require_reranker: Callable[[RerankerId], None],
    ):
        self.limits = limits
        self._forecast = forecast
        self._require_reranker = require_reranker
        self._store = store
        self._changes = changes
        self._specs = EngineSpecs(models, engine)
        self._transfer = Transfer(store, models)
        self._lifecycle = Lifecycle(models, pool, changes, limits, store.note)

    def check_before_deploying(self, gate: Gate) -> None:
        """Have every agent pass a gate before it counts as deployed."""
        self._lifecycle.gate = gate

    def forecast(self, draft: AgentDraft) -> MemoryForecast:
        """Return what memory deploying would take and what is free; raises InvalidInput."""
        self._specs.check(draft)
        return self._forecast(self._specs.spec(draft))

    def create(self, owner_id: UserId, draft: AgentDraft, *, initiator: str = "") -> Agent:
        """Store a new agent; raises InvalidInput, Conflict for its name, NotFound."""
        draft = self._checked(draft)
        agent = self._store.create(owner_id, draft)
        self._changes.announce(Topic.AGENTS, agent.id, owner_id, initiator)
        return agent

    def edit(
        self, owner_id: UserId, agent_id: AgentId, draft: AgentDraft, *, initiator: str = ""
    ) -> Agent:
        """Store a new version of the agent.

        A deployed agent uses new instructions and parameters from the next turn on; one whose
        model, adapters or engine options changed is stopped and says why.
        """
        draft = self._checked(draft)
        agent = self._store.edit(owner_id, agent_id, draft)
        self._changes.announce(Topic.AGENTS, agent.id, owner_id, initiator)
        if self._lifecycle.spec(agent_id) not in (None, self._specs.spec(draft)):
            reason = "Its model or context was changed; deploy it again."
            self._lifecycle.stop(agent, initiator, reason)
        return self._with_state(agent)

    def _checked(self, draft: AgentDraft) -> AgentDraft:
        """Return a draft that can be stored; raises InvalidInput naming the field at fault."""
        draft = checked(draft)
        self._specs.check(draft)
        self._require_reranker(draft.retrieval.reranker)
        return draft

    def get(self, owner_id: UserId, agent_id: AgentId) -> Agent:
        return self._with_state(self._store.get(owner_id, agent_id))

    def list(
        self,
        owner_id: UserId,
        *,
        text: str = "",
        tag: str | None = None,
        type: AgentType | None = None,
        state: DeploymentState | None = None,
    ) -> list[Agent]:
        """Return the owner's agents, oldest first, that fit every filter given."""
        wanted = text.strip().casefold()
        return [
            agent
            for agent in map(self._with_state, self._store.list(owner_id))
            if (not wanted or wanted in f"{agent.name}\n{agent.draft.description}".casefold())
            and (tag is None or tag in agent.draft.tags)
            and (type is None or agent.draft.type is type)
            and (state is None or agent.deployment.state is state)
        ]

    def versions(self, owner_id: UserId, agent_id: AgentId) -> builtins.list[Agent]:
        """Return every version of the agent, newest first."""
        return builtins.list(self._store.versions(owner_id, agent_id))

    def diff(
        self, owner_id: UserId, agent_id: AgentId, old: int, new: int
    ) -> tuple[FieldChange, ...]:
        """Return what differs between two versions, given by their numbers; raises NotFound."""
        before, after = (self._version(owner_id, agent_id, number) for number in (old, new))
        return differences(before.draft, after.draft)

    def rollback(
        self, owner_id: UserId, agent_id: AgentId, number: int, *, initiator: str = ""
    ) -> Agent:
        """Make an old version the newest one again, as a further version; raises as `edit`."""
        old = self._version(owner_id, agent_id, number)
        return self.edit(owner_id, agent_id, old.draft, initiator=initiator)

    def _version(self, owner_id: UserId, agent_id: AgentId, number: int) -> Agent:
        for each in self._store.versions(owner_id, agent_id):
            if each.version == number:
                return each
        raise NotFound("version", str(number))

    def clone(
        self, owner_id: UserId, agent_id: AgentId, *, name: str = "", initiator: str = ""
    ) -> Agent:
        """Store a second agent like this one, under a free name where none is given."""
        draft = self._store.get(owner_id, agent_id).draft
        named = name.strip() or self._free_name(owner_id, draft.name)
        return self.create(owner_id, replace(draft, name=named), initiator=initiator)

    def tags(self, owner_id: UserId) -> builtins.list[TagCount]:
        """Return every tag in use with the number of its agents, in the order of the alphabet."""
        counts = Counter(tag for agent in self._store.list(owner_id) for tag in agent.draft.tags)
        return [TagCount(tag, counts[tag]) for tag in sorted(counts, key=str.casefold)]

    def export_file(self, owner_id: UserId, agent_id: AgentId) -> bytes:
        """Return the agent as a file, without its model and documents."""
        return self._transfer.pack(self._store.get(owner_id, agent_id))

    def import_file(
        self,
        owner_id: UserId,
        file: bytes,
        *,
        model: ModelId | None = None,
        collections: Sequence[CollectionId] | None = None,
        over: AgentId | None = None,
        initiator: str = "",
    ) -> Agent:
        """Store the agent of an exported file, under a free name or as a version `over` another.

        `model` and `collections` stand in for those that the file names. Raises InvalidInput for
        a damaged file, and naming the model or collections that are not here.
        """
        draft = self._transfer.draft(owner_id, file, model, collections)
        if over is not None:
            return self.edit(owner_id, over, draft, initiator=initiator)
        named = replace(draft, name=self._free_name(owner_id, draft.name, copy=False))
        return self.create(owner_id, named, initiator=initiator)

    def _free_name(self, owner_id: UserId, name: str, *, copy: bool = True) -> str:
        """Return the name with the first ending that no other agent has."""
        taken = {agent.name.casefold() for agent in self._store.list(owner_id)}
        endings = chain([" (copy)"] if copy else [""], (f" ({number})" for number in count(2)))
        names = (name[: MAX_NAME - len(ending)] + ending for ending in endings)
        return next(each for each in names if each.casefold() not in taken)

    def delete(
        self, owner_id: UserId, agent_id: AgentId, *, force: bool = False, initiator: str = ""
    ) -> None:
        """Delete an agent; raises AgentDeployed unless it is stopped or `force` is given."""
        agent = self.get(owner_id, agent_id)
        if agent.deployment.state in UP:
            if not force:
                raise AgentDeployed(agent.name)
            self.stop(owner_id, agent_id, wait=True, initiator=initiator)
        self._store.delete(owner_id, agent_id)
        self._changes.announce(Topic.AGENTS, agent_id, owner_id, initiator)

    def deploy(
        self, owner_id: UserId, agent_id: AgentId, *, wait: bool = False, initiator: str = ""
    ) -> Deployment:
        """Make the agent ready to answer; deploying twice is deploying once.

        Raises PoolFull at once, Conflict while it is being stopped, InvalidInput for a model
        that has become unusable; with `wait`, also what loading raises.
        """
        agent = self._store.get(owner_id, agent_id)
        work = self._lifecycle.deploy(agent, self._specs.spec(agent.draft), initiator)
        if wait and work is not None:
            work.result()
        return self._lifecycle.deployment(agent_id)

    def stop(
        self, owner_id: UserId, agent_id: AgentId, *, wait: bool = False, initiator: str = ""
    ) -> Deployment:
        """Stop the agent, ending its replies; stopping a stopped agent changes nothing."""
        work = self._lifecycle.stop(self._store.get(owner_id, agent_id), initiator)
        if wait and work is not None:
            work.exception()
        return self._lifecycle.deployment(agent_id)

    def note_engine_failure(self, agent: Agent, error: EngineFailed) -> None:
        """Take a deployed agent whose engine broke out of service; it can be deployed again."""
        self._lifecycle.stop(agent, "", f"{error} {error.advice}", DeploymentState.FAILED)

    def _with_state(self, agent: Agent) -> Agent:
        return replace(agent, deployment=self._lifecycle.deployment(agent.id))

    def close(self) -> None:
        """Stop all agents and the lifecycle's threads."""
        self._lifecycle.close()
