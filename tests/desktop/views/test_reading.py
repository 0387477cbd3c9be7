"""Reading a conversation: the size of its text, the keys from message to message, taking it all."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from core.records import Ask, Conversation, MessageState
from core.store.conversations import ConversationStore
from desktop.viewmodels.base import Desk
from desktop.views.message import QuestionView, ReplyView
from desktop.views.pages import Pages
from desktop.views.window import MainWindow
from tests.desktop.conftest import Play, make_agent, until
from tests.desktop.views.test_composer import chat_page

QUESTIONS = ("One?", "Two?", "Three?")


@pytest.fixture
def conversation(desk: Desk) -> Conversation:
    """Three questions with answers of some lines."""
    agent, store = make_agent(desk), ConversationStore(desk.core._database)
    found, at = None, None
    for question in QUESTIONS:
        ask = Ask(desk.owner.id, agent.id, question, found.id if found else None, at)
        found, branch = store.open_turn(ask, agent)
        at = branch[-1].id
        text = f"The answer to {question} " * 60
        store.close_turn(at, written=text, state=MessageState.DONE, record=None)
    assert found is not None
    return found


async def read(window: MainWindow, pages: Pages, conversation: Conversation) -> None:
    pages.open()
    window.activateWindow()
    chat_page(window)
    pages.chat.open(conversation.id)
    await until(lambda: len(pages.chat.messages) == 6)
    await until(lambda: chat_page(window).transcript.findChildren(ReplyView))


def test_keys_change_the_size_of_the_text_and_it_is_kept(
    window: MainWindow, pages: Pages, desk: Desk, play: Play[Any], conversation: Conversation
) -> None:
    """Ctrl and + or - take the next size, 0 the ordinary one; questions and answers follow."""

    async def story() -> None:
        await read(window, pages, conversation)
        page = chat_page(window)
        reply = page.transcript.findChildren(ReplyView)[-1]
        question = page.transcript.findChildren(QuestionView)[-1]
        before, tall = question.text.font().pointSizeF(), reply.text.height()
        QTest.keySequence(window, QKeySequence("Ctrl++"))
        QTest.keySequence(window, QKeySequence("Ctrl++"))
        assert question.text.font().pointSizeF() == pytest.approx(before * 1.25)
        written = reply.text.document().firstBlock().begin().fragment().charFormat().font()
        assert written.pointSizeF() == pytest.approx(before * 1.25)
        assert reply.text.height() > tall
        await until(lambda: desk.core.settings.zoom_percent == 125)
        QTest.keySequence(window, QKeySequence("Ctrl+-"))
        QTest.keySequence(window, QKeySequence("Ctrl+0"))
        assert question.text.font().pointSizeF() == before
        assert reply.text.height() == tall
        await until(lambda: desk.core.settings.zoom_percent == 100)

    play(story())


def test_alt_and_arrows_go_from_message_to_message(
    window: MainWindow, pages: Pages, desk: Desk, play: Play[Any], conversation: Conversation
) -> None:
    """Up from the typing field is the last answer; down behind the last one is the field again."""

    def within() -> str:
        focused = QApplication.focusWidget()
        view = focused.parentWidget() if focused else None
        while view is not None and not isinstance(view, QuestionView | ReplyView):
            view = view.parentWidget()
        return view._message.text[:20] if view is not None else ""

    def press(key: Qt.Key, times: int = 1) -> None:
        for _ in range(times):
            focused = QApplication.focusWidget()
            assert focused is not None
            QTest.keyClick(focused, key, Qt.KeyboardModifier.AltModifier)

    async def story() -> None:
        await read(window, pages, conversation)
        await until(chat_page(window).composer.field.hasFocus)
        press(Qt.Key.Key_Up)
        assert within() == "The answer to Three?"
        press(Qt.Key.Key_Up)
        assert within() == "Three?"
        press(Qt.Key.Key_Up, 9)
        assert within() == "One?"
        press(Qt.Key.Key_Down, 5)
        assert within() == "The answer to Three?"
        press(Qt.Key.Key_Down)
        assert chat_page(window).composer.field.hasFocus()

    play(story())


def test_a_whole_conversation_is_copied(
    window: MainWindow, pages: Pages, desk: Desk, play: Play[Any], conversation: Conversation
) -> None:
    """As Markdown, with every question and answer, from the menu above the chat."""

    async def story() -> None:
        await read(window, pages, conversation)
        QGuiApplication.clipboard().clear()
        (copy,) = [
            action
            for menu in window.findChildren(QMenu)
            for action in menu.actions()
            if action.text() == "Copy all"
        ]
        copy.trigger()
        await until(QGuiApplication.clipboard().text)
        text = QGuiApplication.clipboard().text()
        assert all(question in text for question in QUESTIONS)
        assert "The answer to Three?" in text

    play(story())
