"""What the doctor says about the stores: SQLite, and the two indexes that are made from it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Store(StrEnum):
    """One of the three places that documents are in."""

    DATABASE = "database"
    KEYWORDS = "keywords"
    VECTORS = "vectors"


class HealthState(StrEnum):
    """How a store is."""

    WHOLE = "whole"
    INCOMPLETE = "incomplete"
    """It differs from SQLite; repairing it takes a moment."""
    DAMAGED = "damaged"
    """It cannot be used as it is."""
    UNOPENED = "unopened"
    """It is not open yet, or was given up; nothing is known of it."""


@dataclass(frozen=True, slots=True)
class StoreHealth:
    """How one store is; counts are of chunks for an index, of complaints for the database."""

    store: Store
    state: HealthState
    expected: int = 0
    missing: int = 0
    orphaned: int = 0
    """Chunks that the index has and should not have, or has more than once."""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """How all stores are, and what is being done about it."""

    stores: tuple[StoreHealth, ...]
    repairing: bool
    pending: int
    """Errands that the indexes have still to be told of: what they concern counts as no fault."""
    quarantined: tuple[str, ...]
    """Folders with broken indexes that were replaced; they may be deleted."""

    @property
    def is_whole(self) -> bool:
        return all(each.state is HealthState.WHOLE for each in self.stores)
