"""What describes an agent, and changes to one."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import Field

from core.api.bodies.base import Body, Flag, Name, Number, OnlyNumber, Text, Whole
from core.records import (
    DENSE_WEIGHT,
    MIN_EVIDENCE,
    Adapter,
    AgentDraft,
    AgentType,
    ContextPolicy,
    KvType,
    ModelId,
    RetrievalSettings,
    Sampling,
)


class SamplingBody(Body):
    """How the next token is chosen; what is left out stays as it is."""

    temperature: Number = Field(default=0.7, description="0 always takes the likeliest token")
    top_p: Number = 0.95
    top_k: Whole = Field(default=40, description="0 means no limit")
    min_p: Number = 0.05
    repeat_penalty: Number = 1.1
    frequency_penalty: Number = 0.0
    presence_penalty: Number = 0.0
    max_tokens: Whole = Field(default=512, description="the most tokens of an answer")
    seed: Whole | None = Field(default=None, description="null draws a fresh one for each reply")
    stop: list[Text] = Field(default=[], description="texts that end the answer")
    json_schema: dict[str, Any] | None = Field(
        default=None, description="a JSON schema that the whole answer has to follow"
    )
    grammar: Text | None = Field(
        default=None, description="a GBNF grammar that the whole answer has to follow"
    )
    logit_bias: dict[int, Number] = Field(
        default={},
        description="token ids and what is added to their logits",
        json_schema_extra={"propertyNames": {"pattern": "^[0-9]{1,9}$"}},
    )
    deadline_s: Number | None = Field(
        default=None, description="seconds until the answer ends; what is written is kept"
    )

    def over(self, sampling: Sampling) -> Sampling:
        """Return the sampling with the fields that were sent."""
        changed = {name: value for name, value in self.given().items() if name != "context_tokens"}
        if "stop" in changed:
            changed["stop"] = tuple(changed["stop"])
        if changed.get("json_schema") is not None:
            changed["json_schema"] = json.dumps(changed["json_schema"], ensure_ascii=False)
        if "logit_bias" in changed:
            changed["logit_bias"] = tuple(changed["logit_bias"].items())
        return replace(sampling, **changed)


class ParametersBody(SamplingBody):
    """An agent's sampling and the size of its context."""

    context_tokens: Whole = 4096


class AdapterBody(Body):
    """LoRA weights applied to the model."""

    model: Text
    scale: Number = 1.0


class RetrievalBody(Body):
    """How a RAG agent looks for passages; what is left out stays as it is."""

    passages: Whole = 5
    budget_tokens: Whole = Field(default=1500, description="the most tokens that passages may take")
    strict: Flag = Field(default=False, description="refuse to answer where no passage was found")
    refusal: Text = Field(default="", description="what is then said; '' for Outpost's sentence")
    whole_documents: Flag = Field(
        default=True, description="show the documents found as a whole where all of them fit"
    )
    dense_weight: Number = Field(
        default=DENSE_WEIGHT, description="meaning beside words: 0 words alone, 1 meaning alone"
    )
    min_evidence: Number = Field(
        default=MIN_EVIDENCE, description="what the best passage must reach, from 0 to 1"
    )
    diversity: Number = Field(
        default=0.0, description="what a passage loses for repeating others, from 0 to 1"
    )
    join_neighbours: Flag = Field(
        default=True, description="show passages that follow each other as one"
    )
    documents: list[Text] = Field(default=[], description="ids to look in; none means all")
    tags: list[Text] = Field(
        default=[], description="look only in documents with one of them; none means in all"
    )
    since: datetime | None = Field(
        default=None, description="look only in documents added then or later"
    )
    reranker: Text = Field(
        default="", description="orders the best passages, an id as in GET /rerankers; '' for none"
    )

    def over(self, settings: RetrievalSettings) -> RetrievalSettings:
        """Return the settings with the fields that were sent."""
        changed = self.given()
        for name in changed.keys() & {"documents", "tags"}:
            changed[name] = tuple(changed[name])
        if (since := changed.get("since")) is not None and since.tzinfo is None:
            changed["since"] = since.replace(tzinfo=UTC)
        return replace(settings, **changed)


class EngineBody(Body):
    """How the model is loaded and run; what is left out stays as it is."""

    kv_type: KvType = Field(default=KvType.F16, description="q8_0 takes half the memory")
    gpu_layers: Whole = Field(default=-1, description="-1 all that fit, 0 none")
    threads: Whole = Field(default=0, description="0 takes the installation's setting")
    batch_tokens: Whole = 512
    map_file: Flag = Field(default=True, description="false reads all of it: slower to load")
    lock_memory: Flag = False


class AgentBody(Body):
    """A new agent."""

    name: Name
    type: AgentType
    model: Text = Field(description="a model's id, as GET /models lists it")
    description: Text = ""
    system_prompt: Text = ""
    adapters: list[AdapterBody] = Field(default=[])
    parameters: ParametersBody = ParametersBody()
    tags: list[Text] = Field(default=[])
    collections: list[Text] = Field(default=[], description="ids of the collections of a RAG agent")
    retrieval: RetrievalBody = RetrievalBody()
    context_policy: ContextPolicy = Field(
        default=ContextPolicy.DROP_OLDEST,
        description="what happens to old turns once a conversation outgrows the context",
    )
    engine: EngineBody = EngineBody()
    pinned: Flag = Field(
        default=False, description="neither idleness nor another deployment stops it"
    )
    check_before_deploy: Flag = Field(
        default=False, description="a deployment fails where a golden question is answered wrongly"
    )

    def draft(self) -> AgentDraft:
        """Return what the core stores."""
        blank = AgentDraft(name=self.name, type=self.type, model=ModelId(self.model))
        return _drafted(self, blank)


class AgentChangeBody(Body):
    """Changes to an agent; what is left out stays as it is."""

    name: Name = ""
    type: AgentType = AgentType.FINE_TUNED
    model: Text = ""
    description: Text = ""
    system_prompt: Text = ""
    adapters: list[AdapterBody] = Field(default=[])
    parameters: ParametersBody = ParametersBody()
    tags: list[Text] = Field(default=[])
    collections: list[Text] = Field(default=[])
    retrieval: RetrievalBody = RetrievalBody()
    context_policy: ContextPolicy = ContextPolicy.DROP_OLDEST
    engine: EngineBody = EngineBody()
    pinned: Flag = False
    check_before_deploy: Flag = False

    def over(self, draft: AgentDraft) -> AgentDraft:
        """Return the draft with the fields that were sent."""
        return _drafted(self, draft)


def _drafted(body: AgentBody | AgentChangeBody, draft: AgentDraft) -> AgentDraft:
    changed = body.given()
    parameters = changed.pop("parameters", None)
    if parameters is not None:
        changed["sampling"] = parameters.over(draft.sampling)
        if "context_tokens" in parameters.model_fields_set:
            changed["context_tokens"] = parameters.context_tokens
    if "retrieval" in changed:
        changed["retrieval"] = changed["retrieval"].over(draft.retrieval)
    if "engine" in changed:
        changed["engine"] = replace(draft.engine, **changed["engine"].given())
    if "adapters" in changed:
        changed["adapters"] = tuple(
            Adapter(ModelId(adapter.model), adapter.scale) for adapter in changed["adapters"]
        )
    for name in ("tags", "collections"):
        if name in changed:
            changed[name] = tuple(changed[name])
    return replace(draft, **changed)


class CloneBody(Body):
    """The copy of an agent."""

    name: Text = Field(default="", max_length=80, description="empty for a name that is free")


class RollbackBody(Body):
    """The version that an agent goes back to."""

    version: Annotated[int, Field(ge=1, le=2**53), OnlyNumber]
