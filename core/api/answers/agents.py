"""The shapes of agents and of their deployment."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal

from pydantic import field_validator

from core import records
from core.api.answers.base import Answer
from core.records import AgentType, ContextPolicy, DeploymentState, KvType


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
    refusal: str
    whole_documents: bool
    dense_weight: float
    min_evidence: float
    diversity: float
    join_neighbours: bool
    documents: list[str]
    tags: list[str]
    since: datetime | None
    reranker: str


class EngineAnswer(Answer):
    kv_type: KvType
    gpu_layers: int
    threads: int
    batch_tokens: int
    map_file: bool
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
    check_before_deploy: bool
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
            check_before_deploy=draft.check_before_deploy,
            created_at=agent.created_at,
            updated_at=agent.updated_at,
        )


class VersionAnswer(AgentAnswer):
    """An agent as it was at one version; `id` is the version's."""

    object: Literal["agent.version"] = "agent.version"  # type: ignore[assignment]
    agent_id: str

    @classmethod
    def of_version(cls, agent: records.Agent) -> VersionAnswer:
        fields = AgentAnswer.of(agent).model_dump()
        fields.update(object="agent.version", id=agent.version_id, agent_id=agent.id)
        return cls(**fields)


class FieldChangeAnswer(Answer):
    object: Literal["agent.change"] = "agent.change"
    field: str
    before: str
    after: str


class TagAnswer(Answer):
    tag: str
    count: int


class TagsAnswer(Answer):
    """Every tag in use."""

    object: Literal["tags"] = "tags"
    agents: list[TagAnswer]
    conversations: list[str]
    documents: list[str]
