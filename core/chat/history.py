"""Conversations as a user keeps them: list, search, read, rename, delete."""

from __future__ import annotations

import builtins

from core.changes import Changes, Topic
from core.errors import InvalidInput
from core.records import AgentId, Conversation, ConversationId, Message, UserId
from core.store.conversations import MAX_TITLE, ConversationStore


class Conversations:
    """The face of the conversation store, with change notices."""

    def __init__(self, store: ConversationStore, changes: Changes):
        self._store = store
        self._changes = changes

    def list(
        self, owner_id: UserId, *, agent_id: AgentId | None = None, text: str = ""
    ) -> list[Conversation]:
        """Return conversations, newest first; `text` searches titles and all messages."""
        return self._store.list(owner_id, agent_id=agent_id, words=text)

    def get(self, owner_id: UserId, conversation_id: ConversationId) -> Conversation:
        return self._store.get(owner_id, conversation_id)

    def messages(self, owner_id: UserId, conversation_id: ConversationId) -> builtins.list[Message]:
        """Return the newest branch, oldest message first."""
        return self._store.messages(owner_id, conversation_id)

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
        self._changes.announce(Topic.CONVERSATIONS, conversation_id, owner_id, initiator)
        return renamed

    def delete(
        self, owner_id: UserId, conversation_id: ConversationId, *, initiator: str = ""
    ) -> None:
        """Move the conversation to the trash."""
        self._store.delete(owner_id, conversation_id)
        self._changes.announce(Topic.CONVERSATIONS, conversation_id, owner_id, initiator)
