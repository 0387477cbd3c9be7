"""Two rankings become one as the formula says."""

from __future__ import annotations

import pytest

from core.records import MIN_EVIDENCE, ChunkId
from core.retrieval.fusion import evidence, fuse, is_near_duplicate
from core.retrieval.hits import Hit

A, B, C = ChunkId("a"), ChunkId("b"), ChunkId("c")


def test_scores_are_weighed() -> None:
    """The score is the cosine and the share of BM25, each by its weight."""
    lexical = [Hit(A, 8.0, share=0.8), Hit(B, 2.0, share=0.2)]
    fused = fuse(lexical, [Hit(B, 0.9), Hit(A, 0.5), Hit(C, 0.7)], dense_weight=0.5)
    scores = {each.chunk_id: each.score for each in fused}
    assert scores == pytest.approx({A: 0.65, B: 0.55, C: 0.35})
    assert [each.chunk_id for each in fused] == [A, B, C]


def test_ranks_and_raw_scores_are_kept() -> None:
    """Each result tells what both indexes said of it, or that one said nothing."""
    first, second = fuse([Hit(A, 3.0, share=0.5)], [Hit(B, 0.4), Hit(A, 0.3)])
    assert (first.lexical_rank, first.lexical_score, first.vector_rank) == (1, 3.0, 2)
    assert (second.lexical_rank, second.lexical_score, second.vector_rank) == (None, None, 1)
    assert second.vector_score == 0.4


def test_keywords_alone_use_the_whole_scale() -> None:
    """Without vectors the shares count alone."""
    hits = [Hit(A, 4.0, share=0.8), Hit(B, 1.0, share=0.2)]
    assert [each.score for each in fuse(hits, [])] == [0.8, 0.2]


def test_vectors_alone_keep_their_order() -> None:
    """Without keyword hits the cosines decide."""
    assert [each.chunk_id for each in fuse([], [Hit(B, 0.9), Hit(A, 0.2)])] == [B, A]


def test_evidence_does_not_depend_on_the_weights() -> None:
    """An agent that goes by meaning alone has the same measure of evidence as any other."""
    hits = [Hit(A, 4.0, share=0.6)], [Hit(A, 0.5)]
    (one,), (other,) = fuse(*hits, dense_weight=0.0), fuse(*hits, dense_weight=1.0)
    assert (one.score, other.score) == (0.6, 0.5)
    assert one.evidence == other.evidence == pytest.approx(0.36 * 0.5 + 0.64 * 0.6)


def test_a_cosine_counts_as_far_as_it_is_believed() -> None:
    """Where the embedder does not know the question's words, keywords decide about the order."""
    hits = [Hit(A, 5.0, share=0.5), Hit(B, 4.0, share=0.4)], [Hit(B, 0.9), Hit(A, 0.5)]
    assert [each.chunk_id for each in fuse(*hits)] == [B, A]
    assert [each.chunk_id for each in fuse(*hits, trust=0.2)] == [A, B]


def test_evidence_without_trust_is_that_of_the_words() -> None:
    """High cosines say nothing then: neither for a text without a common word nor for another."""
    assert evidence(0.9, 0.0, trust=0.2) < MIN_EVIDENCE
    assert evidence(0.9, 0.3, trust=0.0) == evidence(0.1, 0.3, trust=0.0) > MIN_EVIDENCE


def test_a_paraphrase_is_evidence_without_a_common_word() -> None:
    """A high cosine alone is enough, a middling one is not, and nothing leaves the scale."""
    assert evidence(0.6, 0.0) > MIN_EVIDENCE > evidence(0.4, 0.0)
    assert evidence(-0.2, 0.0) == 0.0
    assert evidence(1.0, 1.4) == 1.0
    assert evidence(None, 0.5) > MIN_EVIDENCE


def test_a_known_cosine_counts_for_a_keyword_hit() -> None:
    """What only keyword search found is not punished for the vector index's short list."""
    hits = [Hit(A, 2.0, share=0.4), Hit(B, 2.0, share=0.4)]
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
