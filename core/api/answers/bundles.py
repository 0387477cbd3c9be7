"""Bundles as responses."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from core.api.answers.base import Answer
from core.records import BundleKind, Difference


class BundleItemAnswer(Answer):
    """One thing in a bundle, held against what is on this machine."""

    id: str
    kind: BundleKind
    name: str
    size_bytes: int
    difference: Difference
    """new, same or changed; things are known by their names, models by their content."""
    documents: int
    new_documents: int
    """Documents of a collection that are not here."""
    missing: list[str]
    """What an agent needs and neither this machine nor the bundle has."""


class BundleAnswer(Answer):
    object: Literal["bundle"] = "bundle"
    made_at: datetime
    made_by: str
    """The version of Outpost that wrote it."""
    size_bytes: int
    items: list[BundleItemAnswer]


class BroughtAnswer(Answer):
    """What an import brought in."""

    object: Literal["bundle.import"] = "bundle.import"
    items: list[BundleItemAnswer]
