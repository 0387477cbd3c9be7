"""What the doctor says, as a response."""

from __future__ import annotations

from typing import Literal

from core.api.answers.base import Answer
from core.records import HealthState, Store


class StoreHealthAnswer(Answer):
    """How one store is; counts are of chunks."""

    store: Store
    state: HealthState
    expected: int
    missing: int
    orphaned: int
    """Chunks that an index has and should not have, or has more than once."""
    problem: str


class HealthAnswer(Answer):
    """How all stores are, and what is being done about it."""

    object: Literal["health"] = "health"
    is_whole: bool
    stores: list[StoreHealthAnswer]
    repairing: bool
    pending: int
    """Errands that the indexes have still to be told of: what they concern counts as no fault."""
    quarantined: list[str]
    """Folders with broken indexes that were replaced; they may be deleted."""
