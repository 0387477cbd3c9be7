"""Conversations as trees of messages, saved while they are written.

A turn is opened in one transaction (question and empty reply), its reply is saved while it
streams, and closed with its record and citations. A reply found streaming at start-up was cut
off by the end of the process and is marked interrupted.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    column,
    func,
    insert,
    or_,
    select,
    table,
    text,
    update,
)

from core.errors import Conflict, NotFound
from core.records import (
    Agent,
    AgentId,
    AgentVersionId,
    AnswerRecord,
    Ask,
    ChunkId,
    Citation,
    CitationState,
    Conversation,
    ConversationId,
    DocumentId,
    Message,
    MessageId,
    MessageState,
    Role,
    UserId,
    new_id,
    now,
)
from core.store.codec import from_json, to_json
from core.store.database import Database
from core.store.schema import agent as agent_row
from core.store.schema import citation, conversation, message

MAX_TITLE = 80


class ConversationStore:
    """The conversations of all users; every call names the owner it acts for."""

    def __init__(self, database: Database):
        self._database = database

    # ---- a turn

    def open_turn(self, ask: Ask, agent: Agent) -> tuple[Conversation, list[Message]]:
        """Store the question and an empty streaming reply, in a new conversation if none is named.

        Returns the conversation and its branch from the first message to the reply. Raises
        NotFound for a conversation or parent that is not the asker's, Conflict while another
        reply is being written there.
        """

        def action(connection: Connection) -> tuple[Conversation, list[Message]]:
            conversation_id = ask.conversation_id or _insert_conversation(connection, ask, agent)
            found = _find(connection, ask.owner_id, conversation_id)
            branch = _branch(connection, found.id, ask.parent_id)
            if branch and branch[-1].state is MessageState.STREAMING:
                raise Conflict(
                    "A reply is still being written in this conversation.",
                    advice="Wait for it to end, or stop it.",
                )
            parent_id = branch[-1].id if branch else None
            version = agent.version_id
            question = _insert_message(
                connection, found.id, parent_id, Role.USER, ask.text, MessageState.DONE, None
            )
            reply = _insert_message(
                connection, found.id, question, Role.ASSISTANT, "", MessageState.STREAMING, version
            )
            connection.execute(
                update(conversation)
                .where(conversation.c.id == found.id)
                .values(agent_id=agent.id, agent_name=agent.name, updated_at=now().isoformat())
            )
            return _find(connection, ask.owner_id, found.id), _branch(connection, found.id, reply)

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
            _index(connection, message.c.id == message_id)
            rows = [_citation_row(message_id, at, one) for at, one in enumerate(citations)]
            if rows:
                connection.execute(insert(citation), rows)
            return _messages(connection, select(message).where(message.c.id == message_id))[0]

        return self._database.write(action)

    def interrupt_unfinished(self) -> int:
        """Mark every reply that was streaming when the last process ended; return how many."""
        unfinished = message.c.state == MessageState.STREAMING.value

        def action(connection: Connection) -> int:
            _index(connection, unfinished)
            interrupted = {"state": MessageState.INTERRUPTED.value}
            return connection.execute(
                update(message).where(unfinished).values(interrupted)
            ).rowcount

        return self._database.write(action)

    # ---- conversations

    def list(
        self, owner_id: UserId, *, agent_id: AgentId | None = None, words: str = ""
    ) -> builtins.list[Conversation]:
        """Return the owner's conversations, newest first; `words` searches titles and messages."""
        query = _CONVERSATIONS.where(
            conversation.c.owner_id == owner_id, conversation.c.deleted_at.is_(None)
        )
        if agent_id is not None:
            query = query.where(conversation.c.agent_id == agent_id)
        if words.strip():
            query = query.where(_mentions(words))
        query = query.order_by(conversation.c.updated_at.desc(), conversation.c.id)
        return self._database.read(
            lambda connection: [_conversation(row) for row in connection.execute(query).mappings()]
        )

    def get(self, owner_id: UserId, conversation_id: ConversationId) -> Conversation:
        return self._database.read(lambda connection: _find(connection, owner_id, conversation_id))

    def messages(self, owner_id: UserId, conversation_id: ConversationId) -> builtins.list[Message]:
        """Return the branch that ends in the newest message, oldest first."""

        def action(connection: Connection) -> builtins.list[Message]:
            found = _find(connection, owner_id, conversation_id)
            return _branch(connection, found.id, None)

        return self._database.read(action)

    def rename(self, owner_id: UserId, conversation_id: ConversationId, title: str) -> Conversation:
        return self._change(owner_id, conversation_id, {"title": title})

    def delete(self, owner_id: UserId, conversation_id: ConversationId) -> None:
        """Move the conversation to the trash."""

        def action(connection: Connection) -> None:
            _find(connection, owner_id, conversation_id)
            connection.execute(
                update(conversation)
                .where(conversation.c.id == conversation_id)
                .values(deleted_at=now().isoformat())
            )

        self._database.write(action)

    def _change(
        self, owner_id: UserId, conversation_id: ConversationId, values: dict[str, str]
    ) -> Conversation:
        def action(connection: Connection) -> Conversation:
            _find(connection, owner_id, conversation_id)
            connection.execute(
                update(conversation).where(conversation.c.id == conversation_id).values(values)
            )
            return _find(connection, owner_id, conversation_id)

        return self._database.write(action)


_CONVERSATIONS = select(
    conversation,
    select(func.count())
    .where(message.c.conversation_id == conversation.c.id)
    .scalar_subquery()
    .label("message_count"),
    select(agent_row.c.id)
    .where(agent_row.c.id == conversation.c.agent_id, agent_row.c.deleted_at.is_(None))
    .scalar_subquery()
    .label("living_agent_id"),
)


_FULL_TEXT = table("message_fts", column("rowid"), column("text"))


def _mentions(words: str) -> ColumnElement[bool]:
    """Match conversations whose title or messages contain every word, the last as a beginning."""
    terms = re.findall(r"\w+", words)
    pattern = "%" + re.sub(r"([%_\\])", r"\\\1", words.strip().casefold()) + "%"
    in_title = func.casefold(conversation.c.title).like(pattern, escape="\\")
    if not terms:
        return in_title
    query = " ".join(f'"{term}"' for term in terms) + "*"
    hits = (
        select(message.c.conversation_id)
        .join(_FULL_TEXT, _FULL_TEXT.c.rowid == message.c.seq)
        .where(text("message_fts MATCH :words").bindparams(words=query))
    )
    return or_(in_title, conversation.c.id.in_(hits))


def _insert_conversation(connection: Connection, ask: Ask, agent: Agent) -> ConversationId:
    conversation_id, at = ConversationId(new_id("cnv")), now().isoformat()
    connection.execute(
        insert(conversation).values(
            id=conversation_id,
            owner_id=ask.owner_id,
            agent_id=agent.id,
            agent_name=agent.name,
            title=title_of(ask.text),
            created_at=at,
            updated_at=at,
        )
    )
    return conversation_id


def title_of(question: str) -> str:
    """Return the beginning of a question as a title, cut at a word."""
    line = " ".join(question.split())
    if len(line) <= MAX_TITLE:
        return line
    return line[: MAX_TITLE - 1].rsplit(" ", 1)[0] + "…"


def _insert_message(
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
        _index(connection, message.c.id == message_id)
    return message_id


def _index(connection: Connection, which: ColumnElement[bool]) -> None:
    """Make messages findable; once each, when their text is final."""
    rows = select(message.c.seq, message.c.text).where(which)
    connection.execute(insert(_FULL_TEXT).from_select(["rowid", "text"], rows))


def _find(
    connection: Connection, owner_id: UserId, conversation_id: ConversationId
) -> Conversation:
    query = _CONVERSATIONS.where(
        conversation.c.id == conversation_id,
        conversation.c.owner_id == owner_id,
        conversation.c.deleted_at.is_(None),
    )
    row = connection.execute(query).mappings().first()
    if row is None:
        raise NotFound("conversation", conversation_id)
    return _conversation(row)


def _branch(
    connection: Connection, conversation_id: ConversationId, leaf_id: MessageId | None
) -> list[Message]:
    """Return the path from the first message to the leaf, which is the newest one if not named."""
    query = select(message).where(message.c.conversation_id == conversation_id)
    every = _messages(connection, query.order_by(message.c.seq))
    by_id = {one.id: one for one in every}
    if leaf_id is not None and leaf_id not in by_id:
        raise NotFound("message", leaf_id)
    at = by_id[leaf_id] if leaf_id else every[-1] if every else None
    path: list[Message] = []
    while at is not None:
        path.append(at)
        at = by_id[at.parent_id] if at.parent_id else None
    return path[::-1]


def _conversation(row: RowMapping) -> Conversation:
    return Conversation(
        id=ConversationId(row["id"]),
        owner_id=UserId(row["owner_id"]),
        agent_id=AgentId(row["living_agent_id"]) if row["living_agent_id"] else None,
        agent_name=row["agent_name"],
        title=row["title"],
        created_at=datetime.fromisoformat(row["created_at"]),
        updated_at=datetime.fromisoformat(row["updated_at"]),
        message_count=row["message_count"],
    )


def _messages(connection: Connection, query: Select[*tuple[object, ...]]) -> list[Message]:
    rows = list(connection.execute(query).mappings())
    cited = _citations(connection, [row["id"] for row in rows])
    return [_message(row, tuple(cited.get(row["id"], ()))) for row in rows]


def _message(row: RowMapping, citations: tuple[Citation, ...]) -> Message:
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
    )


def _citations(connection: Connection, message_ids: list[str]) -> dict[str, list[Citation]]:
    cited: dict[str, list[Citation]] = {}
    for at in range(0, len(message_ids), 500):  # SQLite bounds the number of parameters
        query = select(citation).where(citation.c.message_id.in_(message_ids[at : at + 500]))
        for row in connection.execute(query.order_by(citation.c.ordinal)).mappings():
            cited.setdefault(row["message_id"], []).append(_citation(row))
    return cited


def _citation(row: RowMapping) -> Citation:
    return Citation(
        number=row["number"],
        state=CitationState(row["state"]),
        document_id=DocumentId(row["document_id"]),
        document_name=row["document_name"],
        chunk_id=ChunkId(row["chunk_id"]),
        first_page=row["first_page"],
        last_page=row["last_page"],
        start=row["start"],
        end=row["end"],
        quote=row["quote"],
        answer_start=row["answer_start"],
        answer_end=row["answer_end"],
        score=row["score"],
    )


def _citation_row(message_id: MessageId, ordinal: int, one: Citation) -> dict[str, object]:
    row: dict[str, object] = {name: getattr(one, name) for name in Citation.__slots__}
    return {**row, "state": one.state.value, "message_id": message_id, "ordinal": ordinal}
