"""Conversations as a user keeps them: titles, notices, and whose they are."""

from __future__ import annotations

import json

import pytest

from core.changes import Change, Changes, Topic
from core.chat.history import MAX_DRAFT, Conversations
from core.errors import InvalidInput, NotFound
from core.records import (
    AgentDraft,
    AgentType,
    Ask,
    Conversation,
    MessageState,
    ModelId,
    UserId,
)
from core.store.agents import AgentStore
from core.store.conversation_rows import MAX_TITLE
from core.store.conversations import ConversationStore
from core.store.database import Database
from core.store.users import UserStore


class Desk:
    """The service over a database with one conversation."""

    def __init__(self, database: Database):
        users = UserStore(database)
        self.owner_id, self.other_id = users.add("ada", is_owner=True).id, users.add("bob").id
        changes, store = Changes(), ConversationStore(database)
        self.seen: list[Change] = []
        changes.subscribe(self.seen.append)
        self.conversations = Conversations(store, changes)
        draft = AgentDraft("Ada", AgentType.FINE_TUNED, ModelId("m"))
        agent = AgentStore(database).create(self.owner_id, draft)
        self.conversation: Conversation
        self.conversation, branch = store.open_turn(Ask(self.owner_id, agent.id, "Hi"), agent)
        store.close_turn(branch[-1].id, written="Hello", state=MessageState.DONE, record=None)


@pytest.fixture
def desk(database: Database) -> Desk:
    """A fresh service."""
    return Desk(database)


def test_a_new_title_is_kept_and_announced(desk: Desk) -> None:
    """White space becomes one space; views learn who did it."""
    renamed = desk.conversations.rename(
        desk.owner_id, desk.conversation.id, "  About\n greetings ", initiator="the list"
    )
    assert renamed.title == "About greetings"
    assert desk.conversations.get(desk.owner_id, desk.conversation.id) == renamed
    expected = Change(Topic.CONVERSATIONS, desk.conversation.id, desk.owner_id, "the list")
    assert desk.seen == [expected]


@pytest.mark.parametrize("title", ["", " \n ", "x" * (MAX_TITLE + 1), "half \ud83d"])
def test_a_title_that_cannot_be_kept_is_refused(desk: Desk, title: str) -> None:
    """The old title stays, and nobody is told."""
    with pytest.raises(InvalidInput) as refusal:
        desk.conversations.rename(desk.owner_id, desk.conversation.id, title)
    assert refusal.value.param == ("title" if title != "half \ud83d" else None)
    assert desk.conversations.get(desk.owner_id, desk.conversation.id).title == "Hi"
    assert desk.seen == []


def test_a_deleted_conversation_is_announced(desk: Desk) -> None:
    """It is gone from the list, and views learn of it."""
    desk.conversations.delete(desk.owner_id, desk.conversation.id, initiator="the list")
    assert desk.conversations.list(desk.owner_id) == []
    assert desk.seen[-1].initiator == "the list"


def test_a_foreign_conversation_is_not_there(desk: Desk) -> None:
    """Nothing is changed or announced for another user."""
    for call in (
        lambda: desk.conversations.get(desk.other_id, desk.conversation.id),
        lambda: desk.conversations.messages(desk.other_id, desk.conversation.id),
        lambda: desk.conversations.rename(desk.other_id, desk.conversation.id, "Mine"),
        lambda: desk.conversations.delete(desk.other_id, desk.conversation.id),
    ):
        with pytest.raises(NotFound):
            call()
    assert desk.seen == []
    assert len(desk.conversations.messages(desk.owner_id, desk.conversation.id)) == 2


def test_any_text_can_be_searched_for(desk: Desk) -> None:
    """Half a character is the caller's mistake, not a fault of the store."""
    with pytest.raises(InvalidInput):
        desk.conversations.list(desk.owner_id, text="\ud83d")
    assert len(desk.conversations.list(desk.owner_id, text="hel")) == 1


def test_an_owner_without_conversations_has_an_empty_list(desk: Desk) -> None:
    """Not an error."""
    assert desk.conversations.list(UserId("usr_new")) == []


# ---------------------------------------------------------------- sorting and the trash


def test_every_way_of_sorting_is_announced(desk: Desk) -> None:
    """Each open view learns what changed and who did it."""
    owner, conversation_id = desk.owner_id, desk.conversation.id
    desk.conversations.pin(owner, conversation_id, initiator="a")
    desk.conversations.unpin(owner, conversation_id, initiator="b")
    desk.conversations.tag(owner, conversation_id, [" red  wine", "red wine", ""], initiator="c")
    assert desk.conversations.get(owner, conversation_id).tags == ("red wine",)
    desk.conversations.delete(owner, conversation_id, initiator="d")
    desk.conversations.restore(owner, conversation_id, initiator="e")
    desk.conversations.delete(owner, conversation_id, initiator="f")
    desk.conversations.purge(owner, conversation_id, initiator="g")
    assert desk.seen == [
        Change(Topic.CONVERSATIONS, conversation_id, owner, initiator) for initiator in "abcdefg"
    ]


@pytest.mark.parametrize("tags", [["x" * 41], ["bad\x07"], [str(n) for n in range(21)]])
def test_tags_that_cannot_be_kept_are_refused(desk: Desk, tags: list[str]) -> None:
    """The field is named and nothing changes."""
    with pytest.raises(InvalidInput) as refusal:
        desk.conversations.tag(desk.owner_id, desk.conversation.id, tags)
    assert refusal.value.param == "tags"
    assert desk.seen == []


def test_the_trash_is_emptied_at_once(desk: Desk) -> None:
    """The trash of one user, not another's."""
    desk.conversations.delete(desk.owner_id, desk.conversation.id)
    assert desk.conversations.empty_trash(desk.other_id) == 0
    assert len(desk.conversations.trashed(desk.owner_id)) == 1
    assert desk.conversations.empty_trash(desk.owner_id) == 1
    assert desk.conversations.trashed(desk.owner_id) == []


def test_deleting_a_message_can_be_undone(desk: Desk) -> None:
    """Both ways are announced as changes of conversation and messages."""
    question, reply = desk.conversations.messages(desk.owner_id, desk.conversation.id)
    changed = desk.conversations.delete_message(desk.owner_id, reply.id)
    assert (changed.message_count, len(desk.seen)) == (1, 2)
    assert desk.conversations.messages(desk.owner_id, desk.conversation.id) == [question]
    desk.conversations.restore_message(desk.owner_id, reply.id)
    assert {each.topic for each in desk.seen} == {Topic.CONVERSATIONS, Topic.MESSAGES}
    assert desk.conversations.message(desk.owner_id, reply.id) == reply


def test_a_draft_has_a_longest_length(desk: Desk) -> None:
    """What was kept before stays."""
    desk.conversations.keep_draft(desk.owner_id, None, "short")
    with pytest.raises(InvalidInput):
        desk.conversations.keep_draft(desk.owner_id, None, "x" * (MAX_DRAFT + 1))
    assert desk.conversations.draft(desk.owner_id, None) == "short"


# ---------------------------------------------------------------- export


def test_the_markdown_export_is_what_was_said(desk: Desk) -> None:
    """Speakers as headings, texts as they were written."""
    text = desk.conversations.export(desk.owner_id, desk.conversation.id, "md")
    assert text.startswith("# Hi\n\nAda, ")
    assert "\n\n## You\n\nHi\n\n## Ada\n\nHello\n" in text


def test_the_json_export_holds_every_branch(desk: Desk) -> None:
    """Each message with its parent, so that the tree can be made again."""
    text = desk.conversations.export(desk.owner_id, desk.conversation.id, "json")
    whole = json.loads(text)
    assert (whole["format"], whole["version"]) == ("outpost.conversation", 1)
    assert whole["conversation"]["id"] == desk.conversation.id
    question, reply = whole["messages"]
    assert (question["parent_id"], reply["parent_id"]) == (None, question["id"])
    assert (reply["text"], reply["state"]) == ("Hello", "done")


def test_other_exports_are_refused(desk: Desk) -> None:
    """The field is named; a foreign conversation is not there."""
    with pytest.raises(InvalidInput):
        desk.conversations.export(desk.owner_id, desk.conversation.id, "docx")  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        desk.conversations.export(desk.other_id, desk.conversation.id, "json")
