"""Agents as their users decide them, their versions and their lifecycle."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.records.ids import AgentId, AgentVersionId, CollectionId, ModelId, UserId
from core.records.models import EngineOptions
from core.records.retrieval import RetrievalSettings


class AgentType(StrEnum):
    FINE_TUNED = "fine_tuned"
    RAG = "rag"


class DeploymentState(StrEnum):
    STOPPED = "stopped"
    DEPLOYING = "deploying"
    DEPLOYED = "deployed"
    STOPPING = "stopping"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Deployment:
    """Where an agent is in its lifecycle."""

    state: DeploymentState = DeploymentState.STOPPED
    reason: str | None = None
    """Why deploying failed, or why the agent was stopped other than on request."""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the next token is chosen; the names are llama.cpp's."""

    temperature: float = 0.7
    top_p: float = 0.95
    top_k: int = 40
    min_p: float = 0.05
    repeat_penalty: float = 1.1
    frequency_penalty: float = 0.0
    presence_penalty: float = 0.0
    max_tokens: int = 512
    seed: int | None = None
    """None draws a fresh seed for each reply; the seed used is kept with the message."""
    stop: tuple[str, ...] = ()
    json_schema: str | None = None
    """A JSON schema, as JSON, that the whole answer has to follow."""
    grammar: str | None = None
    """A GBNF grammar with the rule `root` that the whole answer has to follow."""
    logit_bias: tuple[tuple[int, float], ...] = ()
    """Token ids and what is added to their logits before anything else."""
    deadline_s: float | None = None
    """Seconds from the request to the end of the answer; what is written by then is kept."""


class ContextPolicy(StrEnum):
    """What happens to old turns once a conversation is longer than the context."""

    DROP_OLDEST = "drop_oldest"
    REFUSE = "refuse"
    KEEP_ENDS = "keep_ends"
    """The first turn stays, since it often sets the task; the ones after it are dropped."""


@dataclass(frozen=True, slots=True)
class Adapter:
    """LoRA weights applied to the agent's model."""

    model: ModelId
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class AgentDraft:
    """What a user decides about an agent; everything else is given by Outpost."""

    name: str
    type: AgentType
    model: ModelId
    description: str = ""
    system_prompt: str = ""
    adapters: tuple[Adapter, ...] = ()
    sampling: Sampling = Sampling()
    context_tokens: int = 4096
    tags: tuple[str, ...] = ()
    collections: tuple[CollectionId, ...] = ()
    retrieval: RetrievalSettings = RetrievalSettings()
    context_policy: ContextPolicy = ContextPolicy.DROP_OLDEST
    engine: EngineOptions = EngineOptions()
    pinned: bool = False
    """Stays deployed: neither idleness nor another agent's deployment stops it."""
    check_before_deploy: bool = False
    """Ask the agent's golden questions while deploying; a wrong answer fails the deployment."""


@dataclass(frozen=True, slots=True)
class Agent:
    """A stored agent at its newest version."""

    id: AgentId
    owner_id: UserId
    version: int
    version_id: AgentVersionId
    draft: AgentDraft
    created_at: datetime
    updated_at: datetime
    deployment: Deployment = Deployment()

    @property
    def name(self) -> str:
        return self.draft.name


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs between two versions of an agent, both values in words."""

    field: str
    """Such as 'system_prompt' or 'sampling.temperature'."""
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class TagCount:
    """A tag in use, and on how many things."""

    tag: str
    count: int
