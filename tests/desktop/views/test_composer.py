"""The typing field: nothing that is typed is lost, whenever it is typed."""

from __future__ import annotations

import asyncio
from typing import Any

from PySide6.QtTest import QTest

from desktop.viewmodels.base import Desk
from desktop.views.chat import ChatPage
from desktop.views.pages import Pages
from desktop.views.window import CHAT, MainWindow
from tests.desktop.conftest import Play, make_agent, until


def chat_page(window: MainWindow) -> ChatPage:
    window.go(CHAT)
    page = window.page(CHAT)
    assert isinstance(page, ChatPage)
    return page


def test_what_is_typed_at_once_stays(
    window: MainWindow, pages: Pages, desk: Desk, play: Play[Any]
) -> None:
    """No draft that is found later replaces what somebody has begun to type in a new chat."""
    make_agent(desk)

    async def story() -> None:
        pages.open()
        field = chat_page(window).composer.field
        await until(field.isEnabled)
        QTest.keyClicks(field, "Tell me")
        pages.chat.new()
        QTest.keyClicks(field, " more")
        await asyncio.sleep(0.1)
        assert field.toPlainText() == "Tell me more"
        pages.chat.draft_changed.emit("from last week")
        assert field.toPlainText() == "Tell me more"

    play(story())


def test_a_draft_of_the_last_run_is_there_at_the_start(
    window: MainWindow, pages: Pages, desk: Desk, play: Play[Any]
) -> None:
    """What was typed into a new chat and not sent waits there."""
    make_agent(desk)
    desk.core.conversations.keep_draft(desk.owner.id, None, "from last week")

    async def story() -> None:
        pages.open()
        field = chat_page(window).composer.field
        await until(lambda: field.toPlainText() == "from last week")

    play(story())
