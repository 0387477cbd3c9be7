"""Two rankings made into one by a convex combination of their scores, and what counts as evidence.

Pure. Plain reciprocal rank fusion loses to BM25 alone where keyword evidence is strong, because it
throws away how much better the first hit is than the second. So do scores that are stretched from
the best to the worst hit of each question: then the best of two bad hits looks like a good one.
Here both scores mean the same for every question and collection: the cosine, and BM25 as a share
of the most that any chunk could get.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from core.records import DENSE_WEIGHT, ChunkId
from core.retrieval.hits import Hit

UNKNOWN_COSINE = 0.25
"""Taken for a chunk that has no vector yet: more than what is unrelated, less than what answers."""
NEUTRAL_COSINE = 0.55
"""Taken in place of cosines as far as they cannot be believed: then as many questions are refused
for want of evidence as where they can."""
COSINE_ALONE = 0.52
"""What the cosine counts as evidence where the texts share no word, as paraphrases do not."""
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
    rerank_score: float | None = None
    evidence: float = 0.0
    """From 0 to 1, whatever the weights: how much speaks for its being about the question."""


def fuse(
    lexical: Sequence[Hit],
    vector: Sequence[Hit],
    cosines: Mapping[ChunkId, float] | None = None,
    dense_weight: float = DENSE_WEIGHT,
    trust: float = 1.0,
) -> list[Fused]:
    """Merge two rankings, best first: score = w · cosine + (1 − w) · share of BM25.

    The cosine goes in as far as it is to be believed: t · cosine + (1 − t) · a neutral one.
    A chunk that only keyword search found is given its true cosine from `cosines` where that is
    known, and one that only the vectors found has no share. Without any vector at all the shares
    count alone. Ties keep the keyword ranking's order, then the vector ranking's.
    Source: Bruch, Gai & Ingber, An Analysis of Fusion Functions for Hybrid Retrieval, TOIS 2023,
    with the theoretical maximum in place of the observed one.
    """
    dense = {hit.chunk_id: hit.score for hit in vector}
    for chunk_id, cosine in (cosines or {}).items():
        dense.setdefault(chunk_id, cosine)
    keyword = {hit.chunk_id: hit for hit in lexical}
    weight = dense_weight if dense else 0.0
    lexical_ranks = {hit.chunk_id: rank for rank, hit in enumerate(lexical, start=1)}
    vector_ranks = {hit.chunk_id: rank for rank, hit in enumerate(vector, start=1)}
    found = []
    for chunk_id in dict.fromkeys([*keyword, *(hit.chunk_id for hit in vector)]):
        hit = keyword.get(chunk_id)
        share = hit.share if hit else 0.0
        found.append(
            Fused(
                chunk_id=chunk_id,
                score=_mixed(dense.get(chunk_id), share, weight, trust),
                lexical_score=hit.score if hit else None,
                lexical_rank=lexical_ranks.get(chunk_id),
                vector_score=dense.get(chunk_id),
                vector_rank=vector_ranks.get(chunk_id),
                evidence=evidence(dense.get(chunk_id), share, trust),
            )
        )
    return sorted(found, key=lambda each: -each.score)


def evidence(cosine: float | None, share: float, trust: float = 1.0) -> float:
    """Return from 0 to 1 how much speaks for a chunk's being about a question."""
    alone = COSINE_ALONE * trust * (cosine or 0.0)
    return min(1.0, max(0.0, alone, _mixed(cosine, share, DENSE_WEIGHT, trust)))


def _mixed(cosine: float | None, share: float, weight: float, trust: float) -> float:
    known = UNKNOWN_COSINE if cosine is None else cosine
    believed = trust * known + (1 - trust) * NEUTRAL_COSINE
    return weight * believed + (1 - weight) * share


def is_near_duplicate(text: str, others: Sequence[str], share: float = NEAR_DUPLICATE) -> bool:
    """Tell whether a text has nearly the same words as one of the others (Jaccard ≥ share)."""
    return any(overlap(text, other) >= share for other in others)


def overlap(first: str, second: str) -> float:
    """Return the share of their words that two texts have in common (Jaccard), 0 to 1."""
    one, other = _words(first), _words(second)
    return len(one & other) / len(one | other) if one or other else 1.0


@lru_cache(maxsize=256)
def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.casefold()))
