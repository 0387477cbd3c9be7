"""Agents from creation to deletion, and their lifecycle:

    stopped → deploying → deployed → stopping → stopped,   failed (with a reason) from deploying

Deploying and stopping run on a worker thread of this service; callers may wait for the end.
"""

from __future__ import annotations

import builtins
import logging
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from core.agents.validation import checked
from core.changes import Changes, Topic
from core.engines.base import EngineSpec
from core.errors import AgentDeployed, Conflict, InvalidInput, NotFound, OutpostError, PoolFull
from core.models import Models
from core.pool import ModelPool
from core.records import (
    Agent,
    AgentDraft,
    AgentId,
    AgentType,
    Deployment,
    DeploymentState,
    Model,
    ModelId,
    UserId,
    now,
)
from core.store.agents import AgentStore
from core.streams import Cancel

log = logging.getLogger(__name__)

IDLE_CHECK_S = 1.0
STARTING, RUNNING = DeploymentState.DEPLOYING, DeploymentState.DEPLOYED


class Agents:
    """All that can be done with agents except talking to them."""

    def __init__(
        self,
        store: AgentStore,
        models: Models,
        pool: ModelPool,
        changes: Changes,
        *,
        idle_timeout_s: float,
        stop_least_used: bool,
        threads: int,
        slots: int,
        prefix_dir: Path,
    ):
        self._store = store
        self._models = models
        self._pool = pool
        self._changes = changes
        self._threads = threads
        self._slots = slots
        self._prefix_dir = prefix_dir
        self._lock = threading.Lock()
        self._deployments: dict[AgentId, Deployment] = {}
        self._specs: dict[AgentId, EngineSpec] = {}
        self._owners: dict[AgentId, UserId] = {}
        self._work: dict[AgentId, Future[None]] = {}
        self._worker = ThreadPoolExecutor(2, thread_name_prefix="outpost-deploy")
        self._closing = threading.Event()
        self.idle_timeout_s = idle_timeout_s
        self.stop_least_used = stop_least_used
        self._sweeper = threading.Thread(
            target=self._stop_idle, name="outpost-idle-sweeper", daemon=True
        )
        self._sweeper.start()

    # ---- stored agents

    def create(self, owner_id: UserId, draft: AgentDraft, *, initiator: str = "") -> Agent:
        """Store a new agent; raises InvalidInput, Conflict for its name, NotFound."""
        draft = checked(draft)
        self._require_models(draft)
        agent = self._store.create(owner_id, draft)
        self._changes.announce(Topic.AGENTS, agent.id, owner_id, initiator)
        return agent

    def edit(
        self, owner_id: UserId, agent_id: AgentId, draft: AgentDraft, *, initiator: str = ""
    ) -> Agent:
        """Store a new version of the agent.

        A deployed agent uses new instructions and parameters from the next turn on; one whose
        model, adapters or context changed is stopped and says why.
        """
        draft = checked(draft)
        self._require_models(draft)
        agent = self._store.edit(owner_id, agent_id, draft)
        self._changes.announce(Topic.AGENTS, agent.id, owner_id, initiator)
        loaded = self._specs.get(agent_id)
        if loaded is not None and loaded != self._spec(draft):
            self._begin_stop(agent, initiator, "Its model or context was changed; deploy it again.")
        return self._with_state(agent)

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

    def delete(
        self, owner_id: UserId, agent_id: AgentId, *, force: bool = False, initiator: str = ""
    ) -> None:
        """Delete an agent; raises AgentDeployed unless it is stopped or `force` is given."""
        agent = self.get(owner_id, agent_id)
        if agent.deployment.state in (STARTING, RUNNING):
            if not force:
                raise AgentDeployed(agent.name)
            self.stop(owner_id, agent_id, wait=True, initiator=initiator)
        self._store.delete(owner_id, agent_id)
        self._changes.announce(Topic.AGENTS, agent_id, owner_id, initiator)

    # ---- lifecycle

    def deploy(
        self, owner_id: UserId, agent_id: AgentId, *, wait: bool = False, initiator: str = ""
    ) -> Deployment:
        """Make the agent ready to answer; deploying twice is deploying once.

        Raises PoolFull at once, Conflict while it is being stopped; with `wait`, also what
        loading raises.
        """
        agent = self._store.get(owner_id, agent_id)
        with self._lock:
            state = self._state(agent_id).state
            if state is DeploymentState.STOPPING:
                raise Conflict(f"The agent '{agent.name}' is just being stopped.")
            if state not in (STARTING, RUNNING):
                spec = self._spec(agent.draft)
                self._reserve(agent)
                self._specs[agent_id], self._owners[agent_id] = spec, owner_id
                self._deployments[agent_id] = Deployment(STARTING, since=now())
                self._work[agent_id] = self._worker.submit(self._load, agent, spec, initiator)
            work = self._work.get(agent_id)
        self._changes.announce(Topic.DEPLOYMENTS, agent_id, owner_id, initiator)
        if wait and work is not None:
            work.result()
        return self._state(agent_id)

    def _reserve(self, agent: Agent) -> None:
        """Take a place in the pool, if need be and if the operator allows it from an idle agent."""
        try:
            self._pool.reserve(agent.id, agent.name, pinned=agent.draft.pinned)
        except PoolFull:
            evicted = self._pool.least_recently_used() if self.stop_least_used else None
            if evicted is None:
                raise
            self._pool.release(evicted)
            self._specs.pop(evicted, None)
            reason = f"Stopped to make room for '{agent.name}'."
            self._deployments[evicted] = Deployment(DeploymentState.STOPPED, reason, now())
            self._changes.announce(Topic.DEPLOYMENTS, evicted, self._owners.get(evicted))
            self._pool.reserve(agent.id, agent.name, pinned=agent.draft.pinned)

    def _load(self, agent: Agent, spec: EngineSpec, initiator: str) -> None:
        try:
            self._pool.load(agent.id, spec)
            with self._pool.lease(agent.id, agent.name, Cancel()) as session:
                session.warm(agent.draft.system_prompt.strip())
            self._models.sha256(agent.draft.model)
        except BaseException as error:
            self._pool.release(agent.id)
            self._specs.pop(agent.id, None)
            if not isinstance(error, OutpostError):
                log.exception("deploying the agent %s failed", agent.id)
            self._set_state(agent, DeploymentState.FAILED, _reason(error), initiator)
            raise
        self._set_state(agent, RUNNING, None, initiator)

    def stop(
        self, owner_id: UserId, agent_id: AgentId, *, wait: bool = False, initiator: str = ""
    ) -> Deployment:
        """Stop the agent, ending its replies; stopping a stopped agent changes nothing."""
        work = self._begin_stop(self._store.get(owner_id, agent_id), initiator, None)
        if wait and work is not None:
            work.result()
        return self._state(agent_id)

    def _begin_stop(self, agent: Agent, initiator: str, reason: str | None) -> Future[None] | None:
        with self._lock:
            if self._state(agent.id).state not in (STARTING, RUNNING):
                if self._state(agent.id).state is DeploymentState.FAILED:
                    self._deployments.pop(agent.id)
                return self._work.get(agent.id)
            loading = self._work.get(agent.id)
            self._deployments[agent.id] = Deployment(DeploymentState.STOPPING, since=now())
            work = self._worker.submit(self._unload, agent, loading, initiator, reason)
            self._work[agent.id] = work
        self._changes.announce(Topic.DEPLOYMENTS, agent.id, agent.owner_id, initiator)
        return work

    def _unload(
        self, agent: Agent, loading: Future[None] | None, initiator: str, reason: str | None
    ) -> None:
        if loading is not None:
            loading.exception()  # waits for it; its failure has been noted already
        self._pool.release(agent.id)
        self._specs.pop(agent.id, None)
        self._set_state(agent, DeploymentState.STOPPED, reason, initiator)

    def _set_state(
        self, agent: Agent, state: DeploymentState, reason: str | None, initiator: str
    ) -> None:
        with self._lock:
            stopping = self._state(agent.id).state is DeploymentState.STOPPING
            if not (stopping and state in (RUNNING, DeploymentState.FAILED)):
                self._deployments[agent.id] = Deployment(state, reason, now())
        self._changes.announce(Topic.DEPLOYMENTS, agent.id, agent.owner_id, initiator)

    def _state(self, agent_id: AgentId) -> Deployment:
        return self._deployments.get(agent_id, Deployment())

    def _with_state(self, agent: Agent) -> Agent:
        return replace(agent, deployment=self._state(agent.id))

    def _stop_idle(self) -> None:
        while not self._closing.wait(IDLE_CHECK_S):
            if self.idle_timeout_s <= 0:
                continue
            for agent_id in self._pool.idle(self.idle_timeout_s):
                try:
                    agent = self._store.get(self._owners[agent_id], agent_id)
                except NotFound:
                    continue
                reason = f"Stopped after {self.idle_timeout_s:g} seconds without a question."
                self._begin_stop(agent, "idle timeout", reason)

    # ---- models

    def _spec(self, draft: AgentDraft) -> EngineSpec:
        model = self._usable(draft.model, "model")
        adapters = tuple(
            (self._usable(adapter.model, "adapters").path, adapter.scale)
            for adapter in draft.adapters
        )
        return EngineSpec(
            model_path=model.path,
            adapters=adapters,
            context_tokens=draft.context_tokens,
            slots=self._slots,
            threads=draft.engine.threads or self._threads,
            kv_type=draft.engine.kv_type,
            gpu_layers=draft.engine.gpu_layers,
            batch_tokens=draft.engine.batch_tokens,
            lock_memory=draft.engine.lock_memory,
            prefix_dir=self._prefix_dir,
        )

    def _require_models(self, draft: AgentDraft) -> None:
        model = self._usable(draft.model, "model")
        if model.is_adapter:
            raise InvalidInput(f"'{model.name}' is an adapter, not a model.", param="model")
        for adapter in draft.adapters:
            if not self._usable(adapter.model, "adapters").is_adapter:
                raise InvalidInput(f"'{adapter.model}' is not a LoRA adapter.", param="adapters")
        if 0 < model.context_tokens < draft.context_tokens:
            raise InvalidInput(
                f"'{model.name}' was trained for a context of {model.context_tokens} tokens; "
                f"{draft.context_tokens} is too much.",
                param="context_tokens",
            )

    def _usable(self, model_id: ModelId, param: str) -> Model:
        try:
            model = self._models.get(model_id)
        except NotFound as error:
            raise InvalidInput(
                str(error), param=param, advice="Choose a model of the list."
            ) from error
        if not model.usable:
            raise InvalidInput(
                f"The model '{model.name}' cannot be used: {model.problem}", param=param
            )
        return model

    def close(self) -> None:
        """Stop all agents and the service's threads."""
        self._closing.set()
        self._pool.close()
        self._worker.shutdown(wait=True)
        self._pool.close()
        self._sweeper.join()


def _reason(error: BaseException) -> str:
    if isinstance(error, OutpostError):
        return f"{error} {error.advice}".strip()
    return f"Unexpected error: {error}"
