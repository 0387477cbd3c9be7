"""The list of conversations beside the chat: what is listed, and what can be done with each."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, Signal

from core.changes import Topic
from core.records import AgentId, Conversation, ConversationHit, ConversationId
from desktop.viewmodels.base import Desk, ViewModel, writing


class ConversationsViewModel(ViewModel):
    """Lists, finds, sorts, exports and deletes conversations."""

    topics = frozenset({Topic.CONVERSATIONS, Topic.MESSAGES, Topic.AGENTS})

    listed = Signal()
    """`hits` and `tags` are new."""
    deleting = Signal(object)
    """ConversationId: about to be moved to the trash; whoever shows it lets go of it."""
    deleted = Signal(str, object)
    """(title, the call that brings it back)."""
    copied = Signal(str)
    """A whole conversation as Markdown, for the clipboard."""
    exported = Signal(str)
    """The path of the file that a conversation was written to."""

    def __init__(self, desk: Desk, parent: QObject | None = None):
        super().__init__(desk, parent)
        self.hits: list[ConversationHit] = []
        self.tags: list[str] = []
        self.agent_filter: AgentId | None = None
        self.tag_filter: str | None = None
        self.in_trash = False
        self.search = ""

    @property
    def conversations(self) -> list[Conversation]:
        """The conversations that are listed."""
        return [hit.conversation for hit in self.hits]

    @property
    def filtered(self) -> bool:
        """True while only some conversations are listed."""
        return bool(self.search or self.agent_filter or self.tag_filter)

    # ------------------------------------------------------------ what is listed

    async def load(self) -> None:
        self.hits = await self._find()
        self.tags = await self.call(self.desk.core.conversations.tags, self.desk.owner.id)
        self.listed.emit()

    async def _find(self) -> list[ConversationHit]:
        conversations, owner = self.desk.core.conversations, self.desk.owner.id
        if self.in_trash:
            return [ConversationHit(c) for c in await self.call(conversations.trashed, owner)]
        return await self.call(
            conversations.search,
            owner,
            self.search,
            agent_id=self.agent_filter,
            tag=self.tag_filter,
        )

    def find(self, text: str) -> None:
        """List only conversations that contain the text."""
        if text != self.search:
            self.search = text
            self.reload()

    def choose(
        self, agent_id: AgentId | None = None, tag: str | None = None, *, trash: bool = False
    ) -> None:
        """List one agent's conversations, one tag's, those of the trash, or all."""
        self.agent_filter, self.tag_filter, self.in_trash = agent_id, tag, trash
        self.reload()

    # ------------------------------------------------------------ what can be done

    def rename(self, conversation_id: ConversationId, title: str) -> None:
        conversations, owner = self.desk.core.conversations, self.desk.owner.id
        if title.strip():
            self.do(self.call(conversations.rename, owner, conversation_id, title.strip()))

    def pin(self, conversation: Conversation) -> None:
        """Pin a conversation to the top of the list, or unpin it."""
        conversations, owner = self.desk.core.conversations, self.desk.owner.id
        change = conversations.unpin if conversation.pinned else conversations.pin
        self.do(self.call(change, owner, conversation.id))

    def tag(self, conversation_id: ConversationId, tags: list[str]) -> None:
        """Give a conversation exactly these tags."""
        conversations, owner = self.desk.core.conversations, self.desk.owner.id
        self.do(self.call(conversations.tag, owner, conversation_id, tags))

    def delete(self, conversation_id: ConversationId) -> None:
        """Move a conversation to the trash; `deleted` offers to undo that."""
        self.do(self._delete(conversation_id))

    async def _delete(self, conversation_id: ConversationId) -> None:
        conversations, owner = self.desk.core.conversations, self.desk.owner.id
        title = (await self.call(conversations.get, owner, conversation_id)).title
        self.deleting.emit(conversation_id)
        await self.call(conversations.delete, owner, conversation_id)
        self.deleted.emit(title, lambda: self.restore(conversation_id))

    def restore(self, conversation_id: ConversationId) -> None:
        """Bring a conversation back from the trash."""
        conversations, owner = self.desk.core.conversations, self.desk.owner.id
        self.do(self.call(conversations.restore, owner, conversation_id))

    def purge(self, conversation_id: ConversationId) -> None:
        """Delete a conversation of the trash for good."""
        conversations, owner = self.desk.core.conversations, self.desk.owner.id
        self.do(self.call(conversations.purge, owner, conversation_id))

    def empty_trash(self) -> None:
        """Delete all conversations of the trash for good."""
        conversations, owner = self.desk.core.conversations, self.desk.owner.id
        self.do(self.call(conversations.empty_trash, owner))

    def copy(self, conversation_id: ConversationId) -> None:
        """Fetch a whole conversation as Markdown; `copied` brings it."""
        self.do(self._copy(conversation_id))

    async def _copy(self, conversation_id: ConversationId) -> None:
        conversations, owner = self.desk.core.conversations, self.desk.owner.id
        self.copied.emit(await self.call(conversations.export, owner, conversation_id, "md"))

    def export(
        self, conversation_id: ConversationId, path: Path, format: Literal["md", "json"]
    ) -> None:
        """Write a conversation to a file."""
        self.do(self._export(conversation_id, path, format))

    async def _export(
        self, conversation_id: ConversationId, path: Path, format: Literal["md", "json"]
    ) -> None:
        conversations, owner = self.desk.core.conversations, self.desk.owner.id
        text = await self.call(conversations.export, owner, conversation_id, format)
        with writing(path):
            await self.call(path.write_text, text, "utf-8")
        self.exported.emit(str(path))
