"""Jobs that bring documents in, folders that are watched, and models that make vectors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from core.records.ids import CollectionId, EmbedderId, FolderId, JobId, RerankerId, UserId


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
class RerankingModel:
    """A cross-encoder that can put passages into its own order."""

    id: RerankerId
    name: str
    path: Path
    size_bytes: int


@dataclass(frozen=True, slots=True)
class ReindexEstimate:
    """What new vectors for a collection would cost."""

    chunks: int
    seconds: float | None
    """None where the embedder's pace on this machine is not known."""
    bytes: int
