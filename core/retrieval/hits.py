"""What the two indexes answer with."""

from __future__ import annotations

from dataclasses import dataclass

from core.records import ChunkId


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk that an index found; a higher score is better."""

    chunk_id: ChunkId
    score: float
    share: float = 0.0
    """Its score over the most that any chunk could get for the question; keyword search alone
    knows."""
