"""Two rankings become one as the formula says."""

from __future__ import annotations

import pytest

from core.records import ChunkId
from core.retrieval.fusion import fuse, is_near_duplicate
from core.retrieval.hits import Hit

A, B, C = ChunkId("a"), ChunkId("b"), ChunkId("c")


def test_scores_are_stretched_and_weighed() -> None:
    """Keyword scores are divided by the best; cosines run from the worst to the best."""
    fused = fuse([Hit(A, 8.0), Hit(B, 2.0)], [Hit(B, 0.9), Hit(A, 0.5), Hit(C, 0.7)])
    scores = {each.chunk_id: each.score for each in fused}
    assert scores == pytest.approx({A: 0.5, B: 0.625, C: 0.25})
    assert [each.chunk_id for each in fused] == [B, A, C]


def test_ranks_and_raw_scores_are_kept() -> None:
    """Each result tells what both indexes said of it, or that one said nothing."""
    first, second = fuse([Hit(A, 3.0, rare=True)], [Hit(B, 0.4), Hit(A, 0.3)])
    assert (first.lexical_rank, first.vector_rank, first.rare) == (1, 2, True)
    assert (second.lexical_rank, second.lexical_score, second.vector_rank) == (None, None, 1)
    assert second.vector_score == 0.4


def test_keywords_alone_use_the_whole_scale() -> None:
    """Without vectors the best keyword hit has the full score."""
    assert [each.score for each in fuse([Hit(A, 4.0), Hit(B, 1.0)], [])] == [1.0, 0.25]


def test_vectors_alone_keep_their_order() -> None:
    """Without keyword hits the cosines decide."""
    assert [each.chunk_id for each in fuse([], [Hit(B, 0.9), Hit(A, 0.2)])] == [B, A]


def test_a_known_cosine_counts_for_a_keyword_hit() -> None:
    """What only keyword search found is not punished for the vector index's short list."""
    hits = [Hit(A, 2.0), Hit(B, 2.0)]
    fused = fuse(hits, [Hit(C, 0.8)], cosines={A: 0.1, B: 0.7})
    assert [each.chunk_id for each in fused] == [B, A, C]
    assert fused[0].vector_rank is None


def test_nothing_fused_is_nothing() -> None:
    """Two empty rankings give an empty one."""
    assert fuse([], []) == []


def test_near_duplicates_are_told_from_neighbours() -> None:
    """One changed word among many is a duplicate; a half of new words is not."""
    words = [f"word{number}" for number in range(30)]
    text = " ".join(words)
    assert is_near_duplicate(text.upper() + " new", [text])
    assert not is_near_duplicate(" ".join(words[15:]) + " something else", [text])
    assert not is_near_duplicate(text, [])
