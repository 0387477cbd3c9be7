"""Collections, their documents, and what parsing and chunking makes of a file."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from core.records.ids import CollectionId, DocumentId, EmbedderId, UserId


@dataclass(frozen=True, slots=True)
class PageSpan:
    """Where a page's text lies in the document's stored text: [start, end)."""

    number: int
    start: int
    end: int


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
    tags: tuple[str, ...] = ()


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
