"""Everything as one file, to be carried to a machine that has no network."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.records.ids import AgentId, CollectionId


class BundleKind(StrEnum):
    MODEL = "model"
    COLLECTION = "collection"
    AGENT = "agent"


class Difference(StrEnum):
    """How a thing in a bundle stands to what is here, known by its name; models by content."""

    NEW = "new"
    SAME = "same"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class BundleItem:
    """One thing in a bundle, held against what is on this machine."""

    id: str
    """Its place in the bundle, such as 'agents/1'."""
    kind: BundleKind
    name: str
    size_bytes: int
    difference: Difference
    documents: int = 0
    """Of a collection."""
    new_documents: int = 0
    """Those of them that are not here."""
    missing: tuple[str, ...] = ()
    """What an agent needs and neither this machine nor the bundle has."""


@dataclass(frozen=True, slots=True)
class BundleContents:
    """A whole bundle, held against this machine."""

    made_at: datetime
    made_by: str
    """The version of Outpost that wrote it."""
    size_bytes: int
    items: tuple[BundleItem, ...]


@dataclass(frozen=True, slots=True)
class BundleWish:
    """What is to be put into a bundle; None means all of its kind."""

    agents: tuple[AgentId, ...] | None = None
    collections: tuple[CollectionId, ...] | None = None
    models: bool = False
    """Also the model files of the agents, the starter's left out."""
