"""The shapes of collections, documents and the jobs that read them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from core.api.answers.base import Answer
from core.records import DocumentState, JobKind, JobState


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
    embedder_id: str | None
    """What makes its vectors; null until the first are made."""
    embedder: str
    dimension: int | None
    query_prefix: str
    passage_prefix: str
    generation: int


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
    state: JobState
    kind: JobKind
    pages: int
    chunks: int
    embedded: int
    seconds_left: float | None
    """An estimate from the pace so far; null where there is none to go by."""
