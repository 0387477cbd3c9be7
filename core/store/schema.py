"""The tables, as SQLAlchemy Core sees them; `migrations/` is what creates them on disk.

A test compares both, so that neither can drift. Every user-owned table has `owner_id`. Times are
ISO 8601 in UTC, so that they sort as text. `message.seq` is an INTEGER PRIMARY KEY because the
full-text index refers to it and a plain rowid may change on VACUUM.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id() -> Column[str]:
    return Column("id", String, primary_key=True)


def _owner() -> Column[str]:
    return Column("owner_id", ForeignKey("user.id"), nullable=False, index=True)


def _time(name: str, *, optional: bool = False) -> Column[str]:
    return Column(name, String, nullable=optional)


user = Table(
    "user",
    metadata,
    _id(),
    Column("name", String, nullable=False, unique=True),
    Column("is_owner", Boolean, nullable=False),
    Column("password_hash", String),
    _time("created_at"),
)

api_token = Table(
    "api_token",
    metadata,
    _id(),
    Column("user_id", ForeignKey("user.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("name", String, nullable=False),
    Column("scope", String, nullable=False),
    Column("secret_sha256", String, nullable=False, unique=True),
    _time("created_at"),
    _time("expires_at", optional=True),
    _time("last_used_at", optional=True),
    _time("revoked_at", optional=True),
    Column("is_session", Boolean, nullable=False),
)

model = Table(
    "model",
    metadata,
    _id(),
    Column("path", String, nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("modified_ns", Integer, nullable=False),
    Column("header_json", Text, nullable=False),
    Column("sha256", String),
)

model_pin = Table(
    "model_pin",
    metadata,
    Column("model_id", String, primary_key=True),
    Column("sha256", String, nullable=False),
    _time("created_at"),
)
"""The content with which a model was first used; it outlives the file, so that one that comes back
after its drive was away is still known."""

agent = Table(
    "agent",
    metadata,
    _id(),
    _owner(),
    Column("version", Integer, nullable=False),
    _time("created_at"),
    _time("updated_at"),
    _time("deleted_at", optional=True),
)

agent_version = Table(
    "agent_version",
    metadata,
    _id(),
    Column("agent_id", ForeignKey("agent.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("name", String, nullable=False),
    Column("type", String, nullable=False),
    Column("draft_json", Text, nullable=False),
    _time("created_at"),
    UniqueConstraint("agent_id", "number"),
)

agent_tag = Table(
    "agent_tag",
    metadata,
    Column("agent_id", ForeignKey("agent.id", ondelete="CASCADE"), primary_key=True),
    Column("tag", String, primary_key=True, index=True),
)

collection = Table(
    "collection",
    metadata,
    _id(),
    _owner(),
    Column("name", String, nullable=False),
    Column("description", Text, nullable=False),
    Column("embedder", String, nullable=False),
    Column("embedder_id", String),
    Column("dimension", Integer),
    Column("query_prefix", String),
    Column("passage_prefix", String),
    Column("generation", Integer, nullable=False),
    _time("created_at"),
    _time("deleted_at", optional=True),
)

agent_collection = Table(
    "agent_collection",
    metadata,
    Column("agent_id", ForeignKey("agent.id", ondelete="CASCADE"), primary_key=True),
    Column("collection_id", ForeignKey("collection.id"), primary_key=True, index=True),
)

ingest_job = Table(
    "ingest_job",
    metadata,
    _id(),
    _owner(),
    Column("collection_id", ForeignKey("collection.id"), nullable=False, index=True),
    Column("kind", String, nullable=False),
    Column("state", String, nullable=False),
    Column("embedder_id", String),
    Column("generation", Integer),
    Column("skipped_json", Text, nullable=False),
    _time("created_at"),
)
"""Counts are not kept: they are those of the job's documents. `skipped_json` lists the names of
files that needed no work because the collection already had their content. `state` is what was
decided; that a job has finished follows from its documents. `embedder_id` and `generation` belong
to a job of new vectors."""

watched_folder = Table(
    "watched_folder",
    metadata,
    _id(),
    _owner(),
    Column(
        "collection_id",
        ForeignKey("collection.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("path", String, nullable=False),
    Column("ignore_json", Text, nullable=False),
    Column("is_offline", Boolean, nullable=False),
    _time("created_at"),
    _time("scanned_at", optional=True),
)

document = Table(
    "document",
    metadata,
    _id(),
    _owner(),
    Column("collection_id", ForeignKey("collection.id"), nullable=False),
    Column("job_id", ForeignKey("ingest_job.id"), index=True),
    Column("parent_id", String, index=True),
    Column("name", String, nullable=False),
    Column("path", String, nullable=False),
    Column("media_type", String, nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("modified_ns", Integer, nullable=False),
    Column("identity", String, nullable=False),
    Column("sha256", String, nullable=False),
    Column("state", String, nullable=False),
    Column("title", Text, nullable=False),
    Column("pages", Integer),
    Column("characters", Integer, nullable=False),
    Column("chunk_count", Integer, nullable=False),
    Column("embedded_count", Integer, nullable=False),
    Column("problem", Text),
    Column("reason", String),
    Column("unread", Text),
    _time("created_at"),
    _time("offline_at", optional=True),
    _time("deleted_at", optional=True),
    Column("deleted_why", String),
    Index("ix_document_collection_id", "collection_id", "state"),
    Index("ix_document_path", "path", "collection_id"),
    Index("ix_document_sha256", "sha256", "collection_id"),
)
"""`chunk_count` and `embedded_count` are written in the transaction that writes the rows they
count: a list of documents must not read every chunk."""
"""`problem` and `reason` say what stands in the way of a document; `unread`, which parts of a
file could not be read, is true for as long as its text stands."""
"""`parent_id` is the mail that a document was attached to; it goes to the trash with it."""
"""`identity` names device and file ('64:1234'), so that a renamed file is known again and a drive
that was taken away is told from files that were deleted; '' where that is not known."""

document_tag = Table(
    "document_tag",
    metadata,
    Column("document_id", ForeignKey("document.id", ondelete="CASCADE"), primary_key=True),
    Column("tag", String, primary_key=True, index=True),
)

file_copy = Table(
    "file_copy",
    metadata,
    Column("collection_id", ForeignKey("collection.id", ondelete="CASCADE"), primary_key=True),
    Column("path", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("modified_ns", Integer, nullable=False),
    Column("identity", String, nullable=False),
    Column("sha256", String, nullable=False),
    Index("ix_file_copy_sha256", "sha256", "collection_id"),
)
"""Files whose content a document of the collection already has: known, so that looking again costs
a stat, and ready to stand in for the document's own file when that goes."""

document_text = Table(
    "document_text",
    metadata,
    Column("document_id", ForeignKey("document.id", ondelete="CASCADE"), primary_key=True),
    Column("text", Text, nullable=False),
    Column("pages_json", Text, nullable=False),
    Column("headings_json", Text, nullable=False),
    Column("tables_json", Text, nullable=False),
)
"""Pages, headings and tables are kept so that a new way of chunking needs no new parsing."""

chunk = Table(
    "chunk",
    metadata,
    _id(),
    Column("document_id", ForeignKey("document.id", ondelete="CASCADE"), nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("first_page", Integer),
    Column("last_page", Integer),
    Column("heading", Text, nullable=False),
    Column("context", Text, nullable=False),
    Column("language", String, nullable=False),
    UniqueConstraint("document_id", "ordinal"),
)

embedding = Table(
    "embedding",
    metadata,
    Column("chunk_id", ForeignKey("chunk.id", ondelete="CASCADE"), primary_key=True),
    Column("generation", Integer, primary_key=True),
    Column("vector", LargeBinary, nullable=False),
)
"""`vector` is float32, little-endian. A table of its own, so that reading all vectors does not
read all texts. While another embedder makes new ones, there are two generations."""

outbox = Table(
    "outbox",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("action", String, nullable=False),
    Column("collection_id", String, nullable=False),
    Column("document_id", String),
    _time("created_at"),
)
"""What Chroma and tantivy have still to be told. No foreign keys: the subject may be gone."""

conversation = Table(
    "conversation",
    metadata,
    _id(),
    _owner(),
    Column("agent_id", ForeignKey("agent.id"), index=True),
    Column("agent_name", String, nullable=False),
    Column("title", String, nullable=False),
    Column("pinned", Boolean, nullable=False),
    _time("created_at"),
    _time("updated_at"),
    _time("deleted_at", optional=True),
)

conversation_tag = Table(
    "conversation_tag",
    metadata,
    Column("conversation_id", ForeignKey("conversation.id", ondelete="CASCADE"), primary_key=True),
    Column("tag", String, primary_key=True, index=True),
)

question_draft = Table(
    "question_draft",
    metadata,
    Column("owner_id", ForeignKey("user.id"), primary_key=True),
    Column("conversation_id", String, primary_key=True),
    Column("text", Text, nullable=False),
)
"""What was typed and not sent; `conversation_id` is '' for a conversation yet to begin."""

message = Table(
    "message",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("id", String, nullable=False, unique=True),
    Column(
        "conversation_id",
        ForeignKey("conversation.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("parent_id", ForeignKey("message.id")),
    Column("role", String, nullable=False),
    Column("text", Text, nullable=False),
    Column("state", String, nullable=False, index=True),
    Column("agent_version_id", ForeignKey("agent_version.id")),
    Column("record_json", Text),
    Column("error", Text),
    Column("deleted_with", String, index=True),
    _time("created_at"),
)
"""`deleted_with` is the message whose deletion took this one along; restoring it brings both."""

citation = Table(
    "citation",
    metadata,
    Column("message_id", ForeignKey("message.id", ondelete="CASCADE"), primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("state", String, nullable=False),
    Column("document_id", String, nullable=False),
    Column("document_name", String, nullable=False),
    Column("chunk_id", String, nullable=False),
    Column("first_page", Integer),
    Column("last_page", Integer),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("quote", Text, nullable=False),
    Column("answer_start", Integer, nullable=False),
    Column("answer_end", Integer, nullable=False),
    Column("score", Float, nullable=False),
    Column("named", Boolean, nullable=False),
)
"""Document and chunk are named without foreign keys: a citation outlives its source."""

study = Table(
    "study",
    metadata,
    _id(),
    _owner(),
    Column("kind", String, nullable=False),
    Column("agent_id", ForeignKey("agent.id"), nullable=False),
    Column("agent_name", String, nullable=False),
    Column("collection_id", String),
    Column("title", String, nullable=False),
    Column("questions_json", Text, nullable=False),
    Column("state", String, nullable=False, index=True),
    Column("text", Text, nullable=False),
    Column("problem", Text),
    _time("created_at"),
    _time("updated_at"),
    _time("deleted_at", optional=True),
)

study_cell = Table(
    "study_cell",
    metadata,
    Column("study_id", ForeignKey("study.id", ondelete="CASCADE"), primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    Column("document_id", String, nullable=False),
    Column("document_name", String, nullable=False),
    Column("question", Text, nullable=False),
    Column("state", String, nullable=False),
    Column("text", Text, nullable=False),
    Column("citations_json", Text, nullable=False),
    Column("problem", Text),
)
"""The document is named without a foreign key: an answer outlives its source."""

study_note = Table(
    "study_note",
    metadata,
    Column("study_id", ForeignKey("study.id", ondelete="CASCADE"), primary_key=True),
    Column("key", String, primary_key=True),
    Column("text", Text, nullable=False),
)
"""What the model wrote on the way, by a digest of what it was given: a study that goes on after a
restart asks nothing twice."""

golden_question = Table(
    "golden_question",
    metadata,
    Column("agent_id", ForeignKey("agent.id", ondelete="CASCADE"), primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    Column("question_json", Text, nullable=False),
)

check_run = Table(
    "check_run",
    metadata,
    _id(),
    Column("agent_id", ForeignKey("agent.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("version", Integer, nullable=False),
    Column("version_id", ForeignKey("agent_version.id"), nullable=False),
    _time("started_at"),
    _time("finished_at"),
    Column("results_json", Text, nullable=False),
)

audit_event = Table(
    "audit_event",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    _time("at"),
    Column("user_id", String),
    Column("token_id", String),
    Column("route", String, nullable=False),
    Column("action", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("detail", Text, nullable=False),
    Column("previous_hash", String, nullable=False),
    Column("hash", String, nullable=False),
)

setting = Table(
    "setting",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", Text, nullable=False),
)
"""What Outpost remembers about itself, such as whether the starter agents were made."""
