"""Which of the chunks that were found become passages, and why the others do not. Pure.

The best one decides whether there is evidence at all; others may say less. Whoever shows passages
and whoever asks why one is missing get their answer from the same decision.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from core.records import Candidate, ChunkId, Passage, RetrievalSettings, Verdict
from core.retrieval.fusion import Fused, is_near_duplicate, overlap
from core.store.chunks import StoredChunk

FOLLOWING_SHARE = 0.5
"""Beside a passage that is evidence, others need this share of the least evidence."""
MAX_JOINED = 3
"""Chunks in one passage: more would push out what other documents say."""


def choose(
    fused: Sequence[Fused],
    stored: Mapping[ChunkId, StoredChunk],
    settings: RetrievalSettings,
    limit: int,
) -> tuple[list[Passage], list[Candidate]]:
    """Return the passages, best first with ranks from 1, and what became of every chunk."""
    found = [
        (each, _passage(each, stored[each.chunk_id], rank))
        for rank, each in enumerate((one for one in fused if one.chunk_id in stored), start=1)
    ]
    best = max((each.evidence for each, _ in found), default=0.0)
    taken: list[list[Passage]] = []
    candidates = []
    for each, passage in _in_turn(found, settings.diversity):
        verdict = Verdict.NO_EVIDENCE
        if best >= settings.min_evidence <= each.evidence / FOLLOWING_SHARE:
            verdict = _take(passage, taken, limit, settings)
        candidates.append(Candidate(passage, each.evidence, verdict))
    passages = [replace(_joined(parts), rank=rank) for rank, parts in enumerate(taken, start=1)]
    return passages, sorted(candidates, key=lambda one: one.passage.rank)


def _in_turn(
    found: Sequence[tuple[Fused, Passage]], diversity: float
) -> Iterator[tuple[Fused, Passage]]:
    """Yield the best first; with diversity each loses for what it shares with those before it.

    Source: Carbonell & Goldstein, The Use of MMR, SIGIR 1998, with shared words as likeness.
    """
    if diversity <= 0:
        yield from found
        return
    left, before = list(found), dict.fromkeys((each.chunk_id for each, _ in found), 0.0)
    worth = _worth([each for each, _ in found])
    while left:
        chosen = max(
            left,
            key=lambda one: (
                (1 - diversity) * worth[one[0].chunk_id] - diversity * before[one[0].chunk_id]
            ),
        )
        left.remove(chosen)
        for each, passage in left:
            alike = overlap(passage.text, chosen[1].text)
            before[each.chunk_id] = max(before[each.chunk_id], alike)
        yield chosen


def _worth(found: Sequence[Fused]) -> dict[ChunkId, float]:
    """Return from 0 to 1 what each is worth: its share of the best score.

    Where a cross-encoder has set the order its place counts instead: its scores have no zero.
    """
    if any(each.rerank_score is not None for each in found):
        return {each.chunk_id: 1 - place / len(found) for place, each in enumerate(found)}
    top = max((each.score for each in found), default=1.0) or 1.0
    return {each.chunk_id: each.score / top for each in found}


def _take(
    passage: Passage, taken: list[list[Passage]], limit: int, settings: RetrievalSettings
) -> Verdict:
    """Add a passage to those that were taken, where it adds something."""
    if is_near_duplicate(passage.text, [part.text for parts in taken for part in parts]):
        return Verdict.DUPLICATE
    if len(taken) >= limit:
        return Verdict.BEYOND_LIMIT
    for parts in taken if settings.join_neighbours else ():
        if len(parts) < MAX_JOINED and any(_touch(part, passage) for part in parts):
            parts.append(passage)
            return Verdict.JOINED
    taken.append([passage])
    return Verdict.KEPT


def _touch(one: Passage, other: Passage) -> bool:
    """Tell whether nothing lies between two passages, so that they can be shown as one text."""
    same = one.document_id == other.document_id and one.context == other.context
    return same and one.start <= other.end and other.start <= one.end


def _joined(parts: Sequence[Passage]) -> Passage:
    """Return touching passages as one with the scores of the best, which is the first."""
    text, end = "", min(each.start for each in parts)
    in_order = sorted(parts, key=lambda each: each.start)
    for each in in_order:
        text += each.text[max(0, end - each.start) :]
        end = max(end, each.end)
    return replace(
        parts[0],
        text=text,
        start=in_order[0].start,
        end=end,
        first_page=in_order[0].first_page,
        last_page=in_order[-1].last_page,
    )


def _passage(fused: Fused, found: StoredChunk, rank: int) -> Passage:
    return Passage(
        chunk_id=found.id,
        document_id=found.document_id,
        document_name=found.document_name,
        collection_id=found.collection_id,
        text=found.chunk.text,
        start=found.chunk.start,
        end=found.chunk.end,
        first_page=found.chunk.first_page,
        last_page=found.chunk.last_page,
        heading=found.chunk.heading,
        rank=rank,
        score=fused.score,
        lexical_score=fused.lexical_score,
        lexical_rank=fused.lexical_rank,
        vector_score=fused.vector_score,
        vector_rank=fused.vector_rank,
        rerank_score=fused.rerank_score,
        context=found.chunk.context,
    )
