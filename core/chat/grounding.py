"""What binds an answer to documents: which passages are shown, when to refuse, where to end.

Used by every turn with a RAG agent, and by the studies that ask many documents the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.chat.prompt import Tokenizer
from core.chat.sources import SOURCES_STOP, tagged
from core.errors import Conflict, NotFound
from core.records import (
    AgentDraft,
    AgentType,
    ChunkId,
    DocumentId,
    DocumentText,
    Evidence,
    Ledger,
    Passage,
    Sampling,
    UserId,
)
from core.retrieval.collections import Collections

NO_EVIDENCE = "I found nothing about this in my documents, so I cannot answer it."
"""What a strict agent says where no passage was found or none fits; each may have its own words."""
MOST_LETTERS_PER_TOKEN = 8
"""Documents longer than that are not read to see whether they fit; English has about four."""


def find_passages(
    collections: Collections, owner_id: UserId, question: str, draft: AgentDraft, tokens: Tokenizer
) -> list[Passage]:
    """Return what an agent's collections say to a question, best first; none is no evidence."""
    settings = draft.retrieval
    found = collections.find(
        owner_id, question, draft.collections, settings.passages, settings=settings
    )
    if draft.retrieval.whole_documents:
        found = _whole(collections, owner_id, found, draft.retrieval.budget_tokens, tokens)
    return [_with_pages(collections, owner_id, each) for each in found]


def _whole(
    collections: Collections,
    owner_id: UserId,
    found: Sequence[Passage],
    budget: int,
    tokens: Tokenizer,
) -> list[Passage]:
    """Return the documents of the passages if all of them fit into the budget, else the passages.

    All or none: a document that is shown whole must not push out what another one says.
    """
    best: dict[DocumentId, Passage] = {}
    for passage in found:
        best.setdefault(passage.document_id, passage)
    try:
        sizes = [collections.document(owner_id, each).characters for each in best]
        if sum(sizes) > budget * MOST_LETTERS_PER_TOKEN:
            return list(found)
        texts = [collections.document_text(owner_id, each) for each in best]
    except (Conflict, NotFound):  # deleted or read anew since it was found
        return list(found)
    whole = [_over_all(best[each.document.id], each) for each in texts]
    fits = sum(tokens.count(tagged(each)) for each in whole) <= budget
    return whole if fits else list(found)


def _over_all(passage: Passage, whole: DocumentText) -> Passage:
    """Return the passage widened to its document."""
    first, last = (whole.pages[0], whole.pages[-1]) if whole.pages else (None, None)
    return replace(
        passage,
        text=whole.text,
        start=0,
        end=len(whole.text),
        first_page=first.number if first else None,
        last_page=last.number if last else None,
        heading="",
        context="",
    )


def _with_pages(collections: Collections, owner_id: UserId, passage: Passage) -> Passage:
    """Tell a passage over several pages where they begin, so that its citations name the page."""
    if passage.first_page == passage.last_page:
        return passage
    try:
        pages = collections.pages(owner_id, passage.document_id)
    except NotFound:
        return passage
    touched = [each for each in pages if each.start < passage.end and passage.start < each.end]
    return replace(passage, pages=tuple(touched))


def answer_sampling(draft: AgentDraft) -> Sampling:
    """Return the agent's sampling; a RAG agent's answer ends where a source of its own begins."""
    if draft.type is AgentType.FINE_TUNED:
        return draft.sampling
    return replace(draft.sampling, stop=(*draft.sampling.stop, *SOURCES_STOP))


def refusal(draft: AgentDraft, ledger: Ledger) -> str | None:
    """Return what a strict agent says instead of an answer; None where it may answer."""
    if not draft.retrieval.strict or ledger.evidence in (Evidence.SHOWN, Evidence.NOT_SOUGHT):
        return None
    return draft.retrieval.refusal or NO_EVIDENCE


def passages_of_document(
    collections: Collections,
    document: DocumentText,
    question: str,
    draft: AgentDraft,
    tokens: Tokenizer,
) -> list[Passage]:
    """Return what one document says to a question, best first: all of it where it fits."""
    about, settings = document.document, draft.retrieval
    if len(document.text) <= settings.budget_tokens * MOST_LETTERS_PER_TOKEN:
        whole = whole_document(document)
        if tokens.count(tagged(whole)) <= settings.budget_tokens:
            return [whole]
    only = replace(settings, documents=(about.id,), tags=(), since=None)
    found = collections.find(
        about.owner_id, question, [about.collection_id], settings.passages, settings=only
    )
    return [_with_pages(collections, about.owner_id, each) for each in found]


def whole_document(document: DocumentText) -> Passage:
    """Return all of a document as one passage."""
    about = document.document
    blank = Passage(
        chunk_id=ChunkId(f"{about.id}-0"),
        document_id=about.id,
        document_name=about.name,
        collection_id=about.collection_id,
        text="",
        start=0,
        end=0,
        first_page=None,
        last_page=None,
        heading="",
        rank=1,
        score=1.0,
    )
    widened = _over_all(blank, document)
    return replace(widened, pages=document.pages if len(document.pages) > 1 else ())
