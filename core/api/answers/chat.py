"""The shapes of conversations, messages and replies with their account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from core import records
from core.api.answers.agents import SamplingAnswer
from core.api.answers.base import Answer
from core.records import CitationState, Evidence, LedgerKind, MessageState, Role, Verdict


class UsageAnswer(Answer):
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int


class TimingsAnswer(Answer):
    first_token_ms: float
    prompt_ms: float
    generation_ms: float
    tokens_per_s: float


class LedgerEntryAnswer(Answer):
    kind: LedgerKind
    label: str
    tokens: int
    included: bool


class LedgerAnswer(Answer):
    """What the model saw, what was left out, and what room was left."""

    context_tokens: int
    reserved_tokens: int
    used_tokens: int
    truncated: bool
    entries: list[LedgerEntryAnswer]
    evidence: Evidence


class CitationAnswer(Answer):
    number: int
    state: CitationState
    document_id: str
    document_name: str
    chunk_id: str
    first_page: int | None
    last_page: int | None
    start: int
    end: int
    quote: str
    answer_start: int
    answer_end: int
    score: float
    named: bool


class PassageAnswer(Answer):
    chunk_id: str
    document_id: str
    document_name: str
    collection_id: str
    text: str
    start: int
    end: int
    first_page: int | None
    last_page: int | None
    heading: str
    context: str
    """The header of the table whose rows the text goes on with, where it stands further up."""
    rank: int
    score: float
    number: int
    """The source number under which it stands in the conversation; 0 in none."""


class RankedPassageAnswer(PassageAnswer):
    """A passage with its place in each index; null where an index did not propose it."""

    lexical_score: float | None
    lexical_rank: int | None
    vector_score: float | None
    vector_rank: int | None
    rerank_score: float | None


class CandidateAnswer(Answer):
    """A chunk that one of the indexes proposed, and what became of it."""

    passage: RankedPassageAnswer
    evidence: float
    verdict: Verdict


class InspectionAnswer(Answer):
    """How a search came to its passages; candidates are in order, the best first."""

    object: Literal["search.inspection"] = "search.inspection"
    candidates: list[CandidateAnswer]
    min_evidence: float
    with_vectors: bool
    """False where no embedder could be had, and keywords alone decided."""
    reason: str
    """Why a document was not found; empty where it was, or none was asked for."""


class RecordAnswer(Answer):
    """What explains an answer: model, parameters, seed, counts, timings and ledger."""

    model: str
    model_sha256: str
    sampling: SamplingAnswer
    seed: int
    context_tokens: int
    prompt_sha256: str
    finish_reason: str
    usage: UsageAnswer
    timings: TimingsAnswer
    ledger: LedgerAnswer | None
    turns_left_out: int
    continued_at: list[int]


class MessageAnswer(Answer):
    object: Literal["message"] = "message"
    id: str
    conversation_id: str
    parent_id: str | None
    """The message that this one follows; null for the first of a conversation."""
    role: Role
    text: str
    state: MessageState
    created_at: datetime
    agent_version_id: str | None
    citations: list[CitationAnswer]
    record: RecordAnswer | None
    error: str | None
    siblings: list[str]
    """The versions of this message, itself among them, oldest first."""


class ConversationAnswer(Answer):
    object: Literal["conversation"] = "conversation"
    id: str
    agent_id: str | None
    agent_name: str
    title: str
    created_at: datetime
    updated_at: datetime
    message_count: int
    pinned: bool
    tags: list[str]
    deleted_at: datetime | None


class HitAnswer(Answer):
    """A conversation that a search found; the words stand at `marks` in the snippet."""

    object: Literal["conversation.hit"] = "conversation.hit"
    conversation: ConversationAnswer
    message_id: str | None
    snippet: str
    marks: list[tuple[int, int]]


class ThreadAnswer(ConversationAnswer):
    """A conversation with the messages of its newest branch, oldest first."""

    messages: list[MessageAnswer]

    @classmethod
    def of(
        cls, conversation: records.Conversation, messages: Sequence[records.Message]
    ) -> ThreadAnswer:
        return cls(
            **ConversationAnswer.model_validate(conversation).model_dump(),
            messages=[MessageAnswer.model_validate(message) for message in messages],
        )


_NO_USAGE, _NO_TIMINGS = records.Usage(), records.Timings()


class ChatAnswer(Answer):
    object: Literal["chat.reply"] = "chat.reply"
    conversation_id: str
    message: MessageAnswer
    citations: list[CitationAnswer]
    finish_reason: str
    usage: UsageAnswer
    timings: TimingsAnswer
    ledger: LedgerAnswer | None
    truncated: bool
    """True where a turn or passage did not fit and was left out; the ledger says which."""

    @classmethod
    def of(cls, reply: records.Message) -> ChatAnswer:
        message = MessageAnswer.model_validate(reply)
        record = message.record
        ledger = record.ledger if record else None
        return cls(
            conversation_id=reply.conversation_id,
            message=message,
            citations=message.citations,
            finish_reason=record.finish_reason if record else "stop",
            usage=UsageAnswer.model_validate(reply.record.usage if reply.record else _NO_USAGE),
            timings=TimingsAnswer.model_validate(
                reply.record.timings if reply.record else _NO_TIMINGS
            ),
            ledger=ledger,
            truncated=ledger is not None and ledger.truncated,
        )
