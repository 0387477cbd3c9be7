"""The window over a real core: every page can be built, named, reached and closed."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QLabel,
    QLineEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

from core.errors import PoolFull
from core.records import AgentType, Ask, DeploymentState
from core.store.conversations import ConversationStore
from desktop.viewmodels.base import Desk
from desktop.viewmodels.notices import done
from desktop.viewmodels.settings import ApiState
from desktop.views.agents import AgentsPage
from desktop.views.banners import PASSING_MS
from desktop.views.chat import ChatPage, printable
from desktop.views.collections import CollectionsPage
from desktop.views.controls import Choice
from desktop.views.dialogs import Question, confirm
from desktop.views.pages import Pages
from desktop.views.window import AGENTS, CHAT, COLLECTIONS, MainWindow
from tests.desktop.conftest import Play, make_agent, until
from tests.desktop.views.conftest import open_all


def inside(widget: QWidget, kind: type[Any]) -> list[Any]:
    """Return the widgets of a kind that belong to us, not to Qt's own composites."""
    return [w for w in widget.findChildren(kind) if not w.objectName().startswith("qt_")]


def test_labels_are_plain_text(window: MainWindow, pages: Pages, play: Play[Any]) -> None:
    """No label reads markup: names of agents and files come from anywhere."""
    play(open_all(window, pages))
    formats = {label.textFormat() for label in inside(window, QLabel) if label.text()}
    assert formats == {Qt.TextFormat.PlainText}


def test_every_page_is_a_shortcut_away(window: MainWindow, pages: Pages, play: Play[Any]) -> None:
    """Ctrl and a digit opens each page, in the order of the rail."""

    async def story() -> list[str]:
        pages.open()
        window.activateWindow()
        seen = []
        for digit in "12345":
            QTest.keySequence(window, QKeySequence(f"Ctrl+{digit}"))
            await asyncio.sleep(0.02)
            seen.append(type(window._stack.currentWidget()).__name__)
        return seen

    assert play(story()) == [
        "AgentsPage",
        "ChatPage",
        "CollectionsPage",
        "ModelsPage",
        "SettingsPage",
    ]


def test_a_page_is_built_when_it_is_first_looked_at(
    window: MainWindow, pages: Pages, play: Play[Any]
) -> None:
    """Opening the window costs one page, not five."""

    async def story() -> None:
        pages.open()

    play(story())
    assert set(window._pages) == {AGENTS}


def test_errors_are_told_once_and_can_be_dismissed(window: MainWindow, qtbot: QtBot) -> None:
    """The same error again replaces itself; many do not push the page away."""
    for _ in range(3):
        window.show_error(PoolFull(1, ["A"]))
    assert len(window.banners.banners()) == 1
    for number in range(6):
        window.show_error(PoolFull(number, ["A"]))
    shown = window.banners.banners()
    qtbot.waitUntil(lambda: all(banner.isVisible() for banner in shown))
    assert len(shown) == 3
    assert "raise the limit in Settings" in shown[0].accessibleName()
    for banner in shown:
        banner.dismiss()
    assert window.banners.isHidden()


def test_a_confirmation_goes_by_itself(window: MainWindow, qtbot: QtBot) -> None:
    """What only confirms does not have to be dismissed."""
    window.tell(done("Copied."))
    banner = window.banners.banners()[0]
    timer = banner.findChild(QTimer)
    assert isinstance(timer, QTimer)
    assert timer.isActive()
    assert timer.interval() == PASSING_MS
    timer.start(1)
    qtbot.waitUntil(lambda: not window.banners.banners())
    assert window.banners.isHidden()


def test_closing_is_a_wish_until_it_is_allowed(window: MainWindow, qtbot: QtBot) -> None:
    """The close button only asks; the window goes when everything has ended."""
    with qtbot.waitSignal(window.close_wanted):
        window.close()
    assert window.isVisible()


def test_the_agent_list_keeps_its_rows(
    window: MainWindow, pages: Pages, desk: Desk, play: Play[Any]
) -> None:
    """A change of one agent updates its row in place and leaves the focus where it is."""
    first, _ = make_agent(desk, "First"), make_agent(desk, "Second")

    async def story() -> None:
        pages.open()
        page = window.page(AGENTS)
        assert isinstance(page, AgentsPage)
        await until(lambda: len(page._rows) == 2)
        row = page._rows[first.id]
        window.activateWindow()
        row.setFocus()
        await desk.bridge.run(desk.core.agents.delete, desk.owner.id, _.id)
        await until(lambda: len(page._rows) == 1)
        assert page._rows[first.id] is row
        assert row.hasFocus()

    play(story())


def test_the_form_complains_while_typing_and_saves(
    window: MainWindow, pages: Pages, desk: Desk, play: Play[Any]
) -> None:
    """Save waits for what is missing; a RAG agent needs a collection; then the agent is there."""
    desk.core.collections.create(desk.owner.id, "Manuals")

    async def story() -> None:
        pages.open()
        page = window.page(AGENTS)
        assert isinstance(page, AgentsPage)
        await until(lambda: pages.agents.choices.collections)
        page.begin_new()
        form = page.form
        assert not form._save.isEnabled()
        QTest.keyClicks(form._name, "Reader")
        assert form._save.isEnabled()
        form._type.select(AgentType.RAG)
        form._type.chosen.emit(AgentType.RAG)
        assert not form._save.isEnabled()
        assert "collection" in form.fields["collections"]._problem.text()
        next(iter(form._collections._boxes.values())).setChecked(True)
        QTest.mouseClick(form._save, Qt.MouseButton.LeftButton)
        await until(lambda: [agent.name for agent in pages.agents.agents] == ["Reader"])
        assert form.isHidden()
        assert pages.agents.agents[0].draft.type is AgentType.RAG

    play(story())


def test_editing_keeps_what_the_form_does_not_show(
    window: MainWindow, pages: Pages, desk: Desk, play: Play[Any]
) -> None:
    """Opening an agent and saving it changes nothing."""
    agent = make_agent(desk, "Careful", tags=("a", "b"), pinned=True)

    async def story() -> None:
        pages.open()
        page = window.page(AGENTS)
        assert isinstance(page, AgentsPage)
        await until(lambda: pages.agents.agents)
        page.edit(pages.agents.agents[0])
        assert page.form.draft() == agent.draft
        page.form.close_form()

    play(story())


def test_a_chat_asks_for_the_deployment_of_a_stopped_agent(
    window: MainWindow, pages: Pages, desk: Desk, play: Play[Any]
) -> None:
    """Nothing can be sent to a stopped agent; the way out is one click away; the draft stays."""
    agent = make_agent(desk)

    async def story() -> None:
        pages.open()
        page = window.page(CHAT)
        window.go(CHAT)
        assert isinstance(page, ChatPage)
        await until(lambda: pages.chat.agent is not None)
        composer = page.composer
        QTest.keyClicks(composer.field, "Hello there")
        QTest.keyClick(composer.field, Qt.Key.Key_Return)
        assert composer.field.toPlainText() == "Hello there"
        assert not composer._notice.isHidden()
        assert not composer._deploy.isHidden()
        assert agent.name in composer._notice_text.text()
        assert not page._starter.isHidden()

    play(story())


@pytest.mark.model
def test_a_conversation_by_keyboard_alone(
    window: MainWindow, pages: Pages, desk: Desk, play: Play[Any]
) -> None:
    """Deploy by Enter on the button, type, send by Enter, stop by Escape."""
    make_agent(desk)

    async def story() -> None:
        pages.open()
        window.activateWindow()
        QTest.keySequence(window, QKeySequence("Ctrl+2"))
        page = window.page(CHAT)
        assert isinstance(page, ChatPage)
        await until(lambda: pages.chat.agent is not None)
        page.composer._deploy.setFocus()
        QTest.keyClick(page.composer._deploy, Qt.Key.Key_Space)
        await until(lambda: pages.chat.can_send, 60)
        assert pages.chat.agent is not None
        assert pages.chat.agent.deployment.state is DeploymentState.DEPLOYED
        QTest.keyClicks(page.composer.field, "Count to a hundred in words.")
        QTest.keyClick(page.composer.field, Qt.Key.Key_Return)
        assert page.composer.field.toPlainText() == ""
        await until(lambda: pages.chat.live is not None and pages.chat.live.text, 60)
        QTest.keyClick(page.composer.field, Qt.Key.Key_Escape)
        await until(lambda: pages.chat.live is None, 20)
        assert len(pages.chat.messages) == 2
        assert pages.chat.messages[1].text

    play(story())


def test_a_conversation_is_renamed_and_deleted_by_keys(
    window: MainWindow, pages: Pages, desk: Desk, play: Play[Any]
) -> None:
    """F2 and Delete in the list ask first, and then do it."""
    agent = make_agent(desk)
    store = ConversationStore(desk.core._database)
    store.open_turn(Ask(desk.owner.id, agent.id, "Hello?"), agent)

    def sheet() -> Question:
        return next(s for s in window.findChildren(Question) if s.isVisible())

    async def story() -> None:
        pages.open()
        window.go(CHAT)
        window.activateWindow()
        page = window.page(CHAT)
        assert isinstance(page, ChatPage)
        entries = page.list._list
        await until(lambda: entries.count() == 1)
        entries.setFocus()
        entries.setCurrentRow(0)
        QTest.keyClick(entries, Qt.Key.Key_F2)
        field = sheet().findChild(QLineEdit)
        assert isinstance(field, QLineEdit)
        field.setText("Greeting")
        QTest.keyClick(field, Qt.Key.Key_Return)
        await until(lambda: pages.conversations.conversations[0].title == "Greeting")
        window.activateWindow()
        entries.setFocus()
        await until(entries.hasFocus)
        QTest.keyClick(entries, Qt.Key.Key_Delete)
        await until(lambda: pages.conversations.conversations == [])
        await until(window.banners.banners)
        (banner,) = window.banners.banners()
        undo = next(b for b in banner.findChildren(QAbstractButton) if b.text() == "Undo")
        QTest.mouseClick(undo, Qt.MouseButton.LeftButton)
        await until(lambda: len(pages.conversations.conversations) == 1)

    play(story())


def test_an_empty_page_says_the_next_step(
    window: MainWindow, pages: Pages, play: Play[Any]
) -> None:
    """Without agents and collections, each page offers to make one."""

    async def story() -> None:
        await open_all(window, pages)
        page = window.page(COLLECTIONS)
        assert isinstance(page, CollectionsPage)
        await until(lambda: page._stack.currentIndex() == 1)
        shown = page._stack.currentWidget()
        assert shown is not None
        buttons = shown.findChildren(QAbstractButton)
        assert [button.accessibleName() for button in buttons] == ["New collection"]
        chat = window.page(CHAT)
        assert isinstance(chat, ChatPage)
        await until(lambda: chat._middle.currentWidget() is chat._no_agents)

    play(story())


def test_the_footer_tells_where_the_api_answers(
    window: MainWindow, pages: Pages, play: Play[Any]
) -> None:
    """The address that scripts need is always in sight."""

    async def story() -> None:
        pages.open()
        pages.settings.set_api(ApiState(url="http://127.0.0.1:8004"))

    play(story())
    assert "127.0.0.1:8004" in window.footer._api.text()


def test_the_safe_answer_has_the_focus(window: MainWindow) -> None:
    """Enter on a question that destroys something does nothing."""
    agreed: list[bool] = []
    window.activateWindow()
    sheet = confirm(window, window.look, "Delete?", "Gone.", "Delete", lambda: agreed.append(True))
    assert isinstance(sheet, Question)
    focused = sheet.focusWidget()
    assert isinstance(focused, QAbstractButton)
    assert focused.text() == "Cancel"
    QTest.keyClick(focused, Qt.Key.Key_Return)
    sheet.reject()
    assert agreed == []


def test_a_choice_keeps_its_value_when_options_change(qtbot: QtBot) -> None:
    """A list that was refreshed does not change what was chosen."""
    choice = Choice("Tag")
    qtbot.addWidget(choice)
    choice.offer([("All", None), ("b", "b")])
    choice.select("b")
    choice.offer([("All", None), ("a", "a"), ("b", "b")])
    assert choice.value() == "b"
    choice.offer([("All", None)])
    assert choice.value() is None


def test_an_address_cannot_pretend_to_be_another() -> None:
    """Characters that turn or hide text are shown as what they are."""
    assert printable("https://good.org/\u202egro.live") == "https://good.org/\\u202egro.live"
    assert len(printable("x" * 5_000)) < 400
