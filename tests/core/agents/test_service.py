"""Agents from creation to deletion, deployed for real: states, notices, limits and failures."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from sqlalchemy import insert

import core.agents.lifecycle
from core.agents import Agents, DeploymentLimits, EngineDefaults
from core.changes import Change, Changes, Topic
from core.engines.base import FinishReason
from core.engines.loader import EngineLoader
from core.errors import (
    AgentDeployed,
    Conflict,
    EngineFailed,
    InvalidInput,
    NotDeployed,
    NotFound,
    PoolFull,
    UnusableModel,
)
from core.models import Models
from core.pool import ModelPool
from core.records import (
    Adapter,
    Agent,
    AgentDraft,
    AgentId,
    AgentType,
    CollectionId,
    DeploymentState,
    ModelId,
    Sampling,
    UserId,
    now,
)
from core.retrieval.reranking import Rerankers
from core.store.agents import AgentStore
from core.store.database import Database
from core.store.models import ModelStore
from core.store.schema import collection
from core.store.users import UserStore
from core.streams import Cancel
from tests.core.engines.llama.asking import ENDLESS, Answer, wait_until
from tests.core.engines.llama.lora import write_adapter
from tests.core.engines.test_gguf import write_small
from tests.core.loading import Loader

pytestmark = pytest.mark.model

STOPPED, DEPLOYING = DeploymentState.STOPPED, DeploymentState.DEPLOYING
DEPLOYED, STOPPING = DeploymentState.DEPLOYED, DeploymentState.STOPPING
FAILED = DeploymentState.FAILED


@dataclass
class Desk:
    """The service with everything below it, and what it announced."""

    agents: Agents
    models: Models
    pool: ModelPool
    loader: Loader
    database: Database
    folder: Path
    owner_id: UserId
    other_id: UserId
    seen: list[Change] = field(default_factory=list)
    states: list[DeploymentState] = field(default_factory=list)

    @property
    def draft(self) -> AgentDraft:
        """A small agent on the starter model."""
        model = self.models.starter()
        assert model is not None
        return AgentDraft(
            "Ada",
            AgentType.FINE_TUNED,
            model.id,
            context_tokens=256,
            sampling=Sampling(max_tokens=16),
            tags=("red",),
        )

    def make(self, **changes: object) -> Agent:
        """Create an agent of the owner's."""
        draft = replace(self.draft, **changes)  # type: ignore[arg-type]
        return self.agents.create(self.owner_id, draft)

    def deployed(self, **changes: object) -> Agent:
        """Create an agent and deploy it."""
        made = self.make(**changes)
        assert self.agents.deploy(self.owner_id, made.id, wait=True).state is DEPLOYED
        return made

    def state(self, agent: Agent) -> DeploymentState:
        """Return an agent's state."""
        return self.agents.get(self.owner_id, agent.id).deployment.state

    def follow(self, change: Change) -> None:
        """Note a change and the state in which it finds the agent."""
        self.seen.append(change)
        if change.topic is Topic.DEPLOYMENTS:
            agent_id = AgentId(change.subject)
            state = self.agents.get(self.owner_id, agent_id).deployment.state
            if self.states[-1:] != [state]:
                self.states.append(state)


@pytest.fixture
def desk(tmp_path: Path, database: Database) -> Iterator[Desk]:
    """A fresh service over the starter model, with two places and no idle timeout."""
    folder = tmp_path / "models"
    folder.mkdir()
    changes, loader = Changes(), Loader()
    models = Models(folder, ModelStore(database), changes)
    pool = ModelPool(loader, 2)
    agents = Agents(
        AgentStore(database),
        models,
        pool,
        changes,
        engine=EngineDefaults(threads=1, slots=1, prefix_dir=tmp_path / "prefixes"),
        limits=DeploymentLimits(idle_timeout_s=0, stop_least_used=False),
        forecast=EngineLoader().forecast,
        require_reranker=Rerankers(folder).require,
    )
    users = UserStore(database)
    owner, other = users.add("ada", is_owner=True), users.add("bob")
    made = Desk(agents, models, pool, loader, database, folder, owner.id, other.id)
    changes.subscribe(made.follow)
    yield made
    loader.gate.set()
    agents.close()


def add_collection(desk: Desk, owner_id: UserId, name: str) -> CollectionId:
    """Store a collection's row."""
    row = insert(collection).values(
        id=name,
        owner_id=owner_id,
        name=name,
        description="",
        embedder="",
        generation=1,
        created_at=now().isoformat(),
    )
    desk.database.write(lambda connection: connection.execute(row).rowcount)
    return CollectionId(name)


# ---------------------------------------------------------------- stored agents


def test_a_new_agent_is_announced_and_stopped(desk: Desk) -> None:
    """Everyone who lists agents learns of it, and who made it."""
    made = desk.agents.create(desk.owner_id, desk.draft, initiator="the form")
    assert made.deployment.state is STOPPED
    assert desk.seen[-1] == Change(Topic.AGENTS, made.id, desk.owner_id, "the form")
    assert desk.agents.get(desk.owner_id, made.id) == made


def test_a_bad_draft_is_refused_before_it_is_stored(desk: Desk) -> None:
    """The field at fault is named, and the list stays empty."""
    wrong: dict[str, dict[str, object]] = {
        "name": {"name": " "},
        "model": {"model": ModelId("missing.gguf")},
        "context_tokens": {"context_tokens": 16_384},
        "adapters": {"adapters": (Adapter(desk.draft.model),)},
        "temperature": {"sampling": Sampling(temperature=9)},
    }
    for param, change in wrong.items():
        with pytest.raises(InvalidInput) as refusal:
            desk.make(**change)
        assert refusal.value.param == param
    assert desk.agents.list(desk.owner_id) == []


def test_an_unusable_model_is_refused_with_its_reason(desk: Desk) -> None:
    """A broken file and an adapter cannot be an agent's model."""
    (desk.folder / "broken.gguf").write_bytes(b"GGUF\x03\0\0\0")
    write_adapter(desk.folder / "lora.gguf")
    desk.models.scan()
    with pytest.raises(InvalidInput, match="cannot be used"):
        desk.make(model=ModelId("broken.gguf"))
    with pytest.raises(InvalidInput, match="is an adapter"):
        desk.make(model=ModelId("lora.gguf"))
    desk.make(adapters=(Adapter(ModelId("lora.gguf"), 0.5),))


def test_names_are_a_users_own(desk: Desk) -> None:
    """A name is given once for each user, in any case and language."""
    desk.make(name="Ärger")
    with pytest.raises(Conflict):
        desk.make(name=" ärger ")
    desk.agents.create(desk.other_id, replace(desk.draft, name="Ärger"))


def test_collections_must_be_the_users_own(desk: Desk) -> None:
    """Another user's collection answers as a missing one."""
    own = add_collection(desk, desk.owner_id, "col_own")
    foreign = add_collection(desk, desk.other_id, "col_foreign")
    desk.make(name="Rag", type=AgentType.RAG, collections=(own,))
    with pytest.raises(NotFound):
        desk.make(name="Other", type=AgentType.RAG, collections=(foreign,))


def test_the_list_can_be_filtered(desk: Desk) -> None:
    """Text, tag, type and state narrow the list, together."""
    own = add_collection(desk, desk.owner_id, "col_own")
    ada = desk.deployed(description="Knows Über-whales")
    bob = desk.make(name="Bob", tags=("blue", "red"))
    rag = desk.make(name="Rag", type=AgentType.RAG, collections=(own,), tags=())

    def found(**filters: object) -> list[AgentId]:
        listed = desk.agents.list(desk.owner_id, **filters)  # type: ignore[arg-type]
        return [agent.id for agent in listed]

    assert found() == [ada.id, bob.id, rag.id]
    assert found(text="ÜBER") == [ada.id]
    assert found(text="b") == [ada.id, bob.id]
    assert found(tag="red") == [ada.id, bob.id]
    assert found(tag="re") == []
    assert found(type=AgentType.RAG) == [rag.id]
    assert found(state=DEPLOYED) == [ada.id]
    assert found(state=STOPPED, tag="red") == [bob.id]
    assert desk.agents.list(desk.other_id) == []


def test_versions_are_kept(desk: Desk) -> None:
    """Every edit is a version; the newest is the agent."""
    made = desk.make()
    edited = desk.agents.edit(desk.owner_id, made.id, replace(desk.draft, name="Eva"))
    assert (edited.version, edited.name) == (2, "Eva")
    versions = desk.agents.versions(desk.owner_id, made.id)
    assert [(each.version, each.name) for each in versions] == [(2, "Eva"), (1, "Ada")]


def test_foreign_agents_are_not_there(desk: Desk) -> None:
    """Whatever another user asks of an agent, it does not exist for them."""
    made = desk.deployed()
    calls = (
        lambda: desk.agents.get(desk.other_id, made.id),
        lambda: desk.agents.edit(desk.other_id, made.id, desk.draft),
        lambda: desk.agents.versions(desk.other_id, made.id),
        lambda: desk.agents.deploy(desk.other_id, made.id),
        lambda: desk.agents.stop(desk.other_id, made.id),
        lambda: desk.agents.delete(desk.other_id, made.id, force=True),
    )
    for call in calls:
        with pytest.raises(NotFound):
            call()
    assert desk.state(made) is DEPLOYED


# ---------------------------------------------------------------- lifecycle


def test_an_agent_goes_through_its_states(desk: Desk) -> None:
    """Each step is announced when it is true, from deploying to stopped."""
    made = desk.deployed()
    assert desk.states == [DEPLOYING, DEPLOYED]
    with desk.pool.lease(made.id, "Ada", Cancel()) as session:
        assert session.context_tokens == 256
    assert desk.agents.stop(desk.owner_id, made.id, wait=True).state is STOPPED
    assert desk.states == [DEPLOYING, DEPLOYED, STOPPING, STOPPED]
    assert desk.pool.names() == []
    assert not desk.loader.shelf.holds(desk.loader.loaded[0])
    changes = [each for each in desk.seen if each.topic is Topic.DEPLOYMENTS]
    assert {(each.subject, each.owner_id) for each in changes} == {(made.id, desk.owner_id)}


def test_deploying_twice_is_deploying_once(desk: Desk) -> None:
    """A second client that deploys the same agent waits for the same load."""
    made = desk.make()
    desk.loader.gate.clear()
    assert desk.agents.deploy(desk.owner_id, made.id).state is DEPLOYING
    results: list[DeploymentState] = []

    def deploy() -> None:
        results.append(desk.agents.deploy(desk.owner_id, made.id, wait=True).state)

    second = threading.Thread(target=deploy)
    second.start()
    assert desk.loader.begun.wait(10)
    desk.loader.gate.set()
    second.join(20)
    assert results == [DEPLOYED]
    assert desk.agents.deploy(desk.owner_id, made.id, wait=True).state is DEPLOYED
    assert len(desk.loader.loaded) == 1
    assert desk.pool.names() == ["Ada"]


def test_a_full_pool_refuses_at_once(desk: Desk) -> None:
    """The error names who is deployed; the agent stays stopped and can be deployed later."""
    one, _two = desk.deployed(name="One"), desk.deployed(name="Two")
    three = desk.make(name="Three")
    with pytest.raises(PoolFull, match="'One', 'Two'"):
        desk.agents.deploy(desk.owner_id, three.id)
    assert desk.state(three) is STOPPED
    desk.agents.stop(desk.owner_id, one.id, wait=True)
    assert desk.agents.deploy(desk.owner_id, three.id, wait=True).state is DEPLOYED


def test_room_can_be_made_in_a_full_pool(desk: Desk) -> None:
    """If the user chose so, the agent unused for longest is stopped and says for whom."""
    one, two = desk.deployed(name="One"), desk.deployed(name="Two", pinned=True)
    desk.agents.limits.stop_least_used = True
    three = desk.deployed(name="Three")
    stopped = desk.agents.get(desk.owner_id, one.id).deployment
    assert (stopped.state, stopped.reason) == (STOPPED, "Stopped to make room for 'Three'.")
    four = desk.make(name="Four")
    with desk.pool.lease(three.id, "Three", Cancel()), pytest.raises(PoolFull):
        desk.agents.deploy(desk.owner_id, four.id)
    assert (desk.state(two), desk.state(three)) == (DEPLOYED, DEPLOYED)


def test_a_failed_deployment_says_why_and_frees_its_place(desk: Desk) -> None:
    """A model that passes the header check but not llama.cpp: failed, with the reason."""
    write_small(desk.folder / "hollow.gguf")
    desk.models.scan()
    made = desk.make(model=ModelId("hollow.gguf"))
    desk.loader.gate.clear()
    assert desk.agents.deploy(desk.owner_id, made.id).state is DEPLOYING
    desk.loader.gate.set()
    wait_until(lambda: desk.states == [DEPLOYING, FAILED])
    deployment = desk.agents.get(desk.owner_id, made.id).deployment
    assert deployment.state is FAILED
    assert "hollow" in str(deployment.reason)
    assert "Choose another model" in str(deployment.reason)
    assert desk.pool.names() == []


def test_a_failed_agent_can_be_tried_again_stopped_and_deleted(desk: Desk) -> None:
    """Failure is no dead end: each way out works and is announced."""
    write_small(desk.folder / "hollow.gguf")
    desk.models.scan()
    made = desk.make(model=ModelId("hollow.gguf"))
    for _ in range(2):
        with pytest.raises(UnusableModel):
            desk.agents.deploy(desk.owner_id, made.id, wait=True)
    desk.states.clear()
    assert desk.agents.stop(desk.owner_id, made.id, wait=True).state is STOPPED
    assert desk.states == [STOPPED]
    desk.agents.edit(desk.owner_id, made.id, desk.draft)
    assert desk.agents.deploy(desk.owner_id, made.id, wait=True).state is DEPLOYED
    desk.agents.delete(desk.owner_id, made.id, force=True)


def test_a_model_file_that_vanished_fails_the_deployment(desk: Desk) -> None:
    """What was there at the last scan and is gone now is a failure with a reason."""
    path = write_small(desk.folder / "gone.gguf")
    desk.models.scan()
    made = desk.make(model=ModelId("gone.gguf"))
    path.unlink()
    with pytest.raises(UnusableModel):
        desk.agents.deploy(desk.owner_id, made.id, wait=True)
    assert desk.state(made) is FAILED


def test_an_agent_can_be_stopped_while_it_is_deployed(desk: Desk) -> None:
    """The stop waits for the load, and the agent ends stopped, not deployed."""
    made = desk.make()
    desk.loader.gate.clear()
    desk.agents.deploy(desk.owner_id, made.id)
    assert desk.loader.begun.wait(10)
    assert desk.agents.stop(desk.owner_id, made.id).state is STOPPING
    with pytest.raises(Conflict):
        desk.agents.deploy(desk.owner_id, made.id)
    desk.loader.gate.set()
    wait_until(lambda: desk.states[-1:] == [STOPPED])
    assert desk.states == [DEPLOYING, STOPPING, STOPPED]
    assert desk.pool.names() == []
    assert desk.agents.deploy(desk.owner_id, made.id, wait=True).state is DEPLOYED


def test_stopping_ends_the_replies(desk: Desk) -> None:
    """A reply that is being written is cancelled, and nobody waits for its end."""
    made, cancel, answer = desk.deployed(), Cancel(), Answer()

    def write() -> None:
        with desk.pool.lease(made.id, "Ada", cancel) as session:
            answer.take(session.generate(session.prompt_tokens([]), ENDLESS, cancel))

    writer = threading.Thread(target=write)
    writer.start()
    wait_until(lambda: bool(answer.deltas))
    desk.agents.stop(desk.owner_id, made.id, wait=True)
    writer.join(5)
    assert answer.end.reason is FinishReason.CANCELLED


def test_stopping_a_stopped_agent_changes_nothing(desk: Desk) -> None:
    """Neither the state nor anyone else is told."""
    made = desk.make()
    desk.seen.clear()
    assert desk.agents.stop(desk.owner_id, made.id, wait=True).state is STOPPED
    assert desk.seen == []


# ---------------------------------------------------------------- editing and deleting


def test_new_instructions_need_no_new_deployment(desk: Desk) -> None:
    """Prompt, sampling, name and tags of a deployed agent change while it runs."""
    made = desk.deployed()
    changed = replace(
        desk.draft, name="Eva", system_prompt="Be kind.", sampling=Sampling(max_tokens=8), tags=()
    )
    edited = desk.agents.edit(desk.owner_id, made.id, changed)
    assert (edited.version, edited.deployment.state) == (2, DEPLOYED)
    with desk.pool.lease(made.id, "Eva", Cancel()) as session:
        assert session.count("Hello") == 1
    assert len(desk.loader.loaded) == 1


@pytest.mark.parametrize(
    "change", [{"context_tokens": 512}, {"adapters": (Adapter(ModelId("lora.gguf")),)}]
)
def test_a_changed_model_or_context_stops_the_agent(desk: Desk, change: dict[str, object]) -> None:
    """What is loaded no longer fits; the agent stops and says why, and can be deployed again."""
    write_adapter(desk.folder / "lora.gguf")
    desk.models.scan()
    made = desk.deployed()
    desk.agents.edit(desk.owner_id, made.id, replace(desk.draft, **change))  # type: ignore[arg-type]
    wait_until(lambda: desk.state(made) is STOPPED)
    reason = desk.agents.get(desk.owner_id, made.id).deployment.reason
    assert reason == "Its model or context was changed; deploy it again."
    assert desk.agents.deploy(desk.owner_id, made.id, wait=True).state is DEPLOYED
    assert desk.agents.get(desk.owner_id, made.id).deployment.reason is None


def test_a_deployed_agent_is_not_deleted_by_mistake(desk: Desk) -> None:
    """Without force it stays; with force it is stopped first."""
    made = desk.deployed()
    with pytest.raises(AgentDeployed):
        desk.agents.delete(desk.owner_id, made.id)
    assert desk.state(made) is DEPLOYED
    desk.agents.delete(desk.owner_id, made.id, force=True, initiator="the list")
    assert desk.seen[-1] == Change(Topic.AGENTS, made.id, desk.owner_id, "the list")
    assert desk.pool.names() == []
    with pytest.raises(NotFound):
        desk.agents.get(desk.owner_id, made.id)


# ---------------------------------------------------------------- idleness


def test_an_idle_agent_is_stopped(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the timeout it is stopped and says why; one in use, and a pinned one, stay."""
    monkeypatch.setattr(core.agents.lifecycle, "IDLE_CHECK_S", 0.02)
    desk.pool.limit(3)
    idle = desk.deployed(name="Idle")
    busy, pinned = desk.deployed(name="Busy"), desk.deployed(name="Pinned", pinned=True)
    with desk.pool.lease(busy.id, "Busy", Cancel()):
        desk.agents.limits.idle_timeout_s = 0.2
        wait_until(lambda: desk.state(idle) is STOPPED, 10)
        reason = desk.agents.get(desk.owner_id, idle.id).deployment.reason
        assert reason == "Stopped after 0.2 seconds without a question."
        assert (desk.state(busy), desk.state(pinned)) == (DEPLOYED, DEPLOYED)
    wait_until(lambda: desk.state(busy) is STOPPED, 10)
    assert desk.state(pinned) is DEPLOYED
    with pytest.raises(NotDeployed), desk.pool.lease(idle.id, "Idle", Cancel()):
        pass


def test_no_timeout_stops_nobody(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Zero means never."""
    monkeypatch.setattr(core.agents.lifecycle, "IDLE_CHECK_S", 0.02)
    made = desk.deployed()
    with pytest.raises(AssertionError, match="in time"):
        wait_until(lambda: desk.state(made) is not DEPLOYED, 0.4)


# ---------------------------------------------------------------- closing


def test_closing_while_a_model_loads_leaves_nothing(desk: Desk) -> None:
    """The load ends, its engine is freed, and no thread is left (the guard sees to that)."""
    made = desk.make()
    desk.loader.gate.clear()
    desk.agents.deploy(desk.owner_id, made.id)
    assert desk.loader.begun.wait(10)
    closer = threading.Thread(target=desk.agents.close)
    closer.start()
    desk.loader.gate.set()
    closer.join(10)
    assert not closer.is_alive()
    assert desk.pool.names() == []
    assert not desk.loader.shelf.holds(desk.loader.loaded[0])


def test_an_agent_whose_engine_broke_can_be_deployed_again(desk: Desk) -> None:
    """It ends as failed with the reason, gives its place back, and a new deployment helps."""
    made = desk.deployed()
    broken = EngineFailed("The model runtime broke.")
    desk.agents.note_engine_failure(desk.agents.get(desk.owner_id, made.id), broken)
    wait_until(lambda: desk.states[-1] is DeploymentState.FAILED)
    assert desk.pool.names() == []
    after = desk.agents.get(desk.owner_id, made.id).deployment
    assert after.reason is not None
    assert after.reason.startswith(str(broken))
    assert desk.agents.deploy(desk.owner_id, made.id, wait=True).state is DEPLOYED
