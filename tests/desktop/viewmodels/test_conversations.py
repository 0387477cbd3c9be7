"""The list of conversations over a real core without a model: finding, sorting, deleting, files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.records import Ask, Conversation, MessageState
from core.store.conversations import ConversationStore
from desktop.viewmodels.base import Desk
from desktop.viewmodels.chat import ChatViewModel
from desktop.viewmodels.conversations import ConversationsViewModel
from tests.desktop.conftest import Play, make_agent, until


def write(desk: Desk, *questions: str) -> list[Conversation]:
    """Store a conversation for each question, with one agent, each of them answered."""
    store, agent, written = ConversationStore(desk.core._database), make_agent(desk), []
    for question in questions:
        conversation, branch = store.open_turn(Ask(desk.owner.id, agent.id, question), agent)
        store.close_turn(branch[-1].id, written="So.", state=MessageState.DONE, record=None)
        written.append(conversation)
    return written


def test_a_deleted_conversation_leaves_the_page(desk: Desk, play: Play[Any]) -> None:
    """What another program deletes is not shown any longer."""
    (conversation,) = write(desk, "Hello?")
    chat = ChatViewModel(desk, desk.bridge)
    model = ConversationsViewModel(desk, desk.bridge)

    async def story() -> None:
        model.reload()
        await until(lambda: model.conversations)
        chat.open(conversation.id)
        await until(lambda: chat.current is not None)
        model.rename(conversation.id, "Greeting")
        await until(lambda: chat.current is not None and chat.current.title == "Greeting")
        model.find("nothing like it")
        await until(lambda: model.conversations == [])
        model.find("")
        await until(lambda: model.conversations)
        await desk.bridge.run(desk.core.conversations.delete, desk.owner.id, conversation.id)
        await until(lambda: chat.current is None and model.conversations == [])

    play(story())


def test_the_trash_is_a_list_of_its_own(desk: Desk, play: Play[Any]) -> None:
    """What is deleted is listed there, comes back from there, and undo does the same."""
    (conversation,) = write(desk, "Ask?")
    model = ConversationsViewModel(desk, desk.bridge)
    undo: list[Callable[[], object]] = []
    model.deleted.connect(lambda _, call: undo.append(call))

    async def story() -> None:
        model.reload()
        await until(lambda: len(model.conversations) == 1)
        model.delete(conversation.id)
        await until(lambda: model.conversations == [] and undo)
        model.choose(trash=True)
        await until(lambda: len(model.conversations) == 1)
        model.restore(conversation.id)
        await until(lambda: model.conversations == [])
        model.choose()
        await until(lambda: len(model.conversations) == 1)
        model.delete(conversation.id)
        await until(lambda: len(undo) == 2)
        undo[1]()
        await until(lambda: len(model.conversations) == 1)

    play(story())


def test_deleting_lets_the_page_go_of_what_it_shows(desk: Desk, play: Play[Any]) -> None:
    """Deleted from its own list, a conversation is not on show for a moment longer."""
    shown, other = write(desk, "This?", "That?")
    chat = ChatViewModel(desk, desk.bridge)
    model = ConversationsViewModel(desk, desk.bridge)
    model.deleting.connect(chat.let_go)

    async def story() -> None:
        chat.open(shown.id)
        await until(lambda: chat.messages)
        chat.let_go(other.id)
        assert chat.current is not None
        model.delete(shown.id)
        await until(lambda: chat.current is None)
        assert chat.messages == []

    play(story())


def test_tags_and_pins_sort_the_list(desk: Desk, play: Play[Any]) -> None:
    """A pinned conversation comes first, a tag lists its own, and tags are offered."""
    first, second = write(desk, "First?", "Second?")
    model = ConversationsViewModel(desk, desk.bridge)

    def titles() -> list[str]:
        return [each.title for each in model.conversations]

    async def story() -> None:
        model.reload()
        await until(lambda: titles() == ["Second?", "First?"])
        model.pin(first)
        await until(lambda: titles() == ["First?", "Second?"])
        model.tag(second.id, ["urgent"])
        await until(lambda: model.tags == ["urgent"])
        model.choose(tag="urgent")
        await until(lambda: titles() == ["Second?"])
        assert model.filtered

    play(story())


def test_the_trash_can_be_emptied(desk: Desk, play: Play[Any]) -> None:
    """What is purged comes back from nowhere; the rest goes all at once."""
    for conversation in write(desk, "One?", "Two?", "Three?"):
        desk.core.conversations.delete(desk.owner.id, conversation.id)
    model = ConversationsViewModel(desk, desk.bridge)

    async def story() -> None:
        model.choose(trash=True)
        await until(lambda: len(model.conversations) == 3)
        model.purge(model.conversations[0].id)
        await until(lambda: len(model.conversations) == 2)
        model.empty_trash()
        await until(lambda: model.conversations == [])

    play(story())


def test_a_conversation_is_exported_or_says_why_not(
    desk: Desk, play: Play[Any], failures: list[BaseException], tmp_path: Path
) -> None:
    """The file holds the question; where no file can be, that is told and nothing is."""
    (conversation,) = write(desk, "How wide is it?")
    model = ConversationsViewModel(desk, desk.bridge)
    written: list[str] = []
    model.exported.connect(written.append)
    target = tmp_path / "chat.json"

    async def story() -> None:
        model.export(conversation.id, target, "json")
        await until(lambda: written)
        model.export(conversation.id, tmp_path / "nowhere" / "chat.md", "md")
        await until(lambda: failures)

    play(story())
    assert "How wide is it?" in json.dumps(json.loads(target.read_text("utf-8")))
    assert [error.code for error in failures if hasattr(error, "code")] == ["storage_failed"]
    assert written == [str(target)]
    failures.clear()
