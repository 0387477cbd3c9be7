"""The lifecycle of agents:

    stopped → deploying → deployed → stopping → stopped,   failed (with a reason) from deploying

Loading and unloading run on worker threads of this room; whoever wants may wait for them. Agents
that nobody has asked for long enough are stopped by the sweeper.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from core.actor import IDLENESS, Actor, acting
from core.agents.instructions import instructions
from core.changes import Changes, Topic
from core.engines.base import EngineSpec, Session
from core.errors import Conflict, OutpostError, PoolFull
from core.models import Models
from core.pool import ModelPool
from core.records import Agent, AgentId, Deployment, DeploymentState, now
from core.streams import Cancel

log = logging.getLogger(__name__)

Gate = Callable[[Agent, Session, Cancel], None]
IDLE_CHECK_S = 1.0
UP = (DeploymentState.DEPLOYING, DeploymentState.DEPLOYED)


@dataclass(slots=True)
class DeploymentLimits:
    """What the operator decides about deployed agents; may change while running."""

    idle_timeout_s: float
    """0 never stops an agent for idleness."""
    stop_least_used: bool
    """Make room in a full pool instead of refusing."""


@dataclass(slots=True)
class _Tracked:
    """What is known of an agent that was deployed since Outpost started."""

    agent: Agent
    deployment: Deployment = field(default_factory=Deployment)
    spec: EngineSpec | None = None
    work: Future[None] | None = None
    unwanted: Cancel = field(default_factory=Cancel)
    """Set once it is to be stopped, for who still looks at its model."""


class Lifecycle:
    """Deploys and stops agents, and knows the state of each."""

    def __init__(
        self,
        models: Models,
        pool: ModelPool,
        changes: Changes,
        limits: DeploymentLimits,
        audit: Callable[[Agent, str], None],
    ):
        self.limits = limits
        self.gate: Gate = _open_gate
        """Called before an agent counts as deployed; what it raises fails the deployment."""
        self._models = models
        self._pool = pool
        self._changes = changes
        self._audit = audit
        self._lock = threading.RLock()
        self._tracked: dict[AgentId, _Tracked] = {}
        self._worker = ThreadPoolExecutor(2, thread_name_prefix="outpost-deploy")
        self._closing = threading.Event()
        self._sweeper = threading.Thread(
            target=self._stop_idle, name="outpost-idle-sweeper", daemon=True
        )
        self._sweeper.start()

    def deployment(self, agent_id: AgentId) -> Deployment:
        tracked = self._tracked.get(agent_id)
        return tracked.deployment if tracked else Deployment()

    def spec(self, agent_id: AgentId) -> EngineSpec | None:
        """Return what is loaded, or being loaded, for the agent."""
        tracked = self._tracked.get(agent_id)
        return tracked.spec if tracked else None

    def deploy(self, agent: Agent, spec: EngineSpec, initiator: str) -> Future[None] | None:
        """Begin to deploy; deploying twice is deploying once. The future ends with the loading.

        Raises PoolFull at once, Conflict while the agent is being stopped.
        """
        with self._lock:
            tracked = self._tracked.setdefault(agent.id, _Tracked(agent))
            if tracked.deployment.state is DeploymentState.STOPPING:
                raise Conflict(f"The agent '{agent.name}' is just being stopped.")
            if tracked.deployment.state in UP:
                return tracked.work
            self._reserve(agent)
            tracked.agent, tracked.spec, tracked.unwanted = agent, spec, Cancel()
            tracked.deployment = Deployment(DeploymentState.DEPLOYING, since=now())
            tracked.work = self._worker.submit(self._load, tracked, spec, initiator)
        self._audit(agent, "agent.deploy")
        self._announce(agent, initiator)
        return tracked.work

    def _reserve(self, agent: Agent) -> None:
        """Take a place in the pool, from an idle agent if need be and if that is allowed."""
        try:
            self._pool.reserve(agent.id, agent.name, pinned=agent.draft.pinned)
        except PoolFull:
            evicted = self._pool.least_recently_used() if self.limits.stop_least_used else None
            if evicted is None:
                raise
            self._pool.release(evicted)
            reason = f"Stopped to make room for '{agent.name}'."
            self._note(self._tracked[evicted], DeploymentState.STOPPED, reason, "")
            self._audit(self._tracked[evicted].agent, "agent.stop")
            self._pool.reserve(agent.id, agent.name, pinned=agent.draft.pinned)

    def _load(self, tracked: _Tracked, spec: EngineSpec, initiator: str) -> None:
        agent, cancel = tracked.agent, Cancel()
        try:
            self._trust(agent, tracked.unwanted)
            self._pool.load(agent.id, spec)
            with self._pool.lease(agent.id, agent.name, cancel) as session:
                session.warm(instructions(agent.draft), cancel)
                self.gate(agent, session, cancel)
                self._trust(agent, tracked.unwanted)  # what was loaded is what was looked at
        except BaseException as error:
            self._pool.release(agent.id)
            if not isinstance(error, OutpostError):
                log.exception("deploying the agent %s failed", agent.id)
            self._note(tracked, DeploymentState.FAILED, _reason(error), initiator)
            raise
        self._note(tracked, DeploymentState.DEPLOYED, None, initiator)

    def _trust(self, agent: Agent, cancel: Cancel) -> None:
        """Raises UnusableModel for a file that must not be loaded."""
        adapters = [each.model for each in agent.draft.adapters]
        self._models.trust(agent.draft.model, adapters, cancel)

    def stop(
        self,
        agent: Agent,
        initiator: str,
        reason: str | None = None,
        end: DeploymentState = DeploymentState.STOPPED,
    ) -> Future[None] | None:
        """Begin to stop, ending the agent's replies; stopping a stopped agent changes nothing.

        `end` is the state it ends in: stopped, or failed for an engine that broke.
        """
        with self._lock:
            tracked = self._tracked.get(agent.id)
            if tracked is None or tracked.deployment.state not in UP:
                if tracked and tracked.deployment.state is DeploymentState.FAILED:
                    self._note(tracked, DeploymentState.STOPPED, None, initiator)
                return tracked.work if tracked else None
            loading = tracked.work
            tracked.unwanted.set()
            tracked.deployment = Deployment(DeploymentState.STOPPING, since=now())
            tracked.work = self._worker.submit(
                self._unload, tracked, loading, initiator, reason, end
            )
        self._pool.cancel(agent.id)
        self._audit(agent, "agent.stop")
        self._announce(agent, initiator)
        return tracked.work

    def _unload(
        self,
        tracked: _Tracked,
        loading: Future[None] | None,
        initiator: str,
        reason: str | None,
        end: DeploymentState,
    ) -> None:
        if loading is not None:
            loading.exception()  # waits for it; its failure has been noted already
        self._pool.release(tracked.agent.id)
        self._note(tracked, end, reason, initiator, unloaded=True)

    def _note(
        self,
        tracked: _Tracked,
        state: DeploymentState,
        reason: str | None,
        initiator: str,
        *,
        unloaded: bool = False,
    ) -> None:
        """Record a step's end; what ends while the agent is being stopped waits for the stop."""
        with self._lock:
            stopping = tracked.deployment.state is DeploymentState.STOPPING
            if unloaded or not stopping:
                tracked.deployment = Deployment(state, reason, now())
            if state is not DeploymentState.DEPLOYED:
                tracked.spec = None
        self._announce(tracked.agent, initiator)

    def _announce(self, agent: Agent, initiator: str) -> None:
        self._changes.announce(Topic.DEPLOYMENTS, agent.id, agent.owner_id, initiator)

    def _stop_idle(self) -> None:
        while not self._closing.wait(IDLE_CHECK_S):
            limit_s = self.limits.idle_timeout_s
            for agent_id in self._pool.idle(limit_s) if limit_s > 0 else ():
                reason = f"Stopped after {limit_s:g} seconds without a question."
                with acting(Actor(IDLENESS)):
                    self.stop(self._tracked[agent_id].agent, IDLENESS, reason)

    def close(self) -> None:
        """Stop all agents and this room's threads."""
        self._closing.set()
        for tracked in [*self._tracked.values()]:
            tracked.unwanted.set()
        self._sweeper.join()
        self._pool.close()
        self._worker.shutdown(wait=True)
        self._pool.close()


def _open_gate(agent: Agent, session: Session, cancel: Cancel) -> None:
    """Let every agent pass."""


def _reason(error: BaseException) -> str:
    if isinstance(error, OutpostError):
        return f"{error} {error.advice}".strip()
    return f"Unexpected error: {error}"
