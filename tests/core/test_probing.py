"""The process that loads a foreign model first: what it lets through, and what it dies of."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from core.app import Core
from core.errors import Cancelled, UnusableModel
from core.models import probing
from core.models.probing import probed
from core.records import AgentDraft, AgentType, DeploymentState, ModelId, Sampling
from core.retrieval.child import WORKERS
from core.streams import Cancel
from tests.corpus.models import WRONG, Draft, good

pytestmark = pytest.mark.model
SHORT = Sampling(max_tokens=16)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.gguf"
    path.write_bytes(good())
    return path


def test_a_model_that_can_be_loaded_passes(model: Path) -> None:
    """Nothing is raised, and nothing is written beside it."""
    probed([model], Cancel())
    assert [each.name for each in model.parent.iterdir()] == ["tiny.gguf"]


def test_an_evil_template_does_not_pass(tmp_path: Path) -> None:
    """A template without an end is found before the model is used."""
    draft = Draft()
    WRONG["template-loop"](draft)
    draft.write(tmp_path / "loop.gguf")
    with pytest.raises(UnusableModel, match="chat template"):
        probed([tmp_path / "loop.gguf"], Cancel())


@pytest.mark.allow_log("the model worker ended")
@pytest.mark.parametrize(
    ("does", "reason"), [("abort", "crashes"), ("hang", "timed_out"), ("grow", "too_big")]
)
def test_what_a_file_may_do_costs_the_worker_alone(
    model: Path, monkeypatch: pytest.MonkeyPatch, does: str, reason: str
) -> None:
    """A crash, a hang and greed for memory each end in a refusal that says so."""
    monkeypatch.setitem(WORKERS, "model", "tests.core.misbehaving_worker")
    if does == "hang":
        monkeypatch.setattr(probing, "LIMIT_S", 3.0)
    with pytest.raises(UnusableModel) as refusal:
        probed([model.rename(model.with_name(f"{does}.gguf"))], Cancel())
    assert refusal.value.reason == reason


def test_a_look_can_be_cut_short(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopping the agent does not wait for a file that hangs."""
    monkeypatch.setitem(WORKERS, "model", "tests.core.misbehaving_worker")
    cancel = Cancel()
    timer = threading.Timer(1.0, cancel.set)
    timer.start()
    with pytest.raises(Cancelled):
        probed([model.rename(model.with_name("hang.gguf"))], cancel)
    timer.join()


def drafted(name: str) -> AgentDraft:
    """An agent on a tiny model."""
    return AgentDraft(
        "Tiny", AgentType.FINE_TUNED, ModelId(name), context_tokens=256, sampling=SHORT
    )


@pytest.fixture
def agent_on(core: Core, model: Path) -> tuple[Core, AgentDraft]:
    """A core whose models folder has the tiny model."""
    target = core.settings.model_storage_path / model.name
    target.write_bytes(model.read_bytes())
    core.models.scan()
    return core, drafted(model.name)


def test_a_changed_model_is_refused_at_deployment(agent_on: tuple[Core, AgentDraft]) -> None:
    """It is deployed once; with one other byte it is failed, and its reason says why."""
    core, draft = agent_on
    owner = core.users.owner().id
    agent = core.agents.create(owner, draft)
    core.agents.deploy(owner, agent.id, wait=True)
    core.agents.stop(owner, agent.id, wait=True)
    path = core.models.get(draft.model).path
    content = bytearray(path.read_bytes())
    content[-100] ^= 1
    path.write_bytes(content)
    with pytest.raises(UnusableModel) as refusal:
        core.agents.deploy(owner, agent.id, wait=True)
    assert refusal.value.reason == "changed"
    deployment = core.agents.get(owner, agent.id).deployment
    assert deployment.state is DeploymentState.FAILED
    assert "SHA-256" in str(deployment.reason)
    core.models.accept(draft.model)
    core.agents.deploy(owner, agent.id, wait=True)


def test_a_model_that_does_not_pass_is_not_loaded(
    core: Core, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the look refuses never reaches this process's engine."""

    def refuse(files: Sequence[Path], cancel: Cancel) -> None:
        raise UnusableModel("It crashes.", reason="crashes")

    def fail(*_: object) -> None:
        raise AssertionError("it was loaded")

    (core.settings.model_storage_path / "tiny.gguf").write_bytes(good())
    monkeypatch.setattr(core.models, "_probe", refuse)
    monkeypatch.setattr(core.pool, "_load", fail)
    core.models.scan()
    owner = core.users.owner().id
    draft = drafted("tiny.gguf")
    agent = core.agents.create(owner, draft)
    with pytest.raises(UnusableModel, match="crashes"):
        core.agents.deploy(owner, agent.id, wait=True)
