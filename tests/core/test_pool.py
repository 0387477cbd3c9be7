"""The pool with real engines: places, shared engines, leases, and what a failure leaves."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import core.pool
from core.engines.base import EngineSpec, FinishReason
from core.engines.llama.engine import LlamaEngine
from core.errors import AgentDeployed, Cancelled, NotDeployed, PoolFull, UnusableModel
from core.pool import ModelPool
from core.records import AgentId
from core.streams import Cancel
from tests.core.engines.llama.asking import ENDLESS, GREEDY, Answer, ask, prompt, wait_until
from tests.core.loading import Loader

pytestmark = pytest.mark.model

ADA, BOB, CLEO = AgentId("agt_ada"), AgentId("agt_bob"), AgentId("agt_cleo")


@pytest.fixture
def spec(starter_model_path: Path) -> EngineSpec:
    """The starter model in the smallest context."""
    return EngineSpec(starter_model_path, context_tokens=256, slots=1)


@pytest.fixture
def loader() -> Loader:
    """What the pool loads by."""
    return Loader()


@pytest.fixture
def pool(loader: Loader) -> Iterator[ModelPool]:
    """A pool of two places."""
    made = ModelPool(loader, 2)
    yield made
    made.close()


def deploy(pool: ModelPool, agent_id: AgentId, spec: EngineSpec, name: str = "Ada") -> None:
    """Take a place and load."""
    pool.reserve(agent_id, name)
    pool.load(agent_id, spec)


def test_a_full_pool_names_who_holds_its_places(pool: ModelPool) -> None:
    """The error tells which agents could be stopped, and nothing has changed."""
    pool.reserve(ADA, "Ada")
    pool.reserve(BOB, "Bob")
    with pytest.raises(PoolFull) as refusal:
        pool.reserve(CLEO, "Cleo")
    assert refusal.value.deployed == ("Ada", "Bob")
    assert "'Ada', 'Bob'" in str(refusal.value)
    assert pool.names() == ["Ada", "Bob"]


def test_an_agent_has_at_most_one_place(pool: ModelPool) -> None:
    """A second reservation is refused."""
    pool.reserve(ADA, "Ada")
    with pytest.raises(AgentDeployed):
        pool.reserve(ADA, "Ada")


def test_the_limit_can_change_while_agents_are_deployed(pool: ModelPool) -> None:
    """A lower limit stops nobody and refuses the next; a higher one admits it."""
    pool.reserve(ADA, "Ada")
    pool.reserve(BOB, "Bob")
    pool.limit(1)
    assert len(pool.names()) == 2
    pool.release(ADA)
    with pytest.raises(PoolFull):
        pool.reserve(CLEO, "Cleo")
    pool.limit(3)
    pool.reserve(CLEO, "Cleo")


def test_equal_specs_share_an_engine(pool: ModelPool, loader: Loader, spec: EngineSpec) -> None:
    """Two agents on one spec load once, and the engine goes with the second of them."""
    deploy(pool, ADA, spec)
    deploy(pool, BOB, spec, "Bob")
    assert loader.loaded == [spec]
    pool.release(ADA)
    with pool.lease(BOB, "Bob", Cancel()) as session:
        assert session.count("Hello") == 1
    pool.release(BOB)
    assert not loader.shelf.holds(spec)


def test_only_a_loaded_agent_can_be_leased(pool: ModelPool, spec: EngineSpec) -> None:
    """The error says whether the agent is stopped or not loaded yet."""
    with pytest.raises(NotDeployed, match="stopped"), pool.lease(ADA, "Ada", Cancel()):
        pass
    pool.reserve(ADA, "Ada")
    with pytest.raises(NotDeployed, match="still being deployed"), pool.lease(ADA, "Ada", Cancel()):
        pass
    pool.load(ADA, spec)
    with pool.lease(ADA, "Ada", Cancel()) as session:
        assert session.context_tokens == 256


def test_release_ends_the_replies_that_are_being_written(pool: ModelPool, spec: EngineSpec) -> None:
    """A lease does not keep an agent from being stopped: its reply is cancelled first."""
    deploy(pool, ADA, spec)
    cancel, answer = Cancel(), Answer()

    def write() -> None:
        with pool.lease(ADA, "Ada", cancel) as session:
            tokens = session.prompt_tokens([])
            answer.take(session.generate(tokens, ENDLESS, cancel))

    writer = threading.Thread(target=write)
    writer.start()
    wait_until(lambda: bool(answer.deltas))
    began_s = time.monotonic()
    pool.release(ADA)
    assert time.monotonic() - began_s < 2
    writer.join(2)
    assert cancel
    assert answer.end.reason is FinishReason.CANCELLED
    assert pool.names() == []


def test_release_does_not_wait_for_ever(
    pool: ModelPool, loader: Loader, spec: EngineSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A caller that neither reads on nor leaves loses its engine after a while."""
    monkeypatch.setattr(core.pool, "LEASE_END_TIMEOUT_S", 0.2)
    deploy(pool, ADA, spec)
    cancel = Cancel()
    with pool.lease(ADA, "Ada", cancel) as session:
        events = session.generate(session.prompt_tokens([]), ENDLESS, cancel)
        next(events)
        pool.release(ADA)
        assert not loader.shelf.holds(spec)
        with pytest.raises(Cancelled):
            session.count("Hello")
        Answer().take(events)


def test_stopping_takes_no_further_leases(pool: ModelPool, spec: EngineSpec) -> None:
    """From the moment an agent is being stopped, no new reply begins."""
    deploy(pool, ADA, spec)
    cancel = Cancel()
    with pool.lease(ADA, "Ada", cancel):
        pool.cancel(ADA)
        assert cancel
        with pytest.raises(NotDeployed), pool.lease(ADA, "Ada", Cancel()):
            pass


def test_a_failed_load_gives_the_place_back(
    pool: ModelPool, spec: EngineSpec, tmp_path: Path
) -> None:
    """After a failure the pool is as it was before."""
    deploy(pool, ADA, spec)
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF")
    pool.reserve(BOB, "Bob")
    with pytest.raises(UnusableModel):
        pool.load(BOB, EngineSpec(broken))
    assert pool.names() == ["Ada"]
    deploy(pool, CLEO, spec, "Cleo")
    with pool.lease(CLEO, "Cleo", Cancel()) as engine:
        assert engine.count("Hello") == 1


def test_idle_agents_are_those_that_nobody_uses(pool: ModelPool, spec: EngineSpec) -> None:
    """A lease and a load in progress keep an agent busy; the time counts from the last use."""
    assert pool.idle(0) == []
    pool.reserve(ADA, "Ada")
    assert pool.idle(0) == []
    pool.load(ADA, spec)
    assert pool.idle(0) == [ADA]
    assert pool.idle(60) == []
    with pool.lease(ADA, "Ada", Cancel()):
        assert pool.idle(0) == []
    time.sleep(0.05)
    assert pool.idle(0.04) == [ADA]


def test_a_pinned_agent_is_never_idle(pool: ModelPool, spec: EngineSpec) -> None:
    """Pinned agents are neither timed out nor chosen to make room."""
    pool.reserve(ADA, "Ada", pinned=True)
    pool.load(ADA, spec)
    assert pool.idle(0) == []
    assert pool.least_recently_used() is None
    deploy(pool, BOB, spec, "Bob")
    assert pool.least_recently_used() == BOB


def test_the_least_recently_used_agent_makes_room_first(pool: ModelPool, spec: EngineSpec) -> None:
    """Use counts, not the order of deployment; an agent in use is not chosen."""
    deploy(pool, ADA, spec)
    deploy(pool, BOB, spec, "Bob")
    assert pool.least_recently_used() == ADA
    with pool.lease(ADA, "Ada", Cancel()):
        assert pool.least_recently_used() == BOB
    assert pool.least_recently_used() == BOB


def test_closing_while_a_model_loads_frees_it(
    pool: ModelPool, loader: Loader, spec: EngineSpec
) -> None:
    """The load that ends after the close gets Cancelled, and its engine is freed."""
    loader.gate.clear()
    errors: list[BaseException] = []

    def load() -> None:
        try:
            deploy(pool, ADA, spec)
        except Cancelled as error:
            errors.append(error)

    loader_thread = threading.Thread(target=load)
    closer = threading.Thread(target=pool.close)
    loader_thread.start()
    assert loader.begun.wait(10)
    closer.start()
    wait_until(lambda: pool.names() == [])
    loader.gate.set()
    loader_thread.join(10)
    closer.join(10)
    assert len(errors) == 1
    assert not loader.shelf.holds(spec)


def test_an_engine_answers_through_a_lease(pool: ModelPool, spec: EngineSpec) -> None:
    """What the pool hands out is the engine itself, ready to write."""
    deploy(pool, ADA, spec)
    with pool.lease(ADA, "Ada", Cancel()) as session:
        assert isinstance(session, LlamaEngine)
        assert ask(session, prompt(session, "Hello"), GREEDY).text


def test_quiet_work_gives_way_to_a_lease(pool: ModelPool, spec: EngineSpec) -> None:
    """It is cancelled by a lease of any agent on the engine, and cannot begin during one."""
    deploy(pool, ADA, spec)
    deploy(pool, BOB, spec, "Bob")
    began: list[str] = []

    def work() -> None:
        with pool.lease_quietly(ADA, "Ada", Cancel()):
            began.append("quiet")

    with pool.lease_quietly(ADA, "Ada", Cancel()) as (session, cancel):
        assert isinstance(session, LlamaEngine)
        assert not cancel
        assert ADA not in pool.idle(0)
        with pool.lease(BOB, "Bob", Cancel()):
            assert cancel
            waiting = threading.Thread(target=work)
            waiting.start()
            waiting.join(0.6)
            assert (waiting.is_alive(), began) == (True, [])
    waiting.join(10)
    assert began == ["quiet"]


def test_quiet_work_ends_with_its_agent(pool: ModelPool, spec: EngineSpec) -> None:
    """Stopping the agent cancels it, waits for it, and refuses more."""
    deploy(pool, ADA, spec)
    with pool.lease_quietly(ADA, "Ada", Cancel()) as (_, cancel):
        stopper = threading.Thread(target=pool.release, args=(ADA,))
        stopper.start()
        assert cancel.wait(10)
        assert stopper.is_alive()
    stopper.join(10)
    with pytest.raises(NotDeployed), pool.lease_quietly(ADA, "Ada", Cancel()):
        pass


def test_quiet_work_that_was_stopped_does_not_begin(pool: ModelPool, spec: EngineSpec) -> None:
    """Neither at once nor after waiting for a reply."""
    deploy(pool, ADA, spec)
    stop = Cancel()
    stop.set()
    with pytest.raises(Cancelled), pool.lease_quietly(ADA, "Ada", stop):
        pass
