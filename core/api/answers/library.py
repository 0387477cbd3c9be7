"""The shapes of collections, documents and the jobs that read them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from core import records
from core.api.answers.base import Answer
from core.records import DocumentState, EmbedderKind, FolderState, JobKind, JobState


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
    """How many; null for files without pages, and until the document is read."""
    characters: int
    chunk_count: int
    embedded_count: int
    problem: str | None
    reason: str | None
    parent_id: str | None
    """The mail that the document was attached to; null where it is a file of its own."""
    tags: list[str]


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
    """How many of the chunks have their vectors."""
    seconds_left: float | None
    """An estimate from the pace so far; null where there is none to go by."""


class PageSpanAnswer(Answer):
    number: int
    start: int
    end: int


class TextAnswer(Answer):
    """A document's text; offsets count code points."""

    object: Literal["document.text"] = "document.text"
    document_id: str
    text: str
    pages: list[PageSpanAnswer]
    """Where each page lies in the text; empty for files without pages."""

    @classmethod
    def of(cls, found: records.DocumentText) -> TextAnswer:
        pages = [PageSpanAnswer.model_validate(each) for each in found.pages]
        return cls(document_id=found.document.id, text=found.text, pages=pages)


class BoxAnswer(Answer):
    """A part of a page, in shares of the page (0 to 1) from its upper left."""

    page: int
    """Counted from 1."""
    left: float
    top: float
    right: float
    bottom: float


class FolderAnswer(Answer):
    object: Literal["folder"] = "folder"
    id: str
    collection_id: str
    path: str
    ignore: list[str]
    state: FolderState
    created_at: datetime
    scanned_at: datetime | None

    @classmethod
    def of(cls, folder: records.WatchedFolder) -> FolderAnswer:
        return cls(
            id=folder.id,
            collection_id=folder.collection_id,
            path=str(folder.path),
            ignore=list(folder.ignore),
            state=folder.state,
            created_at=folder.created_at,
            scanned_at=folder.scanned_at,
        )


class EmbedderAnswer(Answer):
    object: Literal["embedder"] = "embedder"
    id: str
    name: str
    kind: EmbedderKind
    size_bytes: int
    is_starter: bool
    query_prefix: str
    passage_prefix: str


class RerankerAnswer(Answer):
    object: Literal["reranker"] = "reranker"
    id: str
    name: str
    size_bytes: int


class EstimateAnswer(Answer):
    """What new vectors would cost; `seconds` is null where the pace is not known."""

    object: Literal["reindex.estimate"] = "reindex.estimate"
    chunks: int
    seconds: float | None
    bytes: int
