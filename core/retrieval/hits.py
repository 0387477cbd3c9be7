"""What the two indexes answer with."""

from __future__ import annotations

from dataclasses import dataclass

from core.records import ChunkId


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk that an index found; a higher score is better."""

    chunk_id: ChunkId
    score: float
    rare: bool = False
    """True where a rare word of the question occurs in it; keyword search alone knows."""
