"""Conversations as trees of messages, saved while they are written.

A turn is opened in one transaction (question and empty reply), its reply is saved while it
streams, and closed with its record and citations. A reply found streaming at start-up was cut
off by the end of the process and is marked interrupted.
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from core.errors import Conflict
from core.records import (
    Agent,
    AgentId,
    AnswerRecord,
    Ask,
    Citation,
    Conversation,
    ConversationHit,
    ConversationId,
    Message,
    MessageId,
    MessageState,
    Role,
    UserId,
    now,
)
from core.store import messages
from core.store.audit import append
from core.store.codec import to_json
from core.store.conversation_rows import (
    CONVERSATIONS,
    Opened,
    add_conversation,
    add_reply,
    add_turn,
    can_continue,
    conversation_of,
    draft_of,
    find,
    find_message,
    opened,
    still_writing,
)
from core.store.database import Database
from core.store.finding import best_messages, in_messages, in_title, marked
from core.store.schema import conversation, conversation_tag, message, question_draft


class ConversationStore:
    """The conversations of all users; every call names the owner it acts for."""

    def __init__(self, database: Database):
        self._database = database

    # ---- a turn

    def open_turn(self, ask: Ask, agent: Agent) -> Opened:
        """Store the question and an empty streaming reply, in a new conversation if none is named.

        Raises NotFound for a conversation or parent that is not the asker's, Conflict while
        another reply is being written there.
        """

        def action(connection: Connection) -> Opened:
            conversation_id = ask.conversation_id or add_conversation(connection, ask, agent)
            found = find(connection, ask.owner_id, conversation_id)
            branch = messages.branch(connection, found.id, ask.parent_id)
            if branch and branch[-1].state is MessageState.STREAMING:
                raise still_writing()
            append(connection, "message.ask", found.id, ask.owner_id)
            return add_turn(connection, found, branch[-1].id if branch else None, ask.text, agent)

        return self._database.write(action)

    def open_edit(
        self, owner_id: UserId, question_id: MessageId, written: str, agent: Agent
    ) -> Opened:
        """Store another version of a question beside it, with an empty streaming reply."""

        def action(connection: Connection) -> Opened:
            found, question = find_message(connection, owner_id, question_id)
            if question.role is not Role.USER:
                raise Conflict("Only a question can be edited.", advice="Edit the question above.")
            append(connection, "message.edit", question_id, owner_id)
            return add_turn(connection, found, question.parent_id, written, agent)

        return self._database.write(action)

    def open_again(self, owner_id: UserId, message_id: MessageId, agent: Agent) -> Opened:
        """Store another, empty, streaming reply beside a reply, or below a question.

        Raises Conflict while the reply itself is being written.
        """

        def action(connection: Connection) -> Opened:
            found, beside = find_message(connection, owner_id, message_id)
            if beside.state is MessageState.STREAMING:
                raise still_writing()
            asked = beside.id if beside.role is Role.USER else beside.parent_id
            append(connection, "message.regenerate", message_id, owner_id)
            return add_reply(connection, found, asked, agent)

        return self._database.write(action)

    def reopen(self, owner_id: UserId, reply_id: MessageId, agent: Agent) -> Opened:
        """Let a reply that was cut off be written on; raises Conflict for any other message."""

        def action(connection: Connection) -> Opened:
            found, reply = find_message(connection, owner_id, reply_id)
            if reply.state is MessageState.STREAMING:
                raise still_writing()
            if not can_continue(reply):
                raise Conflict("This message is complete.", advice="Ask for another answer.")
            append(connection, "message.resume", reply_id, owner_id)
            messages.reopen(connection, reply.id, agent.version_id)
            return opened(connection, found, reply.id, agent)

        return self._database.write(action)

    def save_partial(self, message_id: MessageId, written: str) -> None:
        """Keep what a streaming reply holds so far."""
        self._database.write(
            lambda connection: connection.execute(
                update(message).where(message.c.id == message_id).values(text=written)
            )
        )

    def close_turn(
        self,
        message_id: MessageId,
        *,
        written: str,
        state: MessageState,
        record: AnswerRecord | None,
        citations: Sequence[Citation] = (),
        error: str | None = None,
    ) -> Message:
        """Store how a reply ended."""

        def action(connection: Connection) -> Message:
            connection.execute(
                update(message)
                .where(message.c.id == message_id)
                .values(
                    text=written,
                    state=state.value,
                    record_json=to_json(record) if record else None,
                    error=error,
                )
            )
            messages.index(connection, message.c.id == message_id)
            messages.add_citations(connection, message_id, citations)
            return messages.one(connection, message_id)

        return self._database.write(action)

    def interrupt_unfinished(self) -> int:
        """Mark every reply that is streaming as interrupted; return how many.

        Those are what the last process was writing when it ended.
        """
        unfinished = message.c.state == MessageState.STREAMING.value

        def action(connection: Connection) -> int:
            messages.index(connection, unfinished)
            interrupted = {"state": MessageState.INTERRUPTED.value}
            return connection.execute(
                update(message).where(unfinished).values(interrupted)
            ).rowcount

        return self._database.write(action)

    # ---- messages

    def find_message(self, owner_id: UserId, message_id: MessageId) -> tuple[Conversation, Message]:
        """Return a message with its conversation; raises NotFound."""
        return self._database.read(
            lambda connection: find_message(connection, owner_id, message_id)
        )

    def messages(
        self, owner_id: UserId, conversation_id: ConversationId, leaf: MessageId | None = None
    ) -> builtins.list[Message]:
        """Return the newest branch, oldest message first; with `leaf` the one through it."""

        def action(connection: Connection) -> builtins.list[Message]:
            found = find(connection, owner_id, conversation_id)
            if leaf is None:
                return messages.branch(connection, found.id)
            return messages.branch_through(connection, found.id, leaf)

        return self._database.read(action)

    def tree(self, owner_id: UserId, conversation_id: ConversationId) -> builtins.list[Message]:
        """Return every message of every branch, oldest first."""
        return self._database.read(
            lambda connection: messages.tree(
                connection, find(connection, owner_id, conversation_id).id
            )
        )

    def delete_message(self, owner_id: UserId, message_id: MessageId) -> Conversation:
        """Take a message and what follows from it out of its conversation; can be undone."""

        def action(connection: Connection) -> Conversation:
            found, _ = find_message(connection, owner_id, message_id)
            messages.take_away(connection, found.id, message_id)
            append(connection, "message.delete", message_id, owner_id)
            return find(connection, owner_id, found.id)

        return self._database.write(action)

    def restore_message(self, owner_id: UserId, message_id: MessageId) -> Conversation:
        """Undo `delete_message`."""

        def action(connection: Connection) -> Conversation:
            found, _ = find_message(connection, owner_id, message_id, with_deleted=True)
            messages.bring_back(connection, message_id)
            append(connection, "message.restore", message_id, owner_id)
            return find(connection, owner_id, found.id)

        return self._database.write(action)

    # ---- conversations

    def last_used(self, owner_id: UserId) -> dict[AgentId, datetime]:
        """Return when each of the owner's agents was last talked to."""
        query = (
            select(conversation.c.agent_id, func.max(conversation.c.updated_at))
            .where(conversation.c.owner_id == owner_id, conversation.c.deleted_at.is_(None))
            .where(conversation.c.agent_id.is_not(None))
            .group_by(conversation.c.agent_id)
        )
        return self._database.read(
            lambda connection: {
                AgentId(agent_id): datetime.fromisoformat(at)
                for agent_id, at in connection.execute(query)
            }
        )

    def list(
        self,
        owner_id: UserId,
        *,
        agent_id: AgentId | None = None,
        words: str = "",
        tag: str | None = None,
        trashed: bool = False,
    ) -> builtins.list[Conversation]:
        """Return the owner's conversations, the pinned ones first, then newest first.

        `words` searches titles and messages; `trashed` lists the trash instead, the conversation
        deleted last first.
        """
        query = CONVERSATIONS.where(
            conversation.c.owner_id == owner_id, conversation.c.deleted_at.is_not(None) == trashed
        )
        if agent_id is not None:
            query = query.where(conversation.c.agent_id == agent_id)
        if tag is not None:
            tagged = select(conversation_tag.c.conversation_id)
            query = query.where(conversation.c.id.in_(tagged.where(conversation_tag.c.tag == tag)))
        if words.strip():
            mentioned = in_messages(words)
            titled = in_title(words)
            query = query.where(
                titled if mentioned is None else or_(titled, conversation.c.id.in_(mentioned))
            )
        order = (
            (conversation.c.deleted_at.desc(),)
            if trashed
            else (conversation.c.pinned.desc(), conversation.c.updated_at.desc())
        )
        return self._database.read(
            lambda connection: [
                conversation_of(row)
                for row in connection.execute(query.order_by(*order, conversation.c.id)).mappings()
            ]
        )

    def search(
        self,
        owner_id: UserId,
        words: str,
        *,
        agent_id: AgentId | None = None,
        tag: str | None = None,
    ) -> builtins.list[ConversationHit]:
        """Return the conversations that have the words, as `list` does, and where they stand."""
        found = self.list(owner_id, agent_id=agent_id, words=words, tag=tag)
        best = self._database.read(
            lambda connection: best_messages(connection, words, [each.id for each in found])
        )
        hits = []
        for each in found:
            message_id, snippet = best.get(each.id, (None, ""))
            hits.append(ConversationHit(each, message_id, *marked(snippet)))
        return hits

    def tags(self, owner_id: UserId) -> builtins.list[str]:
        """Return the tags that the owner's conversations have, in the order of the alphabet."""
        query = (
            select(conversation_tag.c.tag)
            .join(conversation, conversation.c.id == conversation_tag.c.conversation_id)
            .where(conversation.c.owner_id == owner_id, conversation.c.deleted_at.is_(None))
            .distinct()
        )
        found = self._database.read(lambda connection: connection.execute(query).scalars().all())
        return sorted(found, key=str.casefold)

    def get(self, owner_id: UserId, conversation_id: ConversationId) -> Conversation:
        return self._database.read(lambda connection: find(connection, owner_id, conversation_id))

    def rename(self, owner_id: UserId, conversation_id: ConversationId, title: str) -> Conversation:
        return self._change(owner_id, conversation_id, {"title": title}, "rename")

    def pin(self, owner_id: UserId, conversation_id: ConversationId, pinned: bool) -> Conversation:
        """Keep a conversation at the top of the list, or no longer."""
        return self._change(
            owner_id, conversation_id, {"pinned": pinned}, "pin" if pinned else "unpin"
        )

    def tag(
        self, owner_id: UserId, conversation_id: ConversationId, tags: Sequence[str]
    ) -> Conversation:
        """Give a conversation exactly these tags."""

        def action(connection: Connection) -> Conversation:
            find(connection, owner_id, conversation_id)
            mine = conversation_tag.c.conversation_id == conversation_id
            connection.execute(delete(conversation_tag).where(mine))
            rows = [{"conversation_id": conversation_id, "tag": tag} for tag in tags]
            if rows:
                connection.execute(insert(conversation_tag), rows)
            append(connection, "conversation.tag", conversation_id, owner_id)
            return find(connection, owner_id, conversation_id)

        return self._database.write(action)

    def delete(self, owner_id: UserId, conversation_id: ConversationId) -> None:
        """Move the conversation to the trash."""
        gone = {"deleted_at": now().isoformat()}
        self._change(owner_id, conversation_id, gone, "delete", then_trashed=True)

    def restore(self, owner_id: UserId, conversation_id: ConversationId) -> Conversation:
        """Bring a conversation back from the trash; raises NotFound if it is not there."""

        def action(connection: Connection) -> Conversation:
            find(connection, owner_id, conversation_id, trashed=True)
            connection.execute(
                update(conversation)
                .where(conversation.c.id == conversation_id)
                .values(deleted_at=None)
            )
            append(connection, "conversation.restore", conversation_id, owner_id)
            return find(connection, owner_id, conversation_id)

        return self._database.write(action)

    def purge(self, owner_id: UserId, conversation_id: ConversationId) -> None:
        """Delete a conversation of the trash for good; raises Conflict while one is written."""

        def action(connection: Connection) -> None:
            find(connection, owner_id, conversation_id, trashed=True)
            messages.refuse_streaming(connection, message.c.conversation_id == conversation_id)
            messages.forget(connection, conversation_id)
            connection.execute(
                delete(question_draft).where(question_draft.c.conversation_id == conversation_id)
            )
            connection.execute(delete(conversation).where(conversation.c.id == conversation_id))
            append(connection, "conversation.purge", conversation_id, owner_id)

        self._database.write(action)

    def _change(
        self,
        owner_id: UserId,
        conversation_id: ConversationId,
        values: Mapping[str, object],
        what: str,
        *,
        then_trashed: bool = False,
    ) -> Conversation:
        def action(connection: Connection) -> Conversation:
            find(connection, owner_id, conversation_id)
            connection.execute(
                update(conversation).where(conversation.c.id == conversation_id).values(values)
            )
            append(connection, f"conversation.{what}", conversation_id, owner_id)
            return find(connection, owner_id, conversation_id, trashed=then_trashed)

        return self._database.write(action)

    # ---- drafts

    def draft(self, owner_id: UserId, conversation_id: ConversationId | None) -> str:
        """Return what was typed and not sent there; None is the conversation yet to begin."""
        query = select(question_draft.c.text).where(*draft_of(owner_id, conversation_id))
        found = self._database.read(lambda connection: connection.execute(query).scalar())
        return found or ""

    def keep_draft(
        self, owner_id: UserId, conversation_id: ConversationId | None, written: str
    ) -> None:
        """Keep what was typed and not sent; an empty text is forgotten."""

        def action(connection: Connection) -> None:
            if conversation_id is not None:
                find(connection, owner_id, conversation_id)
            connection.execute(delete(question_draft).where(*draft_of(owner_id, conversation_id)))
            if written:
                key = {"owner_id": owner_id, "conversation_id": conversation_id or ""}
                connection.execute(insert(question_draft).values(**key, text=written))

        self._database.write(action)
