"""The one way from a question to passages: keywords and vectors, fused, owned, and no twice.

Search never fails because one of its two halves does: without vectors it goes by keywords alone,
without the keyword index by vectors alone. That is logged once, not for every question.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from core.errors import StorageFailed
from core.records import ChunkId, CollectionId, Passage, UserId
from core.retrieval.exact import to_rows
from core.retrieval.fusion import Fused, fuse, is_near_duplicate
from core.retrieval.hits import Hit
from core.retrieval.lexical import LexicalIndex
from core.retrieval.questions import Asked, Questions
from core.retrieval.vector_index import VectorIndex
from core.store.chunks import ChunkStore, StoredChunk
from core.store.documents import Documents

log = logging.getLogger(__name__)

CANDIDATES = 60
"""How many chunks each index proposes; a multiple of what any agent asks for."""
EVIDENCE_COSINE = 0.25
"""Below this MiniLM's cosine says nothing: unrelated English sentences lie around 0.05 ± 0.1."""
WAIT_S = 10.0


class Search:
    """Finds passages; safe from any thread."""

    def __init__(
        self,
        documents: Documents,
        chunks: ChunkStore,
        lexical: LexicalIndex,
        vectors: VectorIndex,
        questions: Questions,
    ):
        self._documents = documents
        self._chunks = chunks
        self._lexical = lexical
        self._vectors = vectors
        self._questions = questions
        self._complained: set[str] = set()

    def find(
        self,
        owner_id: UserId,
        text: str,
        collection_ids: Sequence[CollectionId],
        limit: int,
        wait_s: float = WAIT_S,
    ) -> list[Passage]:
        """Return the best passages of the owner's collections, best first, or none.

        Collections that are not the owner's, or gone, are left out. `wait_s` bounds how long a
        question waits for an embedder that is still loading. A passage counts as evidence only
        if its cosine is at least EVIDENCE_COSINE or it has a rare word of the question; without
        vectors every keyword hit counts.
        """
        collection_ids = self._documents.owned(owner_id, collection_ids)
        if not text.strip() or not collection_ids or limit < 1:
            return []
        lexical = self._by_keywords(text, collection_ids)
        asked = self._questions.ask(text, collection_ids, wait_s)
        vector = self._by_vector(asked)
        fused = fuse(lexical, vector, self._cosines(asked, lexical, vector))
        stored = self._chunks.searchable(owner_id, [each.chunk_id for each in fused])
        evidence = [each for each in fused if each.chunk_id in stored and _is_evidence(each)]
        return _passages(evidence, stored, limit)

    def _by_keywords(self, text: str, collection_ids: Sequence[CollectionId]) -> list[Hit]:
        try:
            return self._lexical.search(text, collection_ids, CANDIDATES)
        except (StorageFailed, TimeoutError) as error:
            self._complain("keyword search", error)
            return []

    def _by_vector(self, asked: Sequence[Asked]) -> list[Hit]:
        """Search each collection by the question as its own embedder sees it."""
        hits = [
            hit
            for vector, collection_ids in asked
            for each in collection_ids
            for hit in self._vectors.search(each, vector, CANDIDATES)
        ]
        return sorted(hits, key=lambda hit: -hit.score)[:CANDIDATES]

    def _cosines(
        self, asked: Sequence[Asked], lexical: Sequence[Hit], vector: Sequence[Hit]
    ) -> dict[ChunkId, float]:
        """Return the true cosines of what keyword search alone found."""
        known = {hit.chunk_id for hit in vector}
        missing = [hit.chunk_id for hit in lexical if hit.chunk_id not in known]
        cosines: dict[ChunkId, float] = {}
        for question, collection_ids in asked if missing else ():
            ids, rows = to_rows(self._chunks.vectors_in(collection_ids, missing))
            if ids:
                cosines.update(zip(ids, (rows @ question).tolist(), strict=True))
        return cosines

    def _complain(self, what: str, error: Exception) -> None:
        if what not in self._complained:
            self._complained.add(what)
            log.warning("%s failed; answers go without it: %s", what, error)


def _is_evidence(fused: Fused) -> bool:
    cosine = fused.vector_score
    return cosine is None or cosine >= EVIDENCE_COSINE or fused.rare


def _passages(
    fused: Sequence[Fused], stored: dict[ChunkId, StoredChunk], limit: int
) -> list[Passage]:
    """Take the best, leaving out what says the same as one that was taken."""
    taken: list[Passage] = []
    for each in fused:
        if len(taken) == limit:
            break
        found = stored[each.chunk_id]
        if not is_near_duplicate(found.chunk.text, [passage.text for passage in taken]):
            taken.append(_passage(each, found, len(taken) + 1))
    return taken


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
        context=found.chunk.context,
    )
