"""The shapes of responses, made from the core's records."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, field_validator

from core import records
from core.errors import InvalidInput
from core.records import (
    AgentType,
    CitationState,
    ContextPolicy,
    DeploymentState,
    DocumentState,
    KvType,
    LedgerKind,
    MessageState,
    Role,
    Scope,
)

T = TypeVar("T")


class Answer(BaseModel):
    """A response's JSON object; most are read straight from a record's attributes."""

    model_config = ConfigDict(from_attributes=True)


class Page(Answer, Generic[T]):
    """A part of a list; `after=last_id` gives the next where `has_more` is true."""

    object: Literal["list"] = "list"
    data: list[T]
    first_id: str | None = None
    last_id: str | None = None
    has_more: bool = False


class DeploymentAnswer(Answer):
    object: Literal["deployment"] = "deployment"
    agent_id: str
    state: DeploymentState
    reason: str | None
    since: datetime | None

    @classmethod
    def of(cls, agent_id: str, deployment: records.Deployment) -> DeploymentAnswer:
        return cls(agent_id=agent_id, **asdict(deployment))


class SamplingAnswer(Answer):
    temperature: float
    top_p: float
    top_k: int
    min_p: float
    repeat_penalty: float
    frequency_penalty: float
    presence_penalty: float
    max_tokens: int
    seed: int | None
    stop: list[str]
    json_schema: dict[str, Any] | None
    grammar: str | None
    logit_bias: dict[int, float]
    deadline_s: float | None

    @field_validator("json_schema", mode="before")
    @classmethod
    def _parsed(cls, text: str | None) -> Any:
        return json.loads(text) if isinstance(text, str) else text

    @field_validator("logit_bias", mode="before")
    @classmethod
    def _by_token(cls, pairs: Any) -> Any:
        return dict(pairs)


class ParametersAnswer(SamplingAnswer):
    context_tokens: int


class AdapterAnswer(Answer):
    model: str
    scale: float


class RetrievalAnswer(Answer):
    passages: int
    budget_tokens: int
    strict: bool


class EngineAnswer(Answer):
    kv_type: KvType
    gpu_layers: int
    threads: int
    batch_tokens: int
    lock_memory: bool


class AgentAnswer(Answer):
    object: Literal["agent"] = "agent"
    id: str
    version: int
    name: str
    description: str
    type: AgentType
    status: DeploymentState
    status_reason: str | None
    """Why deploying failed, or why the agent was stopped other than on request."""
    model: str
    adapters: list[AdapterAnswer]
    system_prompt: str
    parameters: ParametersAnswer
    tags: list[str]
    collections: list[str]
    retrieval: RetrievalAnswer
    context_policy: ContextPolicy
    engine: EngineAnswer
    pinned: bool
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, agent: records.Agent) -> AgentAnswer:
        draft = agent.draft
        sampling = SamplingAnswer.model_validate(draft.sampling).model_dump()
        return cls(
            id=agent.id,
            version=agent.version,
            name=draft.name,
            description=draft.description,
            type=draft.type,
            status=agent.deployment.state,
            status_reason=agent.deployment.reason,
            model=draft.model,
            adapters=[AdapterAnswer.model_validate(adapter) for adapter in draft.adapters],
            system_prompt=draft.system_prompt,
            parameters=ParametersAnswer(**sampling, context_tokens=draft.context_tokens),
            tags=list(draft.tags),
            collections=list(draft.collections),
            retrieval=RetrievalAnswer.model_validate(draft.retrieval),
            context_policy=draft.context_policy,
            engine=EngineAnswer.model_validate(draft.engine),
            pinned=draft.pinned,
            created_at=agent.created_at,
            updated_at=agent.updated_at,
        )


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
    rank: int
    score: float


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


class MessageAnswer(Answer):
    object: Literal["message"] = "message"
    id: str
    conversation_id: str
    parent_id: str | None
    role: Role
    text: str
    state: MessageState
    created_at: datetime
    agent_version_id: str | None
    citations: list[CitationAnswer]
    record: RecordAnswer | None
    error: str | None


class ConversationAnswer(Answer):
    object: Literal["conversation"] = "conversation"
    id: str
    agent_id: str | None
    agent_name: str
    title: str
    created_at: datetime
    updated_at: datetime
    message_count: int


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


_NO_USAGE, _NO_TIMINGS = records.Usage(), records.Timings()


class CollectionAnswer(Answer):
    object: Literal["collection"] = "collection"
    id: str
    name: str
    description: str
    created_at: datetime
    document_count: int
    ready_count: int
    failed_count: int
    chunk_count: int
    size_bytes: int


class DocumentAnswer(Answer):
    object: Literal["document"] = "document"
    id: str
    collection_id: str
    name: str
    title: str
    media_type: str
    size_bytes: int
    sha256: str
    state: DocumentState
    created_at: datetime
    pages: int | None
    characters: int
    chunk_count: int
    embedded_count: int
    problem: str | None
    reason: str | None


class JobAnswer(Answer):
    object: Literal["job"] = "job"
    id: str
    collection_id: str
    created_at: datetime
    total: int
    done: int
    failed: int
    finished: bool
    skipped: list[str]
    """Names of files whose content the collection already had; they count as done."""


class ModelAnswer(Answer):
    object: Literal["model"] = "model"
    id: str
    name: str
    size_bytes: int
    architecture: str
    quantisation: str
    parameters: int
    context_tokens: int
    has_chat_template: bool
    is_adapter: bool
    is_starter: bool
    usable: bool
    problem: str | None


class TokenAnswer(Answer):
    object: Literal["token"] = "token"
    id: str
    user_id: str
    name: str
    scope: Scope
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class NewTokenAnswer(TokenAnswer):
    secret: str
    """Shown this once; only its SHA-256 is kept."""


class UserAnswer(Answer):
    object: Literal["user"] = "user"
    id: str
    name: str
    is_owner: bool
    created_at: datetime


class StepAnswer(Answer):
    name: str
    state: Literal["waiting", "running", "done", "failed"]
    note: str


class StatusAnswer(Answer):
    object: Literal["status"] = "status"
    version: str
    ready: bool
    """True once every step of starting up has ended."""
    startup: list[StepAnswer]
    user: UserAnswer
    scope: Scope
    deployed: list[str]
    """Names of the user's deployed agents."""
    max_deployed_agents: int


class ErrorDetail(Answer):
    message: str
    type: str
    param: str | None
    code: str
    advice: str


class ErrorAnswer(Answer):
    """How every error is answered."""

    error: ErrorDetail


def page(items: Sequence[T], limit: int, after: str | None) -> Page[T]:
    """Cut a page out of a list of answers; raises InvalidInput for an unknown cursor."""
    ids = [str(getattr(item, "id", "")) for item in items]
    if after is not None and after not in ids:
        raise InvalidInput(f"The list holds no '{after}'.", param="after")
    start = ids.index(after) + 1 if after is not None else 0
    end = start + limit
    shown = ids[start:end]
    return Page(
        data=list(items[start:end]),
        first_id=shown[0] if shown else None,
        last_id=shown[-1] if shown else None,
        has_more=end < len(items),
    )
