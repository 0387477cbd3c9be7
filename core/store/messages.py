"""The messages of a conversation as rows: a tree of which one branch at a time is read.

A message is searchable once its text is final. Whoever writes here has found the conversation to
be the asker's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    column,
    delete,
    insert,
    literal,
    select,
    table,
    update,
)

from core.errors import Conflict, NotFound
from core.records import (
    AgentVersionId,
    AnswerRecord,
    Citation,
    CitationState,
    ConversationId,
    Message,
    MessageId,
    MessageState,
    Role,
    UserId,
    new_id,
    now,
)
from core.store.codec import from_json
from core.store.schema import citation, conversation, message

FULL_TEXT = table("message_fts", column("rowid"), column("text"), column("message_fts"))
LIVING = message.c.deleted_with.is_(None)
MOST_PARAMETERS = 500
"""SQLite bounds how many values one statement may name."""


@dataclass(frozen=True, slots=True)
class Node:
    """A message's place in the tree."""

    id: MessageId
    parent_id: MessageId | None


def branch(
    connection: Connection, conversation_id: ConversationId, leaf_id: MessageId | None = None
) -> list[Message]:
    """Return the path from the first message to the leaf, which is the newest one if not named."""
    nodes = _nodes(connection, conversation_id)
    if leaf_id is None:
        return _read(connection, conversation_id, nodes, nodes[-1].id if nodes else None)
    return _read(connection, conversation_id, nodes, _known(nodes, leaf_id))


def branch_through(
    connection: Connection, conversation_id: ConversationId, message_id: MessageId
) -> list[Message]:
    """Return the path through a message and on to the newest one that follows from it."""
    nodes = _nodes(connection, conversation_id)
    following = descendants(nodes, _known(nodes, message_id))
    return _read(connection, conversation_id, nodes, following[-1])


def tree(connection: Connection, conversation_id: ConversationId) -> list[Message]:
    """Return every message, oldest first."""
    nodes = _nodes(connection, conversation_id)
    return _messages(connection, conversation_id, nodes, [node.id for node in nodes])


def one(connection: Connection, message_id: MessageId) -> Message:
    """Return a message that is there."""
    query = select(message.c.conversation_id).where(message.c.id == message_id)
    conversation_id = ConversationId(connection.execute(query).scalar_one())
    nodes = _nodes(connection, conversation_id)
    return _messages(connection, conversation_id, nodes, [message_id])[0]


def descendants(nodes: Iterable[Node], message_id: MessageId) -> list[MessageId]:
    """Return the message and all that follow from it, oldest first."""
    found = {message_id: None}
    for node in nodes:
        if node.parent_id in found:
            found[node.id] = None
    return list(found)


def add(
    connection: Connection,
    conversation_id: ConversationId,
    parent_id: MessageId | None,
    role: Role,
    written: str,
    state: MessageState,
    version_id: AgentVersionId | None,
) -> MessageId:
    message_id = MessageId(new_id("msg"))
    connection.execute(
        insert(message).values(
            id=message_id,
            conversation_id=conversation_id,
            parent_id=parent_id,
            role=role.value,
            text=written,
            state=state.value,
            agent_version_id=version_id,
            created_at=now().isoformat(),
        )
    )
    if state is not MessageState.STREAMING:
        index(connection, message.c.id == message_id)
    return message_id


def reopen(connection: Connection, message_id: MessageId, version_id: AgentVersionId) -> None:
    """Make a reply that ended a streaming one again, with the text it has."""
    _unindex(connection, message.c.id == message_id)
    connection.execute(delete(citation).where(citation.c.message_id == message_id))
    connection.execute(
        update(message)
        .where(message.c.id == message_id)
        .values(state=MessageState.STREAMING.value, agent_version_id=version_id, error=None)
    )


def take_away(
    connection: Connection, conversation_id: ConversationId, message_id: MessageId
) -> None:
    """Delete a message with all that follow from it; raises Conflict while one is written."""
    nodes = _nodes(connection, conversation_id)
    gone = descendants(nodes, _known(nodes, message_id))
    refuse_streaming(connection, message.c.conversation_id == conversation_id)
    for some in _portions(gone):
        connection.execute(
            update(message).where(message.c.id.in_(some)).values(deleted_with=message_id)
        )


def bring_back(connection: Connection, message_id: MessageId) -> None:
    """Undo the deletion of a message and of what went with it."""
    connection.execute(
        update(message).where(message.c.deleted_with == message_id).values(deleted_with=None)
    )


def refuse_streaming(connection: Connection, which: ColumnElement[bool]) -> None:
    """Raises Conflict where a reply is being written."""
    streaming = message.c.state == MessageState.STREAMING.value
    if connection.execute(select(message.c.id).where(which, streaming)).first() is not None:
        raise Conflict(
            "A reply is still being written in this conversation.",
            advice="Wait for it to end, or stop it.",
        )


def index(connection: Connection, which: ColumnElement[bool]) -> None:
    """Make messages findable; once each, when their text is final."""
    rows = select(message.c.seq, message.c.text).where(which)
    connection.execute(insert(FULL_TEXT).from_select(["rowid", "text"], rows))


def forget(connection: Connection, conversation_id: ConversationId) -> None:
    """Take a conversation's messages out of the full-text index, before they are deleted."""
    _unindex(connection, message.c.conversation_id == conversation_id)


def forget_owner(connection: Connection, owner_id: UserId) -> None:
    """Take all that was said in a user's conversations out of the full-text index.

    Raises Conflict where a reply is being written in one.
    """
    theirs = select(conversation.c.id).where(conversation.c.owner_id == owner_id)
    refuse_streaming(connection, message.c.conversation_id.in_(theirs))
    _unindex(connection, message.c.conversation_id.in_(theirs))


def _unindex(connection: Connection, which: ColumnElement[bool]) -> None:
    # The index keeps no text of its own and must be told what to forget, for rows it has only.
    final = message.c.state != MessageState.STREAMING.value
    rows = select(literal("delete"), message.c.seq, message.c.text).where(which, final)
    connection.execute(insert(FULL_TEXT).from_select(["message_fts", "rowid", "text"], rows))


def add_citations(
    connection: Connection, message_id: MessageId, citations: Sequence[Citation]
) -> None:
    rows = [_citation_row(message_id, at, each) for at, each in enumerate(citations)]
    if rows:
        connection.execute(insert(citation), rows)


# ---------------------------------------------------------------- reading


def _nodes(connection: Connection, conversation_id: ConversationId) -> list[Node]:
    """Return the places of all messages, oldest first: a parent before its children."""
    query = select(message.c.id, message.c.parent_id).order_by(message.c.seq)
    query = query.where(message.c.conversation_id == conversation_id)
    rows = connection.execute(query.where(LIVING))
    return [Node(row.id, row.parent_id) for row in rows]


def _known(nodes: Iterable[Node], message_id: MessageId) -> MessageId:
    if not any(node.id == message_id for node in nodes):
        raise NotFound("message", message_id)
    return message_id


def _read(
    connection: Connection,
    conversation_id: ConversationId,
    nodes: Sequence[Node],
    leaf_id: MessageId | None,
) -> list[Message]:
    parents = {node.id: node.parent_id for node in nodes}
    path: list[MessageId] = []
    while leaf_id is not None:
        path.append(leaf_id)
        leaf_id = parents[leaf_id]
    return _messages(connection, conversation_id, nodes, path[::-1])


def _messages(
    connection: Connection,
    conversation_id: ConversationId,
    nodes: Iterable[Node],
    wanted: Sequence[MessageId],
) -> list[Message]:
    """Read the wanted messages in their order."""
    versions: dict[MessageId | None, list[MessageId]] = {}
    for node in nodes:
        versions.setdefault(node.parent_id, []).append(node.id)
    rows = {}
    for some in _portions(wanted):
        query = select(message).where(message.c.id.in_(some))
        rows.update({row["id"]: row for row in connection.execute(query).mappings()})
    cited = _citations(connection, wanted)
    return [
        _message(row, tuple(cited.get(row["id"], ())), tuple(versions.get(row["parent_id"], ())))
        for row in (rows[each] for each in wanted)
    ]


def _portions(ids: Sequence[MessageId]) -> Iterable[Sequence[MessageId]]:
    return (ids[at : at + MOST_PARAMETERS] for at in range(0, len(ids), MOST_PARAMETERS))


def _message(
    row: RowMapping, citations: tuple[Citation, ...], siblings: tuple[MessageId, ...]
) -> Message:
    return Message(
        id=MessageId(row["id"]),
        conversation_id=ConversationId(row["conversation_id"]),
        parent_id=MessageId(row["parent_id"]) if row["parent_id"] else None,
        role=Role(row["role"]),
        text=row["text"],
        state=MessageState(row["state"]),
        created_at=datetime.fromisoformat(row["created_at"]),
        agent_version_id=row["agent_version_id"],
        citations=citations,
        record=from_json(AnswerRecord, row["record_json"]) if row["record_json"] else None,
        error=row["error"],
        siblings=siblings,
    )


def _citations(
    connection: Connection, message_ids: Sequence[MessageId]
) -> dict[str, list[Citation]]:
    cited: dict[str, list[Citation]] = {}
    for some in _portions(message_ids):
        query = select(citation).where(citation.c.message_id.in_(some))
        for row in connection.execute(query.order_by(citation.c.ordinal)).mappings():
            cited.setdefault(row["message_id"], []).append(_citation(row))
    return cited


def _citation(row: RowMapping) -> Citation:
    values = {name: row[name] for name in Citation.__slots__}
    return Citation(**{**values, "state": CitationState(row["state"])})


def _citation_row(message_id: MessageId, ordinal: int, each: Citation) -> dict[str, object]:
    row: dict[str, object] = {name: getattr(each, name) for name in Citation.__slots__}
    return {**row, "state": each.state.value, "message_id": message_id, "ordinal": ordinal}
