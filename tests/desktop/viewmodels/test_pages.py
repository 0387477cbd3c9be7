"""The view-models over a real core: what is asked for happens, and the lists follow."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.changes import Topic
from core.errors import NotFound, OutpostError, PoolFull
from core.records import (
    AgentType,
    DeploymentState,
    Hardware,
    MessageState,
    Sampling,
    Scope,
)
from desktop.viewmodels.agents import AgentFilter, AgentsViewModel
from desktop.viewmodels.base import Desk, Reload
from desktop.viewmodels.chat import ChatViewModel
from desktop.viewmodels.collections import CollectionsViewModel
from desktop.viewmodels.models import ModelsViewModel
from desktop.viewmodels.notices import of_error
from desktop.viewmodels.settings import SettingsViewModel
from tests.desktop.conftest import Play, make_agent, until


def test_agents_follow_what_others_write(desk: Desk, play: Play[Any]) -> None:
    """An agent made through any other door appears without being asked for."""
    model = AgentsViewModel(desk, desk.bridge)

    async def story() -> list[str]:
        model.reload()
        await until(lambda: model.loaded)
        await desk.bridge.run(make_agent, desk, "From elsewhere", tags=("a", "b"))
        await until(lambda: model.agents)
        return [agent.name for agent in model.agents]

    assert play(story()) == ["From elsewhere"]
    assert model.tags == ["a", "b"]


def test_the_list_is_narrowed_and_keeps_the_total(desk: Desk, play: Play[Any]) -> None:
    """A filter shows fewer agents, and the page still knows how many there are."""
    make_agent(desk, "Alpha", tags=("x",))
    make_agent(desk, "Beta")
    model = AgentsViewModel(desk, desk.bridge)

    async def story() -> None:
        model.narrow(AgentFilter(text="alp"))
        await until(lambda: [agent.name for agent in model.agents] == ["Alpha"])
        assert model.total == 2
        model.narrow(AgentFilter(tag="x"))
        await until(lambda: [agent.name for agent in model.agents] == ["Alpha"])
        model.narrow(AgentFilter(type=AgentType.RAG))
        await until(lambda: model.agents == [])

    play(story())


def test_an_agent_is_saved_edited_doubled_and_deleted(desk: Desk, play: Play[Any]) -> None:
    """The whole life of an agent without a deployment."""
    first = make_agent(desk, "Writer")
    model = AgentsViewModel(desk, desk.bridge)

    async def story() -> None:
        model.reload()
        await until(lambda: model.agents)
        model.save(first.id, replace(first.draft, description="Writes."))
        await until(lambda: model.agents[0].version == 2)
        model.duplicate(model.agents[0])
        await until(lambda: len(model.agents) == 2)
        model.duplicate(next(a for a in model.agents if a.id == first.id))
        await until(lambda: len(model.agents) == 3)
        assert {agent.draft.description for agent in model.agents} == {"Writes."}
        model.delete(first.id)
        await until(lambda: len(model.agents) == 2)

    play(story())


def test_a_refused_draft_comes_back_with_its_field(desk: Desk, play: Play[Any]) -> None:
    """What the core does not take is told at the field, not as a failure of the window."""
    agent = make_agent(desk)
    model = AgentsViewModel(desk, desk.bridge)
    refused: list[OutpostError] = []
    model.refused.connect(refused.append)

    async def story() -> None:
        model.save(None, replace(agent.draft, name=" "))
        model.save(None, agent.draft)
        await until(lambda: len(refused) == 2)

    play(story())
    assert [(error.param, error.code) for error in refused] == [
        ("name", "invalid_input"),
        ("name", "conflict"),
    ]


@pytest.mark.model
def test_a_full_pool_offers_who_could_make_room(desk: Desk, play: Play[Any]) -> None:
    """Deploying beyond the limit names the deployed, and stopping one makes the place free."""
    desk.core.apply(max_deployed_agents=1)
    first, second = make_agent(desk, "First"), make_agent(desk, "Second")
    model = AgentsViewModel(desk, desk.bridge)
    offered: list[tuple[str, list[str]]] = []
    model.pool_full.connect(
        lambda agent, deployed: offered.append((agent.name, [each.name for each in deployed]))
    )

    def state(name: str) -> DeploymentState | None:
        return next((a.deployment.state for a in model.agents if a.name == name), None)

    async def story() -> None:
        model.reload()
        model.deploy(first)
        await until(lambda: state("First") is DeploymentState.DEPLOYED, 60)
        model.deploy(second)
        await until(lambda: offered)
        model.stop_and_deploy(first.id, second)
        await until(lambda: state("Second") is DeploymentState.DEPLOYED, 60)
        assert state("First") is DeploymentState.STOPPED

    play(story())
    assert offered == [("Second", ["First"])]


@pytest.mark.model
def test_a_reply_streams_and_is_settled_as_it_is_stored(desk: Desk, play: Play[Any]) -> None:
    """Question and reply appear, text grows in order, and the end is what the store has."""
    agent = make_agent(desk)
    model = ChatViewModel(desk, desk.bridge)
    grown: list[str] = []
    asked: list[str] = []
    settled: list[Any] = []
    model.grew.connect(grown.append)
    model.asked.connect(lambda question, reply: asked.append(question.text))
    model.settled.connect(settled.append)

    async def story() -> None:
        await desk.bridge.run(desk.core.agents.deploy, desk.owner.id, agent.id, wait=True)
        model.reload()
        await until(lambda: model.can_send)
        assert model.send("Say hello.")
        assert not model.send("Twice at once is not possible.")
        await until(lambda: settled, 60)

    play(story())
    assert asked == ["Say hello."]
    assert "".join(grown) == settled[0].text
    assert settled[0].state is MessageState.DONE
    assert model.current is not None
    assert desk.core.conversations.messages(desk.owner.id, model.current.id) == model.messages


@pytest.mark.model
def test_stopping_keeps_what_was_written(desk: Desk, play: Play[Any]) -> None:
    """Stop ends the reply soon, and its text so far stays."""
    agent = make_agent(desk, sampling=Sampling(temperature=0.0, max_tokens=900))
    model = ChatViewModel(desk, desk.bridge)
    settled: list[Any] = []
    model.settled.connect(settled.append)

    async def story() -> None:
        await desk.bridge.run(desk.core.agents.deploy, desk.owner.id, agent.id, wait=True)
        model.reload()
        await until(lambda: model.agents)
        model.new(agent.id)
        await until(lambda: model.can_send)
        model.send("Count from one to five hundred in words.")
        await until(lambda: model.live is not None and model.live.text, 60)
        model.stop()
        await until(lambda: settled, 10)

    play(story())
    assert settled[0].state is MessageState.STOPPED
    assert settled[0].text


@pytest.mark.model
def test_a_reply_goes_on_behind_another_conversation(desk: Desk, play: Play[Any]) -> None:
    """Looking at something else meanwhile neither stops a reply nor mixes it in."""
    agent = make_agent(desk)
    model = ChatViewModel(desk, desk.bridge)

    async def story() -> None:
        await desk.bridge.run(desk.core.agents.deploy, desk.owner.id, agent.id, wait=True)
        model.reload()
        await until(lambda: model.can_send)
        model.send("Say hello.")
        await until(lambda: model.current is not None)
        begun = model.current
        model.new()
        assert model.messages == []
        assert model.live is None
        await until(lambda: not model._live, 60)
        assert model.messages == []
        assert begun is not None
        model.open(begun.id)
        await until(lambda: model.messages)
        assert model.messages[-1].state is MessageState.DONE

    play(story())


def test_a_question_that_is_not_taken_comes_back(
    desk: Desk, play: Play[Any], failures: list[BaseException]
) -> None:
    """An agent that was stopped in the meantime costs nobody what they typed."""
    agent = make_agent(desk)
    model = ChatViewModel(desk, desk.bridge)
    returned: list[str] = []
    model.refused.connect(returned.append)

    async def story() -> None:
        model.reload()
        await until(lambda: model.agents)
        deployed = replace(agent.deployment, state=DeploymentState.DEPLOYED)
        model.agents = [replace(agent, deployment=deployed)]  # as it was when last looked at
        model.new(agent.id)
        assert model.send("Are you there?")
        await until(lambda: returned)

    play(story())
    assert returned == ["Are you there?"]
    assert [error.code for error in failures if hasattr(error, "code")] == ["not_deployed"]
    failures.clear()


@pytest.mark.model
def test_the_machine_is_looked_at_once(desk: Desk, play: Play[Any]) -> None:
    """What a model finds here is told when the page is first looked at, and not again."""
    model = ModelsViewModel(desk, desk.bridge)
    told: list[Hardware] = []
    model.machine_known.connect(told.append)

    async def story() -> None:
        model.look_at_machine()
        model.look_at_machine()
        await until(lambda: told)

    play(story())
    assert len(told) == 1
    assert told[0].physical_cores >= 1
    assert told[0].memory_bytes > told[0].available_bytes > 0


def test_models_are_listed_with_what_is_wrong(desk: Desk, play: Play[Any]) -> None:
    """The starter is there, and a file that is no model says why."""
    (desk.core.settings.model_storage_path / "letter.gguf").write_text("Dear all,", "utf-8")
    model = ModelsViewModel(desk, desk.bridge)

    async def story() -> None:
        model.scan()
        await until(lambda: len(model.models) == 2)

    play(story())
    assert model.starter_only
    assert [bool(each.problem) for each in model.models] == [False, True]


def test_a_model_is_copied_in_with_progress(desk: Desk, play: Play[Any], tmp_path: Path) -> None:
    """Importing tells how far it is, and the model is listed afterwards."""
    starter = desk.core.models.starter()
    assert starter is not None
    source = tmp_path / "copy.gguf"
    source.symlink_to(starter.path)
    model = ModelsViewModel(desk, desk.bridge)
    shares: list[float] = []
    model.importing.connect(lambda name, share: shares.append(share))
    ended: list[bool] = []
    model.import_ended.connect(lambda: ended.append(True))

    async def story() -> None:
        model.import_file(source)
        await until(lambda: ended, 60)
        await until(lambda: any("copy" in each.id for each in model.models))

    play(story())
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)
    assert not model.starter_only


def test_settings_are_stored_and_applied(desk: Desk, play: Play[Any]) -> None:
    """A limit holds at once, and the next start reads it from the data folder."""
    model = SettingsViewModel(desk, desk.bridge)
    stored: list[bool] = []
    model.stored.connect(stored.append)

    async def story() -> None:
        model.store(max_deployed_agents=7, port=model.settings.port)
        await until(lambda: stored)
        model.store(port=8123, threads=3)
        await until(lambda: len(stored) == 2)

    play(story())
    assert stored == [False, True]  # threads apply at the next start
    assert desk.core.settings.max_deployed_agents == 7
    assert '"port": 8123' in (desk.core.settings.data_dir / "settings.json").read_text("utf-8")


def test_a_token_is_shown_once_and_revoked(desk: Desk, play: Play[Any]) -> None:
    """The secret works until it is revoked; the list never has it."""
    model = SettingsViewModel(desk, desk.bridge)
    made: list[str] = []
    model.token_made.connect(lambda token, secret: made.append(secret))

    async def story() -> None:
        model.make_token("nightly", Scope.CHAT, 30)
        await until(lambda: made and model.tokens)
        principal = await desk.bridge.run(desk.core.users.authenticate, made[0])
        assert principal.scope is Scope.CHAT
        model.revoke(model.tokens[0].id)
        await until(lambda: model.tokens == [])

    play(story())
    assert all(made[0] not in repr(token) for token in desk.core.users.tokens(desk.owner.id))


def test_reloading_never_runs_twice_at_once(desk: Desk, play: Play[Any]) -> None:
    """Requests during a run are answered by exactly one more run."""
    running, most, runs = 0, 0, 0

    async def work() -> None:
        nonlocal running, most, runs
        running, runs = running + 1, runs + 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1

    reload = Reload(desk.bridge, work)

    async def story() -> None:
        for _ in range(5):
            reload.request()
        await asyncio.sleep(0.005)
        reload.request()
        await until(lambda: runs == 2 and not running)
        await asyncio.sleep(0.05)

    play(story())
    assert (most, runs) == (1, 2)


def test_errors_read_as_what_happened_and_what_to_do() -> None:
    """An expected error speaks for itself; a bug is called one and shows no detail."""
    notice = of_error(PoolFull(2, ["A", "B"]))
    assert "A" in notice.title
    assert notice.text == "Stop one of them, or raise the limit in Settings."
    bug = of_error(KeyError("secret text"))
    assert bug.tone == "danger"
    assert "secret text" not in bug.title + bug.text
    assert of_error(NotFound("agent", "x")).tone == "warning"


def test_topics_name_what_each_page_shows() -> None:
    """A page reloads for what it shows and for nothing else."""
    assert Topic.DOCUMENTS in CollectionsViewModel.topics
    assert Topic.MESSAGES not in AgentsViewModel.topics
    assert Topic.TOKENS in SettingsViewModel.topics
