"""Why a document was not found: the first of the possible reasons that holds. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from core.records import (
    Candidate,
    CollectionId,
    Document,
    DocumentState,
    RetrievalSettings,
    Verdict,
)

_SHOWN = (Verdict.KEPT, Verdict.JOINED)


def reason_of(
    document: Document,
    collection_ids: Sequence[CollectionId],
    settings: RetrievalSettings,
    own: Sequence[Candidate],
    everything: Sequence[Candidate],
) -> str:
    """Return why none of a document's chunks is shown; empty where one is."""
    name = f"'{document.name}'"
    if document.state not in (DocumentState.INDEXING, DocumentState.READY):
        problem = document.problem or f"it is {document.state.value}"
        return f"{name} cannot be searched: {problem}"
    if document.collection_id not in collection_ids:
        return f"{name} is in a collection that is not searched."
    if settings.documents and document.id not in settings.documents:
        return f"{name} is not among the documents that the search is limited to."
    if settings.tags and not set(settings.tags) & set(document.tags):
        return f"{name} has none of the tags that the search is limited to."
    if settings.since is not None and document.created_at < settings.since:
        return f"{name} was added before {settings.since:%Y-%m-%d}, where the search begins."
    return _by_scores(name, own, everything, settings)


def _by_scores(
    name: str,
    own: Sequence[Candidate],
    everything: Sequence[Candidate],
    settings: RetrievalSettings,
) -> str:
    if not own:
        return f"{name} shares no word with the question, and has no vector to compare."
    best = own[0]
    if any(each.verdict in _SHOWN for each in own):
        return ""
    if best.verdict is Verdict.DUPLICATE:
        return f"{name} says the same as a passage that is shown."
    if best.verdict is Verdict.NO_EVIDENCE:
        return (
            f"{name} has evidence of {best.evidence:.2f} for the question; "
            f"{settings.min_evidence:.2f} are needed."
        )
    if settings.reranker:
        return _by_reranking(name, own, everything)
    shown = [each.passage.score for each in everything if each.verdict in _SHOWN]
    least = f", the last one with {min(shown):.2f}" if shown else ""
    better = "1 better passage is" if len(shown) == 1 else f"{len(shown)} better passages are"
    return f"{better} shown{least}; the best of {name} reaches {best.passage.score:.2f}."


def _by_reranking(name: str, own: Sequence[Candidate], everything: Sequence[Candidate]) -> str:
    read = {each.passage.chunk_id: each for each in everything if _rerank_score(each) is not None}
    among = [read[each.passage.chunk_id] for each in own if each.passage.chunk_id in read]
    if not among:
        return f"The reranker reads the {len(read)} best passages; none of {name} is among them."
    best = max(_rerank_score(each) or 0.0 for each in among)
    shown = [_rerank_score(each) for each in read.values() if each.verdict in _SHOWN]
    return (
        f"The reranker prefers the {len(shown)} passages that are shown; "
        f"the best of {name} reaches {best:.2f} with it."
    )


def _rerank_score(candidate: Candidate) -> float | None:
    return candidate.passage.rerank_score
