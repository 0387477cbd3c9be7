"""The nouns of Outpost as frozen records: what crosses threads, layers and the API.

Records carry no behaviour beyond trivial properties. Times are aware UTC datetimes, offsets are
code points in a document's stored text, sizes are bytes, durations name their unit.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import NewType

UserId = NewType("UserId", str)
TokenId = NewType("TokenId", str)
ModelId = NewType("ModelId", str)
"""The model file's path below its storage folder, with forward slashes."""
AgentId = NewType("AgentId", str)
AgentVersionId = NewType("AgentVersionId", str)
ConversationId = NewType("ConversationId", str)
MessageId = NewType("MessageId", str)
CollectionId = NewType("CollectionId", str)
DocumentId = NewType("DocumentId", str)
ChunkId = NewType("ChunkId", str)
JobId = NewType("JobId", str)
StudyId = NewType("StudyId", str)
FolderId = NewType("FolderId", str)
EmbedderId = NewType("EmbedderId", str)
"""'starter', or the path of a model folder or GGUF file below the models folder."""


def new_id(prefix: str) -> str:
    """Return a fresh identifier such as 'agt_5f2c…' (96 random bits)."""
    return f"{prefix}_{secrets.token_hex(12)}"


def now() -> datetime:
    """Return the present moment as an aware UTC datetime."""
    return datetime.now(UTC)


# ---------------------------------------------------------------- users


class Scope(StrEnum):
    """What a token may do; each includes the ones before it."""

    READ = "read"
    CHAT = "chat"
    MANAGE = "manage"


@dataclass(frozen=True, slots=True)
class User:
    id: UserId
    name: str
    is_owner: bool
    """True for the one user who runs the desktop application."""
    created_at: datetime
    has_password: bool = False
    """Whether the user can log in without having been given a token."""


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token as it is stored: the secret itself is shown once and never kept."""

    id: TokenId
    user_id: UserId
    name: str
    scope: Scope
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None = None
    is_session: bool = False
    """Made by logging in; ends when the password is changed."""


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One entry of the audit log; it names things by their ids and holds nothing of them."""

    seq: int
    at: str
    user_id: UserId | None
    """Who did it; None where nobody can be told, such as at a login that was refused."""
    token_id: TokenId | None
    route: str
    """The way it was done: 'desktop', or a route such as 'POST /agents'."""
    action: str
    """What was done, such as 'token.add'."""
    subject: str
    """The id of the thing it was done to."""
    detail: str
    hash: str


@dataclass(frozen=True, slots=True)
class AuditVerdict:
    """What checking the log's chain found; `broken_at` is the first entry that does not fit."""

    whole: bool
    entries: int
    """How many entries fit, counted from the first."""
    broken_at: int | None
    last_hash: str
    """Of the last entry that fits; noted elsewhere, it shows an end that is cut off later."""


# ---------------------------------------------------------------- models


@dataclass(frozen=True, slots=True)
class Model:
    """A model file as its header describes it; `problem` says why it cannot be used."""

    id: ModelId
    name: str
    path: Path
    size_bytes: int
    architecture: str = ""
    quantisation: str = ""
    parameters: int = 0
    """Number of weights, 0 where the header does not tell."""
    context_tokens: int = 0
    """The context length the model was trained for."""
    has_chat_template: bool = False
    is_adapter: bool = False
    is_starter: bool = False
    problem: str | None = None

    @property
    def usable(self) -> bool:
        return self.problem is None


# ---------------------------------------------------------------- agents


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


DENSE_WEIGHT = 0.28
"""What meaning counts beside words. Over four collections in three languages values from 0.22 to
0.33 do about as well as the best for each."""
MIN_EVIDENCE = 0.22
"""Below this, nothing that was found is evidence; the curve is drawn by the retrieval benchmark."""


@dataclass(frozen=True, slots=True)
class RetrievalSettings:
    """How a RAG agent looks for passages."""

    passages: int = 5
    budget_tokens: int = 1500
    """The most tokens that passages may take in the prompt."""
    strict: bool = False
    """Refuse to answer where no passage was found."""
    refusal: str = ""
    """What a strict agent then says; empty for Outpost's own sentence."""
    whole_documents: bool = True
    """Show the documents found as a whole where they fit into the budget together."""
    dense_weight: float = DENSE_WEIGHT
    """How much meaning counts beside words: 0 goes by words alone, 1 by meaning alone."""
    min_evidence: float = MIN_EVIDENCE
    """From 0 to 1: where not even the best passage reaches it, nothing was found."""
    diversity: float = 0.0
    """From 0 to 1: how much a passage loses for saying what one before it says."""
    join_neighbours: bool = True
    """Show passages that follow each other in a document as one."""
    documents: tuple[DocumentId, ...] = ()
    """Look in these documents only; none means all of the collections."""
    since: datetime | None = None
    """Look only in documents that were added at that time or later."""


class ContextPolicy(StrEnum):
    """What happens to old turns once a conversation is longer than the context."""

    DROP_OLDEST = "drop_oldest"
    REFUSE = "refuse"
    KEEP_ENDS = "keep_ends"
    """The first turn stays, since it often sets the task; the ones after it are dropped."""


class KvType(StrEnum):
    """How precisely a conversation is kept in memory; q8_0 takes about half the room."""

    F16 = "f16"
    Q8_0 = "q8_0"


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """How a model is loaded and run; the defaults suit an ordinary workstation."""

    kv_type: KvType = KvType.F16
    gpu_layers: int = -1
    """Layers on the GPU where there is one: -1 all that fit, 0 none."""
    threads: int = 0
    """CPU threads; 0 takes Outpost's setting."""
    batch_tokens: int = 512
    """Most tokens of a prompt that are read in one step."""
    lock_memory: bool = False
    """Keep the weights from being swapped out."""


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


# ---------------------------------------------------------------- conversations


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


class CitationState(StrEnum):
    VERIFIED = "verified"
    """The answer names the passage itself and shares its words."""
    LINKED = "linked"
    """The answer does not name the passage; Outpost found that it supports the sentence."""
    UNSUPPORTED = "unsupported"
    """The passage that the answer names, or else the one nearest to it, does not support it."""


@dataclass(frozen=True, slots=True)
class PageSpan:
    """Where a page's text lies in the document's stored text: [start, end)."""

    number: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk as retrieved."""

    chunk_id: ChunkId
    document_id: DocumentId
    document_name: str
    collection_id: CollectionId
    text: str
    start: int
    end: int
    first_page: int | None
    last_page: int | None
    heading: str
    rank: int
    """1 is the best."""
    score: float
    lexical_score: float | None = None
    lexical_rank: int | None = None
    vector_score: float | None = None
    vector_rank: int | None = None
    number: int = 0
    """The source number under which it stands in the conversation's prompts; 0 in none."""
    context: str = ""
    """The header of the table whose rows the text goes on with; it stands further up."""
    pages: tuple[PageSpan, ...] = ()
    """Where its pages lie in the document, if it stands on several."""


class Verdict(StrEnum):
    """What became of a chunk that was found."""

    KEPT = "kept"
    JOINED = "joined"
    """It goes on where a kept one ends, or ends where one begins, and is shown with it."""
    NO_EVIDENCE = "no_evidence"
    DUPLICATE = "duplicate"
    """A better one has nearly the same words."""
    BEYOND_LIMIT = "beyond_limit"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A chunk that one of the indexes proposed, and what became of it."""

    passage: Passage
    """With its ranks and scores; its own rank is its place in the fused order."""
    evidence: float
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Inspection:
    """How a search came to its passages."""

    candidates: tuple[Candidate, ...]
    """Best first."""
    min_evidence: float
    with_vectors: bool
    """False where no embedder could be had, and keywords alone decided."""
    reason: str = ""
    """Why a document was not found, in one sentence; empty where it was, or none was asked for."""


@dataclass(frozen=True, slots=True)
class Citation:
    """A link from a span of the answer to a passage that was in the prompt."""

    number: int
    state: CitationState
    document_id: DocumentId
    document_name: str
    chunk_id: ChunkId
    first_page: int | None
    last_page: int | None
    start: int
    end: int
    quote: str
    """The passage's words that support the answer, verbatim from the document."""
    answer_start: int
    answer_end: int
    score: float
    """Share of the sentence's content words found in the passage, 0 to 1."""
    named: bool = True
    """Whether the answer names this source itself."""


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


# ---------------------------------------------------------------- documents


PARTIAL = "partial"
"""The reason of a document that is ready as far as its file could be read."""


class DocumentState(StrEnum):
    QUEUED = "queued"
    PARSING = "parsing"
    INDEXING = "indexing"
    """Its text is stored; keyword search finds it, vectors are being made."""
    READY = "ready"
    FAILED = "failed"
    OFFLINE = "offline"
    """Its drive or folder is not there at the moment; what was read of it is still found."""
    TRASHED = "trashed"
    """Deleted, by its owner or because its file was; it can be restored."""


@dataclass(frozen=True, slots=True)
class Collection:
    id: CollectionId
    owner_id: UserId
    name: str
    description: str
    created_at: datetime
    document_count: int = 0
    ready_count: int = 0
    failed_count: int = 0
    chunk_count: int = 0
    size_bytes: int = 0
    embedder_id: EmbedderId | None = None
    """What makes its vectors; None until the first are made."""
    embedder: str = ""
    """What its vectors depend on: the kind of model, and the SHA-256 of its weights."""
    dimension: int | None = None
    query_prefix: str = ""
    passage_prefix: str = ""
    generation: int = 1
    """Counts how often its vectors were made anew by another embedder."""


@dataclass(frozen=True, slots=True)
class Document:
    id: DocumentId
    collection_id: CollectionId
    owner_id: UserId
    name: str
    path: str
    """Where the file was read from; for uploads, its place in the data folder."""
    media_type: str
    size_bytes: int
    sha256: str
    state: DocumentState
    created_at: datetime
    pages: int | None = None
    characters: int = 0
    chunk_count: int = 0
    embedded_count: int = 0
    problem: str | None = None
    """One sentence on why it failed, and what to do."""
    reason: str | None = None
    """The stable code of the failure, such as 'encrypted'."""
    title: str = ""
    """What the document calls itself; empty where it does not say."""
    parent_id: DocumentId | None = None
    """The mail that it was attached to."""


@dataclass(frozen=True, slots=True)
class HeadingSpan:
    """A heading: its level (1 is the highest), its text and where it stands."""

    level: int
    text: str
    start: int


@dataclass(frozen=True, slots=True)
class TableSpan:
    """Where a table lies in the text, one row a line: [start, end), its header in the first line.

    `header_end` is where the header's line ends; it equals `start` where there is none.
    """

    start: int
    header_end: int
    end: int


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file inside a mail."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """A file's text with its pages (empty for formats that have none), headings and tables."""

    text: str
    media_type: str
    pages: tuple[PageSpan, ...] = ()
    """Pages, slides, sheets or chapters; those of a word processor's file are approximate."""
    headings: tuple[HeadingSpan, ...] = ()
    title: str = ""
    tables: tuple[TableSpan, ...] = ()
    problem: str = ""
    """One sentence on what could not be read of it; empty where all of it was."""
    pages_in_all: int | None = None
    """How many pages the file has, where not all could be read and their number is known."""
    attachments: tuple[Attachment, ...] = ()
    """What is attached to a mail and can be read as a document of its own."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A stored span of a document's text: text == document_text[start:end]."""

    ordinal: int
    text: str
    start: int
    end: int
    first_page: int | None
    last_page: int | None
    heading: str
    context: str = ""
    """The header of the table that the chunk goes on with, where that stands further up."""
    language: str = ""
    """ISO 639-1 code of the language it is written in, empty where that cannot be told."""


@dataclass(frozen=True, slots=True)
class DocumentText:
    """A document's whole text, for showing a passage in its place."""

    document: Document
    text: str
    pages: tuple[PageSpan, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class PageImage:
    """A page as a picture; its width is the one asked for unless that would be too many pixels."""

    png: bytes
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class PageBox:
    """A part of a page that is to be marked, in shares of the page (0 to 1) from its upper left."""

    page: int
    left: float
    top: float
    right: float
    bottom: float


class JobState(StrEnum):
    """What a job is at; whoever pauses or cancels it decides, the rest follows."""

    RUNNING = "running"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    FINISHED = "finished"


class JobKind(StrEnum):
    """What a job makes."""

    INGEST = "ingest"
    REINDEX = "reindex"
    """New vectors by another embedder, for all documents of the collection."""


@dataclass(frozen=True, slots=True)
class IngestJob:
    """The ingest of some files into one collection, or new vectors for all of it."""

    id: JobId
    owner_id: UserId
    collection_id: CollectionId
    created_at: datetime
    total: int
    """Documents; so are `done` and `failed`."""
    done: int
    failed: int
    finished: bool
    """True where nothing more will happen: the job has ended or was cancelled."""
    skipped: tuple[str, ...] = ()
    """Names of files whose content the collection already had; they count as done."""
    state: JobState = JobState.RUNNING
    kind: JobKind = JobKind.INGEST
    pages: int = 0
    """Pages read so far, of documents that have pages."""
    chunks: int = 0
    """Chunks made so far."""
    embedded: int = 0
    """How many of them have their vectors."""
    seconds_left: float | None = None
    """An estimate from the pace so far; None where there is none to go by."""


class FolderState(StrEnum):
    """What a watched folder is at."""

    WATCHED = "watched"
    OFFLINE = "offline"
    """It is not there: its drive is away, or it was moved or deleted."""


@dataclass(frozen=True, slots=True)
class WatchedFolder:
    """A folder whose files a collection follows."""

    id: FolderId
    owner_id: UserId
    collection_id: CollectionId
    path: Path
    ignore: tuple[str, ...]
    """Patterns such as '*.tmp' or 'drafts/'; one without a slash is for names at any depth."""
    state: FolderState
    created_at: datetime
    scanned_at: datetime | None = None
    """When all of it was last looked at."""


class EmbedderKind(StrEnum):
    """What runs an embedding model."""

    TRANSFORMER = "transformer"
    GGUF = "gguf"


@dataclass(frozen=True, slots=True)
class EmbeddingModel:
    """A model that can make a collection's vectors."""

    id: EmbedderId
    name: str
    kind: EmbedderKind
    path: Path
    size_bytes: int
    is_starter: bool = False
    query_prefix: str = ""
    """Put before each question, as the model was trained to see it."""
    passage_prefix: str = ""


@dataclass(frozen=True, slots=True)
class ReindexEstimate:
    """What new vectors for a collection would cost."""

    chunks: int
    seconds: float | None
    """None where the embedder's pace on this machine is not known."""
    bytes: int


# ---------------------------------------------------------------- studies


class StudyKind(StrEnum):
    SUMMARY = "summary"
    """Each document summarised, and one summary of them all."""
    TABLE = "table"
    """A list of questions, each asked of every document."""


class StudyState(StrEnum):
    RUNNING = "running"
    WAITING = "waiting"
    """Its agent is not deployed; it goes on by itself once it is."""
    PAUSED = "paused"
    CANCELLED = "cancelled"
    FINISHED = "finished"


class StudyFormat(StrEnum):
    """What a study can be exported as."""

    CSV = "csv"
    XLSX = "xlsx"
    MARKDOWN = "md"


class CellState(StrEnum):
    WAITING = "waiting"
    DONE = "done"
    NO_EVIDENCE = "no_evidence"
    """The document says nothing about the question."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Study:
    """A long piece of work over many documents, done in steps that survive a restart."""

    id: StudyId
    owner_id: UserId
    kind: StudyKind
    agent_id: AgentId
    agent_name: str
    collection_id: CollectionId | None
    """None where the documents were named one by one."""
    title: str
    questions: tuple[str, ...]
    """Empty for a summary."""
    state: StudyState
    created_at: datetime
    updated_at: datetime
    total: int
    """Cells: documents times questions, or documents for a summary."""
    done: int
    failed: int
    documents: int
    documents_read: int
    documents_unread: int
    """Documents of which something could not be read."""
    text: str = ""
    """The summary of all documents, once it is made."""
    problem: str | None = None
    """Why it waits or has stopped."""

    @property
    def coverage(self) -> str:
        """One line on how much the study rests on: '6 of 120 documents read; 4 could not be'."""
        line = f"{self.documents_read} of {self.documents} documents read"
        return f"{line}; {self.documents_unread} could not be" if self.documents_unread else line


@dataclass(frozen=True, slots=True)
class StudyCell:
    """What one document says to one question, or its summary."""

    ordinal: int
    document_id: DocumentId
    document_name: str
    question: str
    state: CellState
    text: str = ""
    citations: tuple[Citation, ...] = ()
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class GoldenQuestion:
    """A question with what a right answer to it has; whatever is left empty is not asked for."""

    text: str
    document: str = ""
    """The name of a document that has to be cited."""
    page: int | None = None
    """A page of it that has to be among the cited ones."""
    phrase: str = ""
    """Words that the answer has to contain; case and white space do not count."""
    refusal: bool = False
    """The agent has to find no evidence."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """How one golden question was answered."""

    question: GoldenQuestion
    passed: bool
    why: str
    """What was missing; empty where it passed."""
    answer: str
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckRun:
    """All golden questions of an agent, asked of one of its versions."""

    id: str
    agent_id: AgentId
    version: int
    version_id: AgentVersionId
    started_at: datetime
    finished_at: datetime
    results: tuple[CheckResult, ...]

    @property
    def passed(self) -> int:
        return sum(result.passed for result in self.results)

    @property
    def total(self) -> int:
        return len(self.results)


# ---------------------------------------------------------------- the machine


@dataclass(frozen=True, slots=True)
class Device:
    """Something that can run a model, as the engine sees it."""

    name: str
    description: str
    is_gpu: bool
    memory_bytes: int
    free_bytes: int


@dataclass(frozen=True, slots=True)
class Hardware:
    """What this machine offers to a model."""

    processor: str
    physical_cores: int
    logical_cores: int
    features: tuple[str, ...]
    """Instruction sets that the engine's build uses, such as 'AVX2'."""
    memory_bytes: int
    available_bytes: int
    devices: tuple[Device, ...]
    gpu_offload: bool
    """Whether the engine was built with a GPU backend at all."""
    engine: str
    """Name and version of the runtime."""


@dataclass(frozen=True, slots=True)
class MemoryForecast:
    """What deploying an agent would take of the machine's memory, and what is free."""

    needed_bytes: int
    available_bytes: int
    shares_weights: bool
    """True where another deployed agent has loaded the same weights already."""

    @property
    def fits(self) -> bool:
        return self.needed_bytes <= self.available_bytes
