"""Messages, what came with a reply, and the ledger of what the model saw."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.records.agents import Sampling
from core.records.ids import AgentVersionId, ConversationId, MessageId, ModelId
from core.records.retrieval import Citation, Passage


class Role(StrEnum):
    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"
    """What a client's function returned; only in histories that clients bring."""


class MessageState(StrEnum):
    STREAMING = "streaming"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    """The process ended while the reply was being written."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A function of the client's that a model may ask for."""

    name: str
    description: str = ""
    parameters: str = "{}"
    """A JSON schema of its arguments, as JSON."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A model's wish to have a function called."""

    id: str
    name: str
    arguments: str
    """A JSON object, as JSON."""


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One role's text as a chat template sees it."""

    role: Role
    text: str
    tool_calls: tuple[ToolCall, ...] = ()
    """What an assistant's message asked for."""
    tool_call_id: str = ""
    """Which of these calls the text of a tool answers."""


@dataclass(frozen=True, slots=True)
class Usage:
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    """How many of the prompt's tokens were already in the KV cache."""


@dataclass(frozen=True, slots=True)
class Timings:
    first_token_ms: float = 0.0
    """From the request to the first token, queueing and retrieval included."""
    prompt_ms: float = 0.0
    generation_ms: float = 0.0
    tokens_per_s: float = 0.0


class LedgerKind(StrEnum):
    SYSTEM = "system"
    HISTORY = "history"
    PASSAGE = "passage"
    QUESTION = "question"
    TEMPLATE = "template"
    """What the chat template adds around the parts."""
    ANSWER = "answer"
    """What an answer that is continued holds already."""


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One part of the prompt, or one that was left out because it did not fit."""

    kind: LedgerKind
    label: str
    tokens: int
    included: bool = True


class Evidence(StrEnum):
    """What the documents had to say to a question."""

    NOT_SOUGHT = "not_sought"
    """The agent has no documents."""
    SHOWN = "shown"
    """At least one passage that was found is in the prompt."""
    NOTHING_FOUND = "nothing_found"
    NOTHING_FITS = "nothing_fits"
    """Passages were found, but none of them fits into the prompt."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """What the model saw, what it did not see, and what room was left."""

    context_tokens: int
    reserved_tokens: int
    """Kept free for the answer."""
    entries: tuple[LedgerEntry, ...] = ()
    evidence: Evidence = Evidence.NOT_SOUGHT

    @property
    def used_tokens(self) -> int:
        return sum(entry.tokens for entry in self.entries if entry.included)

    @property
    def truncated(self) -> bool:
        """True where a turn or passage was left out."""
        return any(not entry.included for entry in self.entries)


@dataclass(frozen=True, slots=True)
class AnswerRecord:
    """Everything needed to explain, and as far as numerics allow repeat, one answer."""

    model: ModelId
    model_sha256: str
    sampling: Sampling
    seed: int
    context_tokens: int
    prompt_sha256: str
    finish_reason: str
    """'stop', 'length', 'cancelled', 'deadline', 'no_evidence' or 'error'."""
    usage: Usage = Usage()
    timings: Timings = Timings()
    ledger: Ledger | None = None
    passages: tuple[Passage, ...] = ()
    """All that were in the prompt, those of earlier turns included, by their numbers."""
    turns_left_out: int = 0
    """How many of the conversation's turns were too old to be in the prompt."""
    continued_at: tuple[int, ...] = ()
    """Where in the text an answer that had been cut off was continued."""


@dataclass(frozen=True, slots=True)
class Message:
    id: MessageId
    conversation_id: ConversationId
    parent_id: MessageId | None
    role: Role
    text: str
    state: MessageState
    created_at: datetime
    agent_version_id: AgentVersionId | None = None
    citations: tuple[Citation, ...] = ()
    record: AnswerRecord | None = None
    error: str | None = None
    siblings: tuple[MessageId, ...] = ()
    """The versions of this message, itself among them, oldest first: edits of a question,
    answers to the same question."""
