"""Conversations, the question that continues one, and the events of its reply."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.records.agents import Sampling
from core.records.ids import AgentId, ConversationId, MessageId, UserId
from core.records.messages import Message
from core.records.retrieval import Passage


@dataclass(frozen=True, slots=True)
class Conversation:
    id: ConversationId
    owner_id: UserId
    agent_id: AgentId | None
    """None once the agent was deleted; the conversation stays readable."""
    agent_name: str
    title: str
    created_at: datetime
    updated_at: datetime
    message_count: int = 0
    pinned: bool = False
    tags: tuple[str, ...] = ()
    deleted_at: datetime | None = None
    """When it was moved to the trash."""


@dataclass(frozen=True, slots=True)
class ConversationHit:
    """A conversation that a search found, and where."""

    conversation: Conversation
    message_id: MessageId | None = None
    """The message that fits best; None where only the title has the words."""
    snippet: str = ""
    """The part of that message around the words; empty where only the title has them."""
    marks: tuple[tuple[int, int], ...] = ()
    """Where the words stand in the snippet: [start, end)."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One question to an agent, in a new conversation where `conversation_id` is None."""

    owner_id: UserId
    agent_id: AgentId
    text: str
    conversation_id: ConversationId | None = None
    parent_id: MessageId | None = None
    """The message this one follows; None means the newest of the conversation."""
    sampling: Sampling | None = None
    """Overrides the agent's own for this turn."""


@dataclass(frozen=True, slots=True)
class TurnStarted:
    """The question is durable; the reply is about to be written."""

    conversation: Conversation
    question: Message
    reply: Message


@dataclass(frozen=True, slots=True)
class PassagesFound:
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class PromptProgress:
    """How much of the prompt the model has read."""

    read_tokens: int
    total_tokens: int


@dataclass(frozen=True, slots=True)
class TokenScore:
    """A token as it is written, and the natural logarithm of its probability."""

    piece: bytes
    """May be a part of a character."""
    logprob: float
    likeliest: tuple[tuple[bytes, float], ...] = ()
    """The tokens that were most likely at this place, best first, with theirs."""


@dataclass(frozen=True, slots=True)
class TextDelta:
    text: str
    scores: tuple[TokenScore, ...] = ()
    """The tokens that begin in this text, where they were asked for."""


@dataclass(frozen=True, slots=True)
class TurnDone:
    """The reply as stored: done or stopped, with citations and record."""

    reply: Message


ChatEvent = TurnStarted | PassagesFound | PromptProgress | TextDelta | TurnDone
