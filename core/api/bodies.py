"""The shapes of requests: what a client may send, field by field.

A field that does not exist is refused rather than ignored, so that a misspelt one is noticed.
Ranges are checked by the core, which says the same to the window.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from core.agents.validation import RANGES
from core.api.paths import ABSOLUTE
from core.records import (
    DENSE_WEIGHT,
    MIN_EVIDENCE,
    Adapter,
    AgentDraft,
    AgentId,
    AgentType,
    Ask,
    BundleWish,
    CollectionId,
    ContextPolicy,
    ConversationId,
    GoldenQuestion,
    KvType,
    MessageId,
    ModelId,
    RetrievalSettings,
    Sampling,
    Scope,
    UserId,
)

JsonDict = dict[str, Any]
ONE_LINE = r"^[^\x00-\x1f\x7f-\x9f]*[^\x00-\x20\x7f-\x9f\s][^\x00-\x1f\x7f-\x9f]*$"


def _storable(text: str) -> str:
    if "\0" in text:
        raise ValueError("it holds a NUL character")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("it holds half of a character pair")
    return text


def _number(value: object) -> object:
    """Refuse what Python takes for a number and JSON does not."""
    if isinstance(value, (bool, str, bytes)):
        raise ValueError("it is no number")
    return value


# Limits come before the validator: behind it they would not be in the OpenAPI document.
Text = Annotated[
    str, Field(json_schema_extra={"pattern": r"^[^\u0000]*$"}), AfterValidator(_storable)
]
"""Text that the store can hold."""
Words = Annotated[str, Field(pattern=r"[^\x00-\x20\s]"), AfterValidator(_storable)]
"""Text with something in it."""
Flag = Annotated[bool, Field(strict=True)]
OnlyNumber = BeforeValidator(_number)
Number = Annotated[float, Field(allow_inf_nan=False), OnlyNumber]
Whole = Annotated[int, Field(ge=-(2**53), le=2**53), OnlyNumber]
LocalPath = Annotated[str, Field(max_length=4096, pattern=ABSOLUTE), AfterValidator(_storable)]
"""An absolute path of this machine."""
Name = Annotated[str, Field(max_length=80, pattern=ONE_LINE), AfterValidator(_storable)]
"""One line with something in it."""
TokenName = Annotated[Name, Field(max_length=64)]
Password = Annotated[Text, Field(min_length=8, max_length=1000)]
Tag = Annotated[Name, Field(max_length=40)]


def ranges_of(*names: str) -> Callable[[JsonDict], None]:
    """Return what puts the core's ranges of these fields into a body's JSON schema."""

    def add(schema: JsonDict) -> None:
        for name in schema.get("properties", {}).keys() & names:
            limits = {"minimum": RANGES[name].low, "maximum": RANGES[name].high}
            schema["properties"][name] |= limits

    return add


class Body(BaseModel):
    """A request's JSON object."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=ranges_of(*RANGES))

    def given(self) -> dict[str, Any]:
        """Return the fields that the client sent."""
        return {name: getattr(self, name) for name in self.model_fields_set}


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
    adapters: list[AdapterBody] = []
    parameters: ParametersBody = ParametersBody()
    tags: list[Text] = []
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
    adapters: list[AdapterBody] = []
    parameters: ParametersBody = ParametersBody()
    tags: list[Text] = []
    collections: list[Text] = []
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


class ChatBody(Body):
    """A question to a deployed agent."""

    agent_id: Text
    message: Words = Field(max_length=400_000)
    conversation_id: Text | None = Field(default=None, description="null begins a new one")
    parent_id: Text | None = Field(
        default=None, description="the message that this one follows; null means the newest"
    )
    parameters: SamplingBody | None = Field(default=None, description="for this reply only")
    stream: Flag = Field(default=False, description="answer as server-sent events")

    def ask(self, owner_id: UserId, sampling: Sampling) -> Ask:
        """Return the question; `sampling` is the agent's own, which the body may override."""
        return Ask(
            owner_id=owner_id,
            agent_id=AgentId(self.agent_id),
            text=self.message,
            conversation_id=ConversationId(self.conversation_id) if self.conversation_id else None,
            parent_id=MessageId(self.parent_id) if self.parent_id else None,
            sampling=self.parameters.over(sampling) if self.parameters else None,
        )


class EditBody(Body):
    """A question in other words."""

    message: Words = Field(max_length=400_000)
    stream: Flag = Field(default=False, description="answer as server-sent events")


class AgainBody(Body):
    """How to answer once more."""

    stream: Flag = Field(default=False, description="answer as server-sent events")


class ConversationChangeBody(Body):
    """Changes to a conversation; what is left out stays as it is."""

    title: Name | None = Field(default=None, max_length=80)
    pinned: Flag | None = None
    tags: list[Tag] | None = Field(default=None, description="all of its tags from now on")


class CloneBody(Body):
    """The copy of an agent."""

    name: Text = Field(default="", max_length=80, description="empty for a name that is free")


class RollbackBody(Body):
    """The version that an agent goes back to."""

    version: Annotated[int, Field(ge=1, le=2**53), OnlyNumber]


class CollectionBody(Body):
    """A new collection."""

    name: Name
    description: Text = ""


class DocumentChangeBody(Body):
    """Changes to a document; what is left out stays as it is."""

    tags: list[Tag] | None = Field(default=None, description="all of its tags from now on")


class PathsBody(Body):
    """Files and folders of this machine to be read."""

    paths: list[LocalPath] = Field(min_length=1, max_length=1000, description="absolute paths")


class FolderBody(Body):
    """A folder of this machine that a collection follows."""

    path: LocalPath
    ignore: list[Text] = Field(
        default=[], max_length=100, description="patterns such as '*.tmp' or 'drafts/'"
    )


class ReindexBody(Body):
    """What makes a collection's vectors from now on."""

    embedder: Text = Field(description="an embedder's id, as GET /embedders lists it")


class SearchBody(Body):
    """Words to look for in collections, without asking a model."""

    query: Text
    collections: list[Text] = Field(default=[], description="ids; none means all of them")
    limit: Annotated[int, Field(ge=1, le=50), OnlyNumber] = 5


class InspectBody(Body):
    """A search to be looked into: as an agent would search, or with settings of its own."""

    query: Text
    agent_id: Text | None = Field(
        default=None, description="search as this agent does, in its collections"
    )
    collections: list[Text] = Field(
        default=[], description="ids; none means the agent's, or without an agent all of them"
    )
    document_id: Text | None = Field(
        default=None, description="show this document's chunks, and why they are not found"
    )
    retrieval: RetrievalBody = RetrievalBody()


class ImportBody(Body):
    """A model file of this machine to be copied into the models folder."""

    path: LocalPath


class AcceptBody(Body):
    """A model whose file was replaced on purpose."""

    model: Text


class BundleBody(Body):
    """What to put into a bundle; null means all of its kind."""

    agents: list[Text] | None = Field(default=None, max_length=10_000)
    collections: list[Text] | None = Field(default=None, max_length=10_000)
    models: Flag = False
    """Also the model files of the agents, the starter's left out."""

    def wish(self) -> BundleWish:
        agents = None if self.agents is None else tuple(map(AgentId, self.agents))
        ids = self.collections
        collections = None if ids is None else tuple(map(CollectionId, ids))
        return BundleWish(agents, collections, self.models)


class BundlePathBody(Body):
    """A bundle of this machine."""

    path: LocalPath


class BundleImportBody(BundlePathBody):
    """A bundle of this machine, and which of its items to bring in; null means all that is new."""

    items: list[Text] | None = Field(default=None, max_length=10_000)


class TokenBody(Body):
    """A new token."""

    name: TokenName
    scope: Scope = Scope.READ
    days: Annotated[int, Field(ge=1, le=3650), OnlyNumber] | None = Field(
        default=None, description="how long it is valid; null means until revoked"
    )
    user: Text | None = Field(
        default=None, description="whose it is; only the owner may name others"
    )


class UserBody(Body):
    """A new user."""

    name: TokenName
    password: Password | None = Field(
        default=None, description="8 characters or more; null for one who is given tokens"
    )


class PasswordBody(Body):
    """A user's new password."""

    password: Password | None = Field(description="8 characters or more; null takes it away")
    current_password: Text = Field(
        default="", description="wanted from everybody but the owner of this installation"
    )


class SettingsBody(Body):
    """Changed settings; what is left out stays as it is."""

    max_deployed_agents: Annotated[int, Field(ge=1, le=64), OnlyNumber] | None = None
    agent_timeout_s: Annotated[int, Field(ge=0, le=604_800), OnlyNumber] | None = None
    stop_least_used: Flag | None = None
    port: Annotated[int, Field(ge=0, le=65_535), OnlyNumber] | None = None
    threads: Annotated[int, Field(ge=0, le=512), OnlyNumber] | None = None
    slots: Annotated[int, Field(ge=1, le=64), OnlyNumber] | None = None


class StudyBody(Body):
    """Work over many documents: a summary, or with questions a table of answers."""

    agent_id: Text
    document_ids: list[Text] = Field(default=[], max_length=10_000)
    collection_id: Text | None = Field(default=None, description="all of its documents instead")
    questions: list[Words] = Field(default=[], max_length=50, description="none for a summary")


class QuestionBody(Body):
    """A golden question: what a right answer to it has; what is left empty is not asked for."""

    text: Words
    document: Text = Field(default="", description="the name of a document that has to be cited")
    page: Annotated[int, Field(ge=1, le=2**31), OnlyNumber] | None = None
    phrase: Text = Field(default="", description="words that the answer has to contain")
    refusal: Flag = Field(default=False, description="the agent has to find no evidence")

    def question(self) -> GoldenQuestion:
        """Return what the core stores."""
        return GoldenQuestion(**self.model_dump())


class QuestionsBody(Body):
    """All golden questions of an agent."""

    questions: list[QuestionBody] = Field(max_length=1000)
