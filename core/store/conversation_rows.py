"""Conversations as rows: finding the asker's own, and adding turns to them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, RowMapping, func, insert, select, update

from core.errors import Conflict, NotFound
from core.records import (
    Agent,
    AgentId,
    Ask,
    Conversation,
    ConversationId,
    Message,
    MessageId,
    MessageState,
    Role,
    UserId,
    new_id,
    now,
)
from core.store import messages
from core.store.schema import agent as agent_row
from core.store.schema import conversation, conversation_tag, message, question_draft

MAX_TITLE = 80
Opened = tuple[Conversation, list[Message]]
"""A conversation and its branch from the first message to the reply that is to be written."""


CONVERSATIONS = select(
    conversation,
    select(func.count())
    .where(message.c.conversation_id == conversation.c.id, messages.LIVING)
    .scalar_subquery()
    .label("message_count"),
    select(agent_row.c.id)
    .where(agent_row.c.id == conversation.c.agent_id, agent_row.c.deleted_at.is_(None))
    .scalar_subquery()
    .label("living_agent_id"),
    select(func.group_concat(conversation_tag.c.tag, "\n"))
    .where(conversation_tag.c.conversation_id == conversation.c.id)
    .scalar_subquery()
    .label("tags"),
)


def can_continue(reply: Message) -> bool:
    """Return whether a reply was cut off: stopped, interrupted, failed, or at its longest."""
    cut_off = (MessageState.STOPPED, MessageState.INTERRUPTED, MessageState.FAILED)
    too_long = reply.record is not None and reply.record.finish_reason == "length"
    return reply.role is Role.ASSISTANT and (reply.state in cut_off or too_long)


def title_of(question: str) -> str:
    """Return the beginning of a question as a title, cut at a word."""
    line = " ".join(question.split())
    if len(line) <= MAX_TITLE:
        return line
    return line[: MAX_TITLE - 1].rsplit(" ", 1)[0] + "…"


def add_conversation(connection: Connection, ask: Ask, agent: Agent) -> ConversationId:
    conversation_id, at = ConversationId(new_id("cnv")), now().isoformat()
    connection.execute(
        insert(conversation).values(
            id=conversation_id,
            owner_id=ask.owner_id,
            agent_id=agent.id,
            agent_name=agent.name,
            title=title_of(ask.text),
            pinned=False,
            created_at=at,
            updated_at=at,
        )
    )
    return conversation_id


def add_turn(
    connection: Connection,
    found: Conversation,
    parent_id: MessageId | None,
    written: str,
    agent: Agent,
) -> Opened:
    """Add a question below a message, and its empty reply."""
    state = MessageState.DONE
    asked = messages.add(connection, found.id, parent_id, Role.USER, written, state, None)
    return add_reply(connection, found, asked, agent)


def add_reply(
    connection: Connection, found: Conversation, asked: MessageId | None, agent: Agent
) -> Opened:
    """Add an empty reply below a question."""
    state, role = MessageState.STREAMING, Role.ASSISTANT
    reply = messages.add(connection, found.id, asked, role, "", state, agent.version_id)
    return opened(connection, found, reply, agent)


def opened(
    connection: Connection, found: Conversation, reply_id: MessageId, agent: Agent
) -> Opened:
    connection.execute(
        update(conversation)
        .where(conversation.c.id == found.id)
        .values(agent_id=agent.id, agent_name=agent.name, updated_at=now().isoformat())
    )
    after = find(connection, found.owner_id, found.id)
    return after, messages.branch(connection, found.id, reply_id)


def still_writing() -> Conflict:
    return Conflict(
        "A reply is still being written in this conversation.",
        advice="Wait for it to end, or stop it.",
    )


def find(
    connection: Connection,
    owner_id: UserId,
    conversation_id: ConversationId,
    *,
    trashed: bool = False,
) -> Conversation:
    query = CONVERSATIONS.where(
        conversation.c.id == conversation_id,
        conversation.c.owner_id == owner_id,
        conversation.c.deleted_at.is_not(None) == trashed,
    )
    row = connection.execute(query).mappings().first()
    if row is None:
        raise NotFound("conversation", conversation_id)
    return conversation_of(row)


def find_message(
    connection: Connection,
    owner_id: UserId,
    message_id: MessageId,
    *,
    with_deleted: bool = False,
) -> tuple[Conversation, Message]:
    query = (
        select(message.c.conversation_id)
        .join(conversation, conversation.c.id == message.c.conversation_id)
        .where(
            message.c.id == message_id,
            conversation.c.owner_id == owner_id,
            conversation.c.deleted_at.is_(None),
        )
    )
    row = connection.execute(query if with_deleted else query.where(messages.LIVING)).first()
    if row is None:
        raise NotFound("message", message_id)
    found = find(connection, owner_id, ConversationId(row.conversation_id))
    return found, messages.one(connection, message_id)


def draft_of(
    owner_id: UserId, conversation_id: ConversationId | None
) -> tuple[ColumnElement[bool], ...]:
    return (
        question_draft.c.owner_id == owner_id,
        question_draft.c.conversation_id == (conversation_id or ""),
    )


def conversation_of(row: RowMapping) -> Conversation:
    deleted_at = row["deleted_at"]
    return Conversation(
        id=ConversationId(row["id"]),
        owner_id=UserId(row["owner_id"]),
        agent_id=AgentId(row["living_agent_id"]) if row["living_agent_id"] else None,
        agent_name=row["agent_name"],
        title=row["title"],
        created_at=datetime.fromisoformat(row["created_at"]),
        updated_at=datetime.fromisoformat(row["updated_at"]),
        message_count=row["message_count"],
        pinned=row["pinned"],
        tags=tuple(sorted(row["tags"].split("\n"), key=str.casefold)) if row["tags"] else (),
        deleted_at=datetime.fromisoformat(deleted_at) if deleted_at else None,
    )
