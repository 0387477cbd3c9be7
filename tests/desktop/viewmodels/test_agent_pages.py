"""Versions, files, use and comparison of agents over a real core."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.errors import OutpostError
from core.records import AgentDraft, AgentType, Ask, MemoryForecast, MessageState, ModelId
from core.store.conversations import ConversationStore
from desktop.viewmodels.agent_files import AgentFilesViewModel, Instead
from desktop.viewmodels.agent_history import HistoryViewModel
from desktop.viewmodels.agents import AgentOrder, AgentsViewModel
from desktop.viewmodels.base import Desk
from desktop.viewmodels.comparison import ComparisonViewModel
from tests.desktop.conftest import Play, make_agent, until


def test_versions_tell_what_they_changed_and_lead_back(desk: Desk, play: Play[Any]) -> None:
    """Going back makes a further version with the old draft; no version is lost."""
    agent = make_agent(desk, "Writer", tags=("a",))
    warmer = replace(agent.draft, sampling=replace(agent.draft.sampling, temperature=1.0))
    desk.core.agents.edit(desk.owner.id, agent.id, warmer)
    model = HistoryViewModel(desk, desk.bridge)

    async def story() -> None:
        model.open(agent.id)
        await until(lambda: len(model.versions) == 2)
        (change,) = model.versions[0].changes
        assert (change.field, change.before, change.after) == (
            "sampling.temperature",
            "0.0",
            "1.0",
        )
        assert [each.newest for each in model.versions] == [True, False]
        model.go_back(1)
        await until(lambda: len(model.versions) == 3)
        assert model.versions[0].agent.draft == agent.draft
        desk.core.agents.delete(desk.owner.id, agent.id)
        await until(lambda: model.agent_id is None)

    play(story())


def test_an_agent_travels_as_a_file(desk: Desk, play: Play[Any], tmp_path: Path) -> None:
    """What was exported comes back as the same draft under a free name."""
    agent = make_agent(desk, "Traveller", description="Goes far.", tags=("x",))
    model = AgentFilesViewModel(desk, desk.bridge)
    written: list[str] = []
    made: list[Any] = []
    model.exported.connect(written.append)
    model.imported.connect(made.append)
    file = tmp_path / "traveller.outpost-agent"

    async def story() -> None:
        model.export(agent.id, file)
        await until(lambda: written)
        model.bring(Instead(file))
        await until(lambda: made)

    play(story())
    assert made[0].name == "Traveller (2)"
    assert replace(made[0].draft, name="Traveller") == agent.draft


def test_what_a_file_lacks_here_is_asked_for(desk: Desk, play: Play[Any], tmp_path: Path) -> None:
    """A collection that is not here is named, and another one can stand in for it."""
    owner, core = desk.owner.id, desk.core
    old = core.collections.create(owner, "Old manuals")
    agent = make_agent(desk, "Reader", type=AgentType.RAG, collections=(old.id,))
    file = tmp_path / "reader.outpost-agent"
    file.write_bytes(core.agents.export_file(owner, agent.id))
    core.agents.delete(owner, agent.id)
    core.collections.delete(owner, old.id)
    new = core.collections.create(owner, "New manuals")
    model = AgentFilesViewModel(desk, desk.bridge)
    missing: list[tuple[Instead, OutpostError]] = []
    made: list[Any] = []
    model.missing.connect(lambda lacking, error: missing.append((lacking, error)))
    model.imported.connect(made.append)

    async def story() -> None:
        model.bring(Instead(file))
        await until(lambda: missing)
        lacking, error = missing[0]
        assert error.param == "collections"
        assert "Old manuals" in str(error)
        model.bring(replace(lacking, collections=(new.id,)))
        await until(lambda: made)

    play(story())
    assert made[0].draft.collections == (new.id,)


def test_a_file_that_is_no_agent_is_refused(
    desk: Desk, play: Play[Any], failures: list[BaseException], tmp_path: Path
) -> None:
    """Neither rubbish nor a file that is not there makes an agent."""
    rubbish = tmp_path / "notes.outpost-agent"
    rubbish.write_text("Dear all,", "utf-8")
    model = AgentFilesViewModel(desk, desk.bridge)

    async def story() -> None:
        model.bring(Instead(rubbish))
        model.bring(Instead(tmp_path / "nowhere.outpost-agent"))
        await until(lambda: len(failures) == 2)

    play(story())
    assert {getattr(error, "code", "") for error in failures} == {"invalid_input"}
    assert desk.core.agents.list(desk.owner.id) == []
    failures.clear()


def test_agents_are_sorted_by_use_name_and_age(desk: Desk, play: Play[Any]) -> None:
    """The one last talked to comes first; one that nobody asked has no date."""
    first, second = make_agent(desk, "Zebra"), make_agent(desk, "Ant")
    store = ConversationStore(desk.core._database)
    model = AgentsViewModel(desk, desk.bridge)

    def names() -> list[str]:
        return [agent.name for agent in model.agents]

    async def story() -> None:
        model.reload()
        await until(lambda: names() == ["Zebra", "Ant"])
        model.sort(AgentOrder.NAME)
        assert names() == ["Ant", "Zebra"]
        _, branch = store.open_turn(Ask(desk.owner.id, first.id, "Hello?"), first)
        store.close_turn(branch[-1].id, written="So.", state=MessageState.DONE, record=None)
        model.sort(AgentOrder.USED)
        model._usage.request()
        await until(lambda: names() == ["Zebra", "Ant"])
        assert set(model.last_used) == {first.id}
        model.sort(AgentOrder.STATE)
        assert names() == ["Ant", "Zebra"]

    play(story())
    assert second.id not in model.last_used


@pytest.mark.model
def test_memory_is_told_before_deploying(desk: Desk, play: Play[Any]) -> None:
    """The list and the form know what an agent takes; for a missing model there is no figure."""
    agent = make_agent(desk)
    model = AgentsViewModel(desk, desk.bridge)
    told: list[tuple[AgentDraft, MemoryForecast | None]] = []
    model.forecast_known.connect(lambda draft, found: told.append((draft, found)))

    async def story() -> None:
        model.reload()
        await until(lambda: model.need(agent.draft))
        model.forecast(replace(agent.draft, context_tokens=2048))
        await until(lambda: len(told) == 1)
        model.forecast(replace(agent.draft, model=ModelId("gone.gguf")))
        await until(lambda: len(told) == 2)

    play(story())
    need, larger = model.need(agent.draft), told[0][1]
    assert need is not None
    assert larger is not None
    assert 0 < need.needed_bytes < larger.needed_bytes
    assert told[1][1] is None


@pytest.mark.model
def test_two_agents_answer_the_same_question(desk: Desk, play: Play[Any]) -> None:
    """Both answers stream, nothing is stored, and a stopped agent keeps both from being asked."""
    first, second = make_agent(desk, "One"), make_agent(desk, "Two")
    model = ComparisonViewModel(desk, desk.bridge)
    grown = ["", ""]

    def grow(at: int, text: str) -> None:
        grown[at] += text

    model.grew.connect(grow)

    async def story() -> None:
        model.reload()
        await until(lambda: model.agents)
        assert [side.agent_id for side in model.sides] == [first.id, second.id]
        model.choose(0, second.id)
        assert [side.agent_id for side in model.sides] == [second.id, first.id]
        assert not model.ask("Say hello.")
        for agent in (first, second):
            await desk.bridge.run(desk.core.agents.deploy, desk.owner.id, agent.id, wait=True)
        await until(lambda: model.can_ask)
        assert model.ask("Say hello.")
        assert not model.ask("Twice at once is not possible.")
        await until(lambda: not model.running, 60)

    play(story())
    assert grown == [side.text for side in model.sides]
    assert all(grown)
    assert all(side.first_s is not None and side.problem == "" for side in model.sides)
    assert desk.core.conversations.list(desk.owner.id) == []
