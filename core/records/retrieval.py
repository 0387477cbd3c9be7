"""How passages are looked for, what is found, and what an answer cites of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.records.documents import PageSpan
from core.records.ids import ChunkId, CollectionId, DocumentId, RerankerId

DENSE_WEIGHT = 0.36
"""What meaning counts beside words where the embedder knows the question's words, else less. Over
six collections in three languages values from 0.32 to 0.4 do about as well."""
MIN_EVIDENCE = 0.26
"""Below this, nothing that was found is evidence; the curve is drawn by the retrieval benchmark."""
NO_RERANKER = RerankerId("")


@dataclass(frozen=True, slots=True)
class RetrievalSettings:
    """How a RAG agent looks for passages."""

    passages: int = 5
    budget_tokens: int = 1500
    """The most tokens that passages may take in the prompt."""
    strict: bool = False
    """Refuse to answer where no passage was found."""
    refusal: str = ""
    """What a strict agent then says; empty for Outpost's own sentence."""
    whole_documents: bool = True
    """Show the documents found as a whole where they fit into the budget together."""
    dense_weight: float = DENSE_WEIGHT
    """How much meaning counts beside words: 0 goes by words alone, 1 by meaning alone."""
    min_evidence: float = MIN_EVIDENCE
    """From 0 to 1: where not even the best passage reaches it, nothing was found."""
    diversity: float = 0.0
    """From 0 to 1: how much a passage loses for saying what one before it says."""
    join_neighbours: bool = True
    """Show passages that follow each other in a document as one."""
    documents: tuple[DocumentId, ...] = ()
    """Look in these documents only; none means all of the collections."""
    tags: tuple[str, ...] = ()
    """Look only in documents that have one of these tags; none means in all of them."""
    since: datetime | None = None
    """Look only in documents that were added at that time or later."""
    reranker: RerankerId = NO_RERANKER
    """The cross-encoder that orders the best of what was found; '' leaves the order as it is."""


class CitationState(StrEnum):
    VERIFIED = "verified"
    """The answer names the passage itself and shares its words."""
    LINKED = "linked"
    """The answer does not name the passage; Outpost found that it supports the sentence."""
    UNSUPPORTED = "unsupported"
    """The passage that the answer names, or else the one nearest to it, does not support it."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk as retrieved."""

    chunk_id: ChunkId
    document_id: DocumentId
    document_name: str
    collection_id: CollectionId
    text: str
    start: int
    end: int
    first_page: int | None
    last_page: int | None
    heading: str
    rank: int
    """1 is the best."""
    score: float
    lexical_score: float | None = None
    lexical_rank: int | None = None
    vector_score: float | None = None
    vector_rank: int | None = None
    rerank_score: float | None = None
    """What a cross-encoder says of it: comparable within one question only."""
    number: int = 0
    """The source number under which it stands in the conversation's prompts; 0 in none."""
    context: str = ""
    """The header of the table whose rows the text goes on with; it stands further up."""
    pages: tuple[PageSpan, ...] = ()
    """Where its pages lie in the document, if it stands on several."""


class Verdict(StrEnum):
    """What became of a chunk that was found."""

    KEPT = "kept"
    JOINED = "joined"
    """It goes on where a kept one ends, or ends where one begins, and is shown with it."""
    NO_EVIDENCE = "no_evidence"
    DUPLICATE = "duplicate"
    """A better one has nearly the same words."""
    BEYOND_LIMIT = "beyond_limit"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A chunk that one of the indexes proposed, and what became of it."""

    passage: Passage
    """With its ranks and scores; its own rank is its place in the fused order."""
    evidence: float
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Inspection:
    """How a search came to its passages."""

    candidates: tuple[Candidate, ...]
    """Best first."""
    min_evidence: float
    with_vectors: bool
    """False where no embedder could be had, and keywords alone decided."""
    reason: str = ""
    """Why a document was not found, in one sentence; empty where it was, or none was asked for."""


@dataclass(frozen=True, slots=True)
class Citation:
    """A link from a span of the answer to a passage that was in the prompt."""

    number: int
    state: CitationState
    document_id: DocumentId
    document_name: str
    chunk_id: ChunkId
    first_page: int | None
    last_page: int | None
    start: int
    end: int
    quote: str
    """The passage's words that support the answer, verbatim from the document."""
    answer_start: int
    answer_end: int
    score: float
    """Share of the sentence's content words found in the passage, 0 to 1."""
    named: bool = True
    """Whether the answer names this source itself."""
