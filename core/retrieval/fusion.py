"""Two rankings made into one by a convex combination of their scores. Pure.

Plain reciprocal rank fusion loses to BM25 alone where keyword evidence is strong, because it
throws away how much better the first hit is than the second.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.records import ChunkId
from core.retrieval.hits import Hit

DENSE_WEIGHT = 0.5
NEAR_DUPLICATE = 0.9
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Fused:
    """A chunk with what each index said of it; ranks count from 1."""

    chunk_id: ChunkId
    score: float
    lexical_score: float | None = None
    lexical_rank: int | None = None
    vector_score: float | None = None
    vector_rank: int | None = None
    rare: bool = False


def fuse(
    lexical: Sequence[Hit],
    vector: Sequence[Hit],
    cosines: Mapping[ChunkId, float] | None = None,
    dense_weight: float = DENSE_WEIGHT,
) -> list[Fused]:
    """Merge two rankings, best first: score = w · dense + (1 − w) · keyword, each from 0 to 1.

    Each index's scores are stretched so that its best is 1 and its worst 0; BM25's worst is 0,
    which is what a chunk without any of the words has. A chunk that only keyword search found is
    given its true cosine from `cosines` where that is known. Without any vector at all the
    keyword scores count alone. Ties keep the keyword ranking's order, then the vector ranking's.
    Source: Bruch, Gai & Ingber, An Analysis of Fusion Functions for Hybrid Retrieval, TOIS 2023.
    """
    dense = {hit.chunk_id: hit.score for hit in vector}
    for chunk_id, cosine in (cosines or {}).items():
        dense.setdefault(chunk_id, cosine)
    keyword = {hit.chunk_id: hit.score for hit in lexical}
    weight = dense_weight if dense else 0.0
    dense_parts = _stretched(dense, floor=None)
    keyword_parts = _stretched(keyword, floor=0.0)
    lexical_ranks = {hit.chunk_id: rank for rank, hit in enumerate(lexical, start=1)}
    vector_ranks = {hit.chunk_id: rank for rank, hit in enumerate(vector, start=1)}
    rare = {hit.chunk_id for hit in lexical if hit.rare}
    found = [
        Fused(
            chunk_id=chunk_id,
            score=weight * dense_parts.get(chunk_id, 0.0)
            + (1 - weight) * keyword_parts.get(chunk_id, 0.0),
            lexical_score=keyword.get(chunk_id),
            lexical_rank=lexical_ranks.get(chunk_id),
            vector_score=dense.get(chunk_id),
            vector_rank=vector_ranks.get(chunk_id),
            rare=chunk_id in rare,
        )
        for chunk_id in dict.fromkeys([*keyword, *(hit.chunk_id for hit in vector)])
    ]
    return sorted(found, key=lambda each: -each.score)


def is_near_duplicate(text: str, others: Sequence[str], share: float = NEAR_DUPLICATE) -> bool:
    """Tell whether a text has nearly the same words as one of the others (Jaccard ≥ share)."""
    words = _words(text)
    return any(_overlap(words, _words(other)) >= share for other in others)


def _stretched(scores: Mapping[ChunkId, float], floor: float | None) -> dict[ChunkId, float]:
    """Map scores to 0…1 linearly; `floor` is what becomes 0, None the lowest score there is."""
    if not scores:
        return {}
    low = min(scores.values()) if floor is None else floor
    span = max(scores.values()) - low
    return {key: (score - low) / span if span > 0 else 1.0 for key, score in scores.items()}


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.casefold()))


def _overlap(first: frozenset[str], second: frozenset[str]) -> float:
    return len(first & second) / len(first | second) if first or second else 1.0
