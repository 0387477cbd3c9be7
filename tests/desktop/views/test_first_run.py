"""The first steps in the window: four pages, one button that leads on, and a way out."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from desktop.viewmodels.base import Desk
from desktop.viewmodels.first_run import Step
from desktop.views.agents import AgentsPage
from desktop.views.chat import ChatPage
from desktop.views.first_run import FirstRunPage
from desktop.views.pages import Pages
from desktop.views.window import FIRST_STEPS, MainWindow
from tests.desktop.conftest import Play, make_agent, until
from tests.desktop.views.test_models import press, words


def opened(window: MainWindow, pages: Pages) -> FirstRunPage:
    pages.open(FIRST_STEPS)
    page = window.page(FIRST_STEPS)
    assert isinstance(page, FirstRunPage)
    return page


def click(widget: Any) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def test_it_can_be_left_and_called_again(
    window: MainWindow, pages: Pages, desk: Desk, play: Play[Any]
) -> None:
    """Skipping shows the agents; the palette's command begins at the first step again."""
    make_agent(desk, "Assistant")

    async def story() -> None:
        page = opened(window, pages)
        await until(lambda: pages.first_run.agent)
        click(page.next)
        steps = [pages.first_run.step]
        click(page.skip)
        assert isinstance(window._stack.currentWidget(), AgentsPage)
        pages.show_first_steps()
        assert window._stack.currentWidget() is page
        steps.append(pages.first_run.step)
        assert steps == [Step.MODEL, Step.WELCOME]

    play(story())


@pytest.mark.model
def test_it_ends_in_a_conversation(
    window: MainWindow, pages: Pages, desk: Desk, play: Play[Any]
) -> None:
    """Next, next, deploy, next, a question: its answer is being written on the Chat page."""
    make_agent(desk, "Assistant", tags=("starter",), context_tokens=256)

    async def story() -> None:
        page = opened(window, pages)
        await until(lambda: pages.first_run.agent)
        click(page.next)
        click(page.next)
        assert page.next.text().strip() == "Deploy"
        click(page.next)
        await until(lambda: pages.first_run.deployed and page.next.text().strip() == "Next", 60)
        assert "Assistant: Deployed" in words(page)
        click(page.next)
        assert page.next.isHidden()
        await press(page, "What can you help me with?")
        await until(lambda: pages.chat.live is not None)
        assert isinstance(window._stack.currentWidget(), ChatPage)
        await until(lambda: pages.chat.live is None, 60)

    play(story())
    assert desk.core.conversations.list(desk.owner.id)[0].agent_name == "Assistant"
