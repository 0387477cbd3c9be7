"""Branches, drafts and undo as the Chat page's state, over a real core without a model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.records import Ask, Conversation, Message, MessageState
from core.store.conversations import ConversationStore
from desktop.viewmodels.base import Desk
from desktop.viewmodels.chat import ChatViewModel
from tests.desktop.conftest import Play, make_agent, until


def write(desk: Desk) -> tuple[Conversation, list[Message]]:
    """Store a question with two answers, as they are on the newest branch."""
    store, agent = ConversationStore(desk.core._database), make_agent(desk)
    conversation, branch = store.open_turn(Ask(desk.owner.id, agent.id, "Ask?"), agent)
    done = MessageState.DONE
    store.close_turn(branch[-1].id, written="one", state=done, record=None)
    _, branch = store.open_again(desk.owner.id, branch[-1].id, agent)
    store.close_turn(branch[-1].id, written="two", state=done, record=None)
    return conversation, desk.core.conversations.messages(desk.owner.id, conversation.id)


def test_versions_can_be_switched_and_deleted_with_undo(desk: Desk, play: Play[Any]) -> None:
    """Deleting the version on show leads to the other one, and undo back."""
    conversation, (_, newest) = write(desk)
    model = ChatViewModel(desk, desk.bridge)
    undo: list[Callable[[], object]] = []
    model.deleted.connect(undo.append)

    def answer() -> str:
        return model.messages[-1].text if model.messages else ""

    async def story() -> None:
        model.open(conversation.id)
        await until(lambda: answer() == "two")
        model.switch(newest.siblings[0])
        await until(lambda: answer() == "one")
        model.switch(newest.id)
        await until(lambda: answer() == "two")
        model.delete_message(newest)
        await until(lambda: undo)
        assert answer() == "one"
        undo[0]()
        await until(lambda: answer() == "two")

    play(story())


def test_a_draft_comes_back_with_its_conversation(desk: Desk, play: Play[Any]) -> None:
    """Each place has its own, the next conversation too."""
    conversation, _ = write(desk)
    model = ChatViewModel(desk, desk.bridge)
    shown: list[str] = []
    model.draft_changed.connect(shown.append)

    async def story() -> None:
        model.open(conversation.id)
        await until(lambda: shown == [""])
        model.keep_draft("half a thought")
        model.new()
        await until(lambda: len(shown) == 2)
        model.open(conversation.id)
        await until(lambda: shown == ["", "", "half a thought"])

    play(story())
