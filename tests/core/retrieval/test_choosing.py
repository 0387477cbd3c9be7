"""What becomes a passage, and why the rest does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.records import (
    Chunk,
    ChunkId,
    CollectionId,
    DocumentId,
    Passage,
    RetrievalSettings,
    Verdict,
)
from core.retrieval.choosing import MAX_JOINED, choose
from core.retrieval.fusion import Fused
from core.store.chunks import StoredChunk

TEXT = "One two three four. Five six seven eight. Nine ten eleven twelve. Thirteen fourteen."
SETTINGS = RetrievalSettings(min_evidence=0.3)


def stored(name: str, start: int, end: int, text: str = TEXT, document: str = "doc") -> StoredChunk:
    chunk = Chunk(0, text[start:end], start, end, 1, 1, "")
    place = DocumentId(document), "doc.txt", "", CollectionId("col")
    return StoredChunk(ChunkId(name), *place, chunk)


def fused(name: str, score: float, evidence: float | None = None) -> Fused:
    return Fused(ChunkId(name), score, evidence=score if evidence is None else evidence)


def run(
    chunks: list[StoredChunk], scores: list[float], settings: RetrievalSettings, limit: int = 5
) -> tuple[list[Passage], list[Verdict]]:
    ranked = [fused(each.id, score) for each, score in zip(chunks, scores, strict=True)]
    passages, candidates = choose(ranked, {each.id: each for each in chunks}, settings, limit)
    return passages, [each.verdict for each in candidates]


def test_the_best_decides_whether_there_is_evidence() -> None:
    """Beside a good passage weaker ones are shown; alone they are none, and the weakest never."""
    far = [stored(name, 0, 9, name * 9, name) for name in "abc"]
    passages, verdicts = run(far, [0.5, 0.2, 0.1], SETTINGS)
    assert [each.chunk_id for each in passages] == ["a", "b"]
    assert verdicts == [Verdict.KEPT, Verdict.KEPT, Verdict.NO_EVIDENCE]
    assert run(far, [0.29, 0.2, 0.1], SETTINGS) == ([], [Verdict.NO_EVIDENCE] * 3)


def test_touching_chunks_become_one_passage() -> None:
    """Chunks that overlap or meet are shown as the document has them, under the better's rank."""
    chunks = [stored("second", 20, 42), stored("first", 0, 25), stored("third", 42, 66)]
    (passage,), verdicts = run(chunks, [0.9, 0.8, 0.7], SETTINGS)
    assert (passage.chunk_id, passage.start, passage.end) == ("second", 0, 66)
    assert passage.text == TEXT[0:66]
    assert verdicts == [Verdict.KEPT, Verdict.JOINED, Verdict.JOINED]
    separate = RetrievalSettings(min_evidence=0.3, join_neighbours=False)
    assert len(run(chunks, [0.9, 0.8, 0.7], separate)[0]) == 3


def test_chunks_apart_and_of_other_documents_stay_apart() -> None:
    """Nothing is shown as one text that is not one."""
    chunks = [stored("a", 0, 19), stored("b", 42, 66), stored("c", 19, 40, document="other")]
    assert len(run(chunks, [0.9, 0.8, 0.7], SETTINGS)[0]) == 3


def test_joining_has_an_end() -> None:
    """A long document does not become one passage."""
    chunks = [stored(f"c{number}", number * 10, number * 10 + 10) for number in range(8)]
    passages, _ = run(chunks, [0.9] * 8, SETTINGS)
    assert max(each.end - each.start for each in passages) == MAX_JOINED * 10


def test_duplicates_and_what_is_beyond_the_limit_are_named() -> None:
    """Each that is not shown says why."""
    chunks = [stored("a", 0, 19), stored("copy", 0, 19, document="copy"), stored("b", 42, 66)]
    passages, verdicts = run(chunks, [0.9, 0.8, 0.7], SETTINGS, limit=1)
    assert [each.rank for each in passages] == [1]
    assert verdicts == [Verdict.KEPT, Verdict.DUPLICATE, Verdict.BEYOND_LIMIT]


def test_diversity_prefers_what_is_new() -> None:
    """With it, a passage that shares many words with a better one gives way to another."""
    texts = ["red green blue one", "red green blue two", "seven eight nine ten"]
    chunks = [
        stored(f"c{number}", 0, len(text), text, f"d{number}") for number, text in enumerate(texts)
    ]
    plain, _ = run(chunks, [0.9, 0.85, 0.7], SETTINGS, limit=2)
    diverse, _ = run(chunks, [0.9, 0.85, 0.7], RetrievalSettings(diversity=0.5), limit=2)
    assert [each.chunk_id for each in plain] == ["c0", "c1"]
    assert [each.chunk_id for each in diverse] == ["c0", "c2"]


def test_diversity_starts_from_the_order_of_a_cross_encoder() -> None:
    """Its order decides and not the fused scores, even where its scores are below zero."""
    texts = ["red green blue one", "red green blue two", "seven eight nine ten"]
    chunks = [
        stored(f"c{number}", 0, len(text), text, f"d{number}") for number, text in enumerate(texts)
    ]
    ranked = [
        replace(fused(f"c{number}", score), rerank_score=logit)
        for number, score, logit in ((1, 0.5, 2.0), (0, 0.9, -1.0), (2, 0.5, -2.0))
    ]
    settings = RetrievalSettings(diversity=0.5)
    passages, _ = choose(ranked, {each.id: each for each in chunks}, settings, 2)
    assert [each.chunk_id for each in passages] == ["c1", "c2"]
    assert [each.rerank_score for each in passages] == [2.0, -2.0]


def test_what_may_not_be_seen_is_not_even_a_candidate() -> None:
    """A chunk that SQLite did not hand out leaves no trace."""
    passages, candidates = choose([fused("foreign", 0.9)], {}, SETTINGS, 5)
    assert (passages, candidates) == ([], [])


@pytest.mark.parametrize("scores", [[], [0.9]])
def test_candidates_keep_their_place(scores: list[float]) -> None:
    """A candidate's rank is its place in the fused order."""
    chunks = [stored(f"c{number}", 0, 9) for number in range(len(scores))]
    ranked = [fused(each.id, score) for each, score in zip(chunks, scores, strict=True)]
    _, candidates = choose(ranked, {each.id: each for each in chunks}, SETTINGS, 5)
    assert [each.passage.rank for each in candidates] == list(range(1, len(scores) + 1))
