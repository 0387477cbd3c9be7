"""The first steps: shown once by themselves, and knowing when there is somebody to talk to."""

from __future__ import annotations

from typing import Any

import pytest

from core.records import AgentType
from desktop.viewmodels.base import Desk
from desktop.viewmodels.first_run import FirstRunViewModel, Step, questions
from tests.desktop.conftest import Play, make_agent, until


def test_they_come_by_themselves_once(desk: Desk, play: Play[Any]) -> None:
    """The first window asks for them; no later one does."""
    model = FirstRunViewModel(desk, desk.bridge)

    async def story() -> list[bool]:
        return [await model.due(), await model.due(), await FirstRunViewModel(desk).due()]

    assert play(story()) == [True, False, False]


def test_the_agent_that_cites_is_preferred(desk: Desk, play: Play[Any]) -> None:
    """A starter that answers from documents comes first; without one any agent will do."""
    model = FirstRunViewModel(desk, desk.bridge)

    async def story() -> None:
        model.begin()
        await until(lambda: not model.preparing or model.agent is None)
        assert model.agent is None
        assert not model.can_ask
        await desk.bridge.run(make_agent, desk, "Own")
        await until(lambda: model.agent is not None and model.agent.name == "Own")
        made = desk.core.collections.create(desk.owner.id, "Manuals")
        await desk.bridge.run(
            lambda: make_agent(
                desk, "Guide", type=AgentType.RAG, collections=(made.id,), tags=("starter",)
            )
        )
        await until(lambda: model.agent is not None and model.agent.name == "Guide")

    play(story())
    assert model.model is not None
    assert model.model.is_starter
    assert len(questions(model.agent)) == 3


def test_steps_stay_between_the_ends(desk: Desk) -> None:
    """Back from the first and on from the last lead nowhere."""
    model = FirstRunViewModel(desk, desk.bridge)
    seen = []
    for step in (Step.WELCOME - 1, Step.ASK, Step.ASK + 1):
        model.go(step)
        seen.append(model.step)
    assert seen == [Step.WELCOME, Step.ASK, Step.ASK]


@pytest.mark.model
def test_deploying_makes_it_possible_to_ask(desk: Desk, play: Play[Any]) -> None:
    """Only a deployed agent can be asked; one without documents needs nothing else."""
    make_agent(desk, "Assistant", tags=("starter",), context_tokens=256)
    model = FirstRunViewModel(desk, desk.bridge)

    async def story() -> None:
        model.begin()
        await until(lambda: model.agent)
        assert not model.can_ask
        model.deploy()
        await until(lambda: model.can_ask, 60)
        model.end()

    play(story())
