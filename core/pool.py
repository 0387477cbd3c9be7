"""The bounded pool of loaded models: who holds a place, who is using it, what it costs.

Agents hold places; engines are shared by agents whose specs are equal. A lease keeps an agent's
engine alive while a reply is written; stopping an agent cancels its leases and waits for them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from core.engines.base import Engine, EngineSpec, Session
from core.errors import AgentDeployed, Cancelled, NotDeployed, PoolFull
from core.records import AgentId, Occupancy
from core.streams import Cancel

LOOK_AGAIN_S = 0.25
LEASE_END_TIMEOUT_S = 4.0
"""How long stopping waits for cancelled replies; cancel itself takes a fraction of a second."""


@dataclass(slots=True, eq=False)
class _Place:
    name: str
    engine: Engine | None = None
    leases: set[Cancel] = field(default_factory=set)
    yielding: set[Cancel] = field(default_factory=set)
    """Background work that gives way to any lease."""
    last_used_s: float = field(default_factory=time.monotonic)
    closing: bool = False
    pinned: bool = False
    unwanted: Cancel = field(default_factory=Cancel)
    """Set once the agent is to be stopped, for who is still loading it."""


class ModelPool:
    """At most `max_agents` deployed agents; `load` makes an engine from a spec and may block."""

    def __init__(self, load: Callable[[EngineSpec, Cancel], Engine], max_agents: int):
        self._load = load
        self._max_agents = max_agents
        self._changed = threading.Condition()
        self._loading = threading.Lock()
        self._places: dict[AgentId, _Place] = {}
        self._engines: dict[EngineSpec, Engine] = {}

    def limit(self, max_agents: int) -> None:
        """Change the number of places; agents beyond it stay until they are stopped."""
        with self._changed:
            self._max_agents = max_agents

    def reserve(self, agent_id: AgentId, name: str, *, pinned: bool = False) -> None:
        """Take a place; raises PoolFull naming the holders, AgentDeployed if it has one."""
        with self._changed:
            if agent_id in self._places:
                raise AgentDeployed(name)
            if len(self._places) >= self._max_agents:
                raise PoolFull(self._max_agents, [place.name for place in self._places.values()])
            self._places[agent_id] = _Place(name, pinned=pinned)

    def load(self, agent_id: AgentId, spec: EngineSpec) -> None:
        """Load the engine for a reserved place, or share one that is loaded.

        If loading fails, the place is given back and the error is raised.
        """
        try:
            with self._loading:
                place = self._places.get(agent_id)
                engine = self._engines.get(spec)
                if engine is None and place is not None:
                    engine = self._engines[spec] = self._load(spec, place.unwanted)
                with self._changed:
                    place = self._places.get(agent_id)
                    if place is None or engine is None:
                        raise Cancelled("The agent was stopped while it was loaded.")
                    place.engine = engine
                    place.last_used_s = time.monotonic()
        except BaseException:
            with self._changed:
                self._places.pop(agent_id, None)
            raise

    def release(self, agent_id: AgentId) -> None:
        """Cancel the agent's replies, wait for them, free its place and, if unused, its engine."""
        place = self.cancel(agent_id)
        if place is None:
            return
        with self._changed:
            self._changed.wait_for(
                lambda: not (place.leases or place.yielding), LEASE_END_TIMEOUT_S
            )
            self._places.pop(agent_id, None)
        self._close_unused()

    def cancel(self, agent_id: AgentId) -> _Place | None:
        """Take no further leases for the agent and cancel those there are; does not wait."""
        with self._changed:
            place = self._places.get(agent_id)
            if place is None:
                return None
            place.closing = True
            leases = [*place.leases, *place.yielding, place.unwanted]
        for cancel in leases:
            cancel.set()
        return place

    def _close_unused(self) -> None:
        with self._loading:
            with self._changed:
                used = {id(place.engine) for place in self._places.values()}
                unused = [spec for spec, engine in self._engines.items() if id(engine) not in used]
                engines = [self._engines.pop(spec) for spec in unused]
            for engine in engines:
                engine.close()

    @contextmanager
    def lease(self, agent_id: AgentId, name: str, cancel: Cancel) -> Iterator[Session]:
        """Use the agent's engine; stopping the agent meanwhile sets `cancel`.

        Raises NotDeployed if the agent has no loaded engine.
        """
        with self._changed:
            place = self._places.get(agent_id)
            if place is None or place.closing:
                raise NotDeployed(name, "stopped")
            if place.engine is None:
                raise NotDeployed(name, "still being deployed")
            engine = place.engine
            place.leases.add(cancel)
            giving_way = [each for other in self._sharing(engine) for each in other.yielding]
        for other in giving_way:
            other.set()
        try:
            yield engine
        finally:
            with self._changed:
                place.leases.discard(cancel)
                place.last_used_s = time.monotonic()
                self._changed.notify_all()

    @contextmanager
    def lease_quietly(
        self, agent_id: AgentId, name: str, stop: Cancel
    ) -> Iterator[tuple[Session, Cancel]]:
        """Use the agent's engine while nobody else wants it: for work that can be done again.

        Waits until no lease is held on the engine. One that is taken meanwhile sets the cancel
        that comes with the session. Raises NotDeployed, and Cancelled once `stop` is set.
        """
        cancel = Cancel()
        place, engine = self._await_quiet(agent_id, name, stop, cancel)
        stop.on_set(cancel.set)
        try:
            yield engine, cancel
        finally:
            with self._changed:
                place.yielding.discard(cancel)
                place.last_used_s = time.monotonic()
                self._changed.notify_all()

    def _await_quiet(
        self, agent_id: AgentId, name: str, stop: Cancel, cancel: Cancel
    ) -> tuple[_Place, Engine]:
        with self._changed:
            while not stop:
                place = self._places.get(agent_id)
                if place is None or place.closing or place.engine is None:
                    raise NotDeployed(name, "stopped")
                if not any(other.leases for other in self._sharing(place.engine)):
                    place.yielding.add(cancel)
                    return place, place.engine
                self._changed.wait(LOOK_AGAIN_S)
        raise Cancelled

    def _sharing(self, engine: Engine) -> list[_Place]:
        """Return the places that use an engine."""
        return [place for place in self._places.values() if place.engine is engine]

    def idle(self, longer_than_s: float) -> list[AgentId]:
        """Return the loaded agents that nobody has used for so long; pinned ones never."""
        now_s = time.monotonic()
        with self._changed:
            return [
                agent_id
                for agent_id, place in self._idle_places()
                if now_s - place.last_used_s >= longer_than_s
            ]

    def _idle_places(self) -> list[tuple[AgentId, _Place]]:
        return [
            (agent_id, place)
            for agent_id, place in self._places.items()
            if place.engine is not None
            and not (place.leases or place.yielding or place.pinned or place.closing)
        ]

    def least_recently_used(self) -> AgentId | None:
        """Return the agent that could be stopped for another one, None if all are in use."""
        with self._changed:
            idle = self._idle_places()
        return min(idle, key=lambda pair: pair[1].last_used_s, default=(None, None))[0]

    def occupancy(self) -> Occupancy:
        """Return how full the pool is."""
        with self._changed:
            replies = sum(len(place.leases) for place in self._places.values())
            return Occupancy(self._max_agents, len(self._places), replies)

    def names(self) -> list[str]:
        """Return the names of the agents that hold a place."""
        with self._changed:
            return [place.name for place in self._places.values()]

    def close(self) -> None:
        """Cancel everything and free all engines."""
        with self._changed:
            agent_ids = list(self._places)
        for agent_id in agent_ids:
            self.cancel(agent_id)
        for agent_id in agent_ids:
            self.release(agent_id)
        self._close_unused()
