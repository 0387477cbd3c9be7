"""Conversations as a user keeps them: list, search, read, sort, export, throw away, bring back."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from core.changes import Changes, Topic
from core.chat.export import as_json, as_markdown
from core.errors import InvalidInput
from core.records import (
    AgentId,
    Conversation,
    ConversationHit,
    ConversationId,
    Message,
    MessageId,
    UserId,
)
from core.store.conversation_rows import MAX_TITLE
from core.store.conversations import ConversationStore
from core.tags import checked_tags

MAX_DRAFT = 400_000


class Conversations:
    """The face of the conversation store, with change notices."""

    def __init__(self, store: ConversationStore, changes: Changes):
        self._store = store
        self._changes = changes

    # ---- reading

    def list(
        self,
        owner_id: UserId,
        *,
        agent_id: AgentId | None = None,
        text: str = "",
        tag: str | None = None,
    ) -> list[Conversation]:
        """Return conversations, the pinned ones first, then newest first.

        `text` searches titles and all messages.
        """
        return self._store.list(owner_id, agent_id=agent_id, words=text, tag=tag)

    def last_used(self, owner_id: UserId) -> dict[AgentId, datetime]:
        """Return when each agent was last talked to; without those that never were."""
        return self._store.last_used(owner_id)

    def search(
        self,
        owner_id: UserId,
        text: str,
        *,
        agent_id: AgentId | None = None,
        tag: str | None = None,
    ) -> builtins.list[ConversationHit]:
        """Return what `list` does, with the message of each that fits best and a snippet of it."""
        return self._store.search(owner_id, text, agent_id=agent_id, tag=tag)

    def get(self, owner_id: UserId, conversation_id: ConversationId) -> Conversation:
        return self._store.get(owner_id, conversation_id)

    def messages(
        self, owner_id: UserId, conversation_id: ConversationId, leaf: MessageId | None = None
    ) -> builtins.list[Message]:
        """Return the newest branch, oldest message first.

        With `leaf`, return the branch through that message, on to the newest that follows from it.
        """
        return self._store.messages(owner_id, conversation_id, leaf)

    def tree(self, owner_id: UserId, conversation_id: ConversationId) -> builtins.list[Message]:
        """Return every message of every branch, oldest first; `parent_id` makes the tree."""
        return self._store.tree(owner_id, conversation_id)

    def message(self, owner_id: UserId, message_id: MessageId) -> Message:
        """Return one message."""
        return self._store.find_message(owner_id, message_id)[1]

    def tags(self, owner_id: UserId) -> builtins.list[str]:
        """Return every tag in use, in the order of the alphabet."""
        return self._store.tags(owner_id)

    def export(
        self, owner_id: UserId, conversation_id: ConversationId, format: Literal["md", "json"]
    ) -> str:
        """Return the newest branch as Markdown, or the whole tree with all records as JSON."""
        conversation = self._store.get(owner_id, conversation_id)
        if format == "md":
            return as_markdown(conversation, self._store.messages(owner_id, conversation_id))
        if format == "json":
            return as_json(conversation, self._store.tree(owner_id, conversation_id))
        raise InvalidInput("A conversation is exported as 'md' or 'json'.", param="format")

    # ---- sorting

    def rename(
        self,
        owner_id: UserId,
        conversation_id: ConversationId,
        title: str,
        *,
        initiator: str = "",
    ) -> Conversation:
        """Give the conversation another title; raises InvalidInput for an empty or long one."""
        title = " ".join(title.split())
        if not 1 <= len(title) <= MAX_TITLE:
            raise InvalidInput(f"The title must have 1 to {MAX_TITLE} characters.", param="title")
        renamed = self._store.rename(owner_id, conversation_id, title)
        self._announce(conversation_id, owner_id, initiator)
        return renamed

    def pin(
        self, owner_id: UserId, conversation_id: ConversationId, *, initiator: str = ""
    ) -> Conversation:
        """Keep the conversation at the top of the list."""
        return self._pin(owner_id, conversation_id, True, initiator)

    def unpin(
        self, owner_id: UserId, conversation_id: ConversationId, *, initiator: str = ""
    ) -> Conversation:
        """Let the conversation stand where its age puts it."""
        return self._pin(owner_id, conversation_id, False, initiator)

    def _pin(
        self, owner_id: UserId, conversation_id: ConversationId, pinned: bool, initiator: str
    ) -> Conversation:
        changed = self._store.pin(owner_id, conversation_id, pinned)
        self._announce(conversation_id, owner_id, initiator)
        return changed

    def tag(
        self,
        owner_id: UserId,
        conversation_id: ConversationId,
        tags: Sequence[str],
        *,
        initiator: str = "",
    ) -> Conversation:
        """Give the conversation exactly these tags; raises InvalidInput for too many or long."""
        changed = self._store.tag(owner_id, conversation_id, checked_tags(tags))
        self._announce(conversation_id, owner_id, initiator)
        return changed

    # ---- throwing away and bringing back

    def delete(
        self, owner_id: UserId, conversation_id: ConversationId, *, initiator: str = ""
    ) -> None:
        """Move the conversation to the trash."""
        self._store.delete(owner_id, conversation_id)
        self._announce(conversation_id, owner_id, initiator)

    def trashed(self, owner_id: UserId) -> builtins.list[Conversation]:
        """Return the conversations of the trash, the one deleted last first."""
        return self._store.list(owner_id, trashed=True)

    def restore(
        self, owner_id: UserId, conversation_id: ConversationId, *, initiator: str = ""
    ) -> Conversation:
        """Bring a conversation back from the trash; raises NotFound if it is not there."""
        restored = self._store.restore(owner_id, conversation_id)
        self._announce(conversation_id, owner_id, initiator)
        return restored

    def purge(
        self, owner_id: UserId, conversation_id: ConversationId, *, initiator: str = ""
    ) -> None:
        """Delete a conversation of the trash for good, with all that was said in it.

        Raises NotFound if it is not in the trash, Conflict while a reply is written in it.
        """
        self._store.purge(owner_id, conversation_id)
        self._announce(conversation_id, owner_id, initiator)

    def empty_trash(self, owner_id: UserId, *, initiator: str = "") -> int:
        """Purge every conversation of the trash; return how many there were."""
        trashed = self.trashed(owner_id)
        for each in trashed:
            self.purge(owner_id, each.id, initiator=initiator)
        return len(trashed)

    def delete_message(
        self, owner_id: UserId, message_id: MessageId, *, initiator: str = ""
    ) -> Conversation:
        """Take a message and all that follows from it away, until `restore_message`.

        Raises Conflict while a reply is being written in the conversation.
        """
        changed = self._store.delete_message(owner_id, message_id)
        self._announce_messages(changed, initiator)
        return changed

    def restore_message(
        self, owner_id: UserId, message_id: MessageId, *, initiator: str = ""
    ) -> Conversation:
        """Undo `delete_message`."""
        changed = self._store.restore_message(owner_id, message_id)
        self._announce_messages(changed, initiator)
        return changed

    # ---- what was typed and not sent

    def draft(self, owner_id: UserId, conversation_id: ConversationId | None) -> str:
        """Return what was typed there and not sent; None is the conversation yet to begin."""
        return self._store.draft(owner_id, conversation_id)

    def keep_draft(
        self, owner_id: UserId, conversation_id: ConversationId | None, text: str
    ) -> None:
        """Keep what was typed and not sent; nothing is announced, an empty text is forgotten."""
        if len(text) > MAX_DRAFT:
            raise InvalidInput(f"A draft may have up to {MAX_DRAFT} characters.", param="text")
        self._store.keep_draft(owner_id, conversation_id, text)

    def _announce(self, conversation_id: ConversationId, owner_id: UserId, initiator: str) -> None:
        self._changes.announce(Topic.CONVERSATIONS, conversation_id, owner_id, initiator)

    def _announce_messages(self, changed: Conversation, initiator: str) -> None:
        self._announce(changed.id, changed.owner_id, initiator)
        self._changes.announce(Topic.MESSAGES, changed.id, changed.owner_id, initiator)
