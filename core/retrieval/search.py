"""The one way from a question to passages: keywords and vectors, fused, owned, and no twice.

Search never fails because one of its two halves does: without vectors it goes by keywords alone,
without the keyword index by vectors alone. That is logged once, not for every question.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from core.errors import StorageFailed
from core.records import (
    Candidate,
    ChunkId,
    CollectionId,
    DocumentId,
    Inspection,
    Passage,
    RerankerId,
    RetrievalSettings,
    UserId,
    Verdict,
)
from core.retrieval.choosing import choose
from core.retrieval.exact import to_rows
from core.retrieval.fusion import Fused, fuse
from core.retrieval.hits import Hit
from core.retrieval.lexical import LexicalIndex
from core.retrieval.owner import OwnerThread
from core.retrieval.questions import Asked, Questions
from core.retrieval.vector_index import VectorIndex
from core.retrieval.why_not import reason_of
from core.store.chunks import ChunkStore, Vectors
from core.store.documents import Documents

log = logging.getLogger(__name__)

CANDIDATES = 60
"""How many chunks each index proposes; a multiple of what any agent asks for."""
FIRST_LOOK = 4
"""Times the passages that are wanted: so many chunks are read before all others are, which is
seldom needed and takes most of a search's time."""
RERANKED = 20
"""How many of the best a cross-encoder reads: one of 6 layers of 384 numbers takes some 60 ms of a
core for each (150 tokens, n=3)."""
WAIT_S = 10.0
DEFAULTS = RetrievalSettings()
Rerank = Callable[[RerankerId, str, Sequence[str]], Sequence[float]]
"""Scores texts for a question by the reranker of that id; raises EngineFailed."""


class _Found(NamedTuple):
    fused: list[Fused]
    with_vectors: bool


class _ByKeywords(NamedTuple):
    hits: list[Hit]
    vectors: Mapping[CollectionId, Vectors]
    """Of the hits, for the true cosines of those that vector search does not find."""


class Search:
    """Finds passages; safe from any thread. Close it after use."""

    def __init__(
        self,
        documents: Documents,
        chunks: ChunkStore,
        lexical: LexicalIndex,
        vectors: VectorIndex,
        questions: Questions,
        rerank: Rerank,
    ):
        self._documents = documents
        self._chunks = chunks
        self._lexical = lexical
        self._vectors = vectors
        self._questions = questions
        self._rerank = rerank
        self._complained: set[str] = set()
        self._beside = OwnerThread("outpost-search")

    def close(self) -> None:
        """End the thread that goes by keywords while a question is embedded."""
        self._beside.close(lambda: None)

    def find(
        self,
        owner_id: UserId,
        text: str,
        collection_ids: Sequence[CollectionId],
        limit: int,
        wait_s: float = WAIT_S,
        settings: RetrievalSettings = DEFAULTS,
    ) -> list[Passage]:
        """Return the best passages of the owner's collections, best first, or none.

        Collections that are not the owner's, or gone, are left out. `wait_s` bounds how long a
        question waits for an embedder that is still loading. Nothing is returned where not even
        the best one reaches the settings' least evidence. Raises EngineFailed where the reranker
        that the settings name cannot be had.
        """
        fused = self._fused(owner_id, text, collection_ids, wait_s, settings).fused
        first = len(fused) if settings.diversity else FIRST_LOOK * limit
        passages, _ = self._chosen(owner_id, fused[:first], settings, limit)
        if len(passages) < limit and first < len(fused):
            passages, _ = self._chosen(owner_id, fused, settings, limit)
        return passages

    def inspect(
        self,
        owner_id: UserId,
        text: str,
        collection_ids: Sequence[CollectionId],
        settings: RetrievalSettings = DEFAULTS,
        wait_s: float = WAIT_S,
    ) -> Inspection:
        """Return everything that was considered for a question, and what became of it.

        Raises EngineFailed as `find` does.
        """
        found = self._fused(owner_id, text, collection_ids, wait_s, settings)
        _, candidates = self._chosen(owner_id, found.fused, settings, settings.passages)
        return Inspection(tuple(candidates), settings.min_evidence, found.with_vectors)

    def why_not(
        self,
        owner_id: UserId,
        text: str,
        document_id: DocumentId,
        collection_ids: Sequence[CollectionId],
        settings: RetrievalSettings = DEFAULTS,
        wait_s: float = WAIT_S,
    ) -> Inspection:
        """Return a document's best chunks for a question, and why it is not among the passages.

        Raises NotFound for a document that is not the owner's.
        """
        document = self._documents.document(owner_id, document_id)
        whole = self.inspect(owner_id, text, collection_ids, settings, wait_s)
        only = replace(settings, documents=(document_id,), tags=(), since=None)
        alone = self.inspect(owner_id, text, [document.collection_id], only, wait_s)
        there = {each.passage.chunk_id: each for each in whole.candidates}
        own = [
            there.get(each.passage.chunk_id, replace(each, verdict=_unless_none(each)))
            for each in alone.candidates
        ]
        reason = reason_of(document, collection_ids, settings, own, whole.candidates)
        return replace(alone, candidates=tuple(own), reason=reason)

    def _fused(
        self,
        owner_id: UserId,
        text: str,
        collection_ids: Sequence[CollectionId],
        wait_s: float,
        settings: RetrievalSettings,
    ) -> _Found:
        """Return what both indexes propose, best first."""
        collection_ids = self._documents.owned(owner_id, collection_ids)
        if not text.strip() or not collection_ids:
            return _Found([], with_vectors=False)
        inside = self._inside(owner_id, collection_ids, settings)
        begun = self._beside.post(partial(self._by_keywords, text, collection_ids, inside))
        asked = self._questions.ask(text, collection_ids, wait_s)
        vector = self._by_vector(asked, inside)
        lexical = begun.result()
        cosines = _cosines(asked, lexical.vectors)
        believed = min((each.trust for each in asked), default=0.0)
        fused = fuse(lexical.hits, vector, cosines, settings.dense_weight, believed)
        ordered = self._reranked(owner_id, text, fused, settings.reranker)
        return _Found(ordered, with_vectors=bool(asked))

    def _reranked(
        self, owner_id: UserId, text: str, fused: list[Fused], reranker: RerankerId
    ) -> list[Fused]:
        """Put the first ones into the order of the cross-encoder, if one is wanted."""
        if not reranker or not fused:
            return fused
        stored = self._chunks.searchable(owner_id, [each.chunk_id for each in fused])
        first = [each for each in fused if each.chunk_id in stored][:RERANKED]
        texts = [stored[each.chunk_id].chunk.text for each in first]
        scores = self._rerank(reranker, text, texts) if texts else []
        scored = sorted(zip(scores, first, strict=True), key=lambda one: -one[0])
        rest = [each for each in fused if each not in first]
        return [*(replace(each, rerank_score=score) for score, each in scored), *rest]

    def _chosen(
        self, owner_id: UserId, fused: Sequence[Fused], settings: RetrievalSettings, limit: int
    ) -> tuple[list[Passage], list[Candidate]]:
        """Return the passages among what was found, and what became of all of it."""
        if not fused or limit < 1:
            return [], []
        stored = self._chunks.searchable(owner_id, [each.chunk_id for each in fused])
        return choose(fused, stored, settings, limit)

    def _inside(
        self,
        owner_id: UserId,
        collection_ids: Sequence[CollectionId],
        settings: RetrievalSettings,
    ) -> list[DocumentId] | None:
        """Return the documents that the filters leave, None where there are none."""
        if not settings.documents and not settings.tags and settings.since is None:
            return None
        wanted, since = settings.documents, settings.since
        return self._chunks.filtered(owner_id, collection_ids, wanted, since, settings.tags)

    def _by_keywords(
        self,
        text: str,
        collection_ids: Sequence[CollectionId],
        inside: Sequence[DocumentId] | None,
    ) -> _ByKeywords:
        try:
            hits = self._lexical.search(text, collection_ids, CANDIDATES, inside)
        except StorageFailed as error:
            self._complain("keyword search", error)
            hits = []
        ids = [hit.chunk_id for hit in hits]
        return _ByKeywords(hits, self._chunks.vectors_by_collection(collection_ids, ids))

    def _by_vector(self, asked: Sequence[Asked], inside: Sequence[DocumentId] | None) -> list[Hit]:
        """Search each collection by the question as its own embedder sees it."""
        if inside is not None:
            return self._among(asked, inside)
        hits = [
            hit
            for vector, collection_ids, _ in asked
            for each in collection_ids
            for hit in self._vectors.search(each, vector, CANDIDATES)
        ]
        return sorted(hits, key=lambda hit: -hit.score)[:CANDIDATES]

    def _among(self, asked: Sequence[Asked], inside: Sequence[DocumentId]) -> list[Hit]:
        """Compare with every vector of some documents: the index cannot leave others out."""
        hits: list[Hit] = []
        for vector, collection_ids, _ in asked:
            ids, rows = to_rows(self._chunks.vectors_among(collection_ids, inside))
            if ids:
                cosines = (rows @ vector).tolist()
                hits += [Hit(each, cosine) for each, cosine in zip(ids, cosines, strict=True)]
        return sorted(hits, key=lambda hit: -hit.score)[:CANDIDATES]

    def _complain(self, what: str, error: Exception) -> None:
        if what not in self._complained:
            self._complained.add(what)
            log.warning("%s failed; answers go without it: %s", what, error)


def _cosines(
    asked: Sequence[Asked], vectors: Mapping[CollectionId, Vectors]
) -> dict[ChunkId, float]:
    """Return the true cosines of what keyword search found."""
    cosines: dict[ChunkId, float] = {}
    for question, collection_ids, _ in asked:
        for collection_id in vectors.keys() & set(collection_ids):
            ids, rows = to_rows(vectors[collection_id])
            cosines.update(zip(ids, (rows @ question).tolist(), strict=True))
    return cosines


def _unless_none(candidate: Candidate) -> Verdict:
    """Return the verdict on a chunk that the search of everything did not even propose."""
    none = candidate.verdict is Verdict.NO_EVIDENCE
    return Verdict.NO_EVIDENCE if none else Verdict.BEYOND_LIMIT
