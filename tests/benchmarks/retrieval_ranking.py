"""How well search ranks, through the real pipeline, on collections with judgements.

Each document becomes a Markdown file, is ingested like any other, and counts as found where one of
its chunks is. One search gives all four rankings: its inspection says where each index put what it
proposed.
"""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from statistics import mean

from core.records import Candidate
from tests.benchmarks.figures import Figure, emit, percentile, progress
from tests.benchmarks.retrieval_bench import Bench, Judged, load, running

DEPTH = 10
COLLECTIONS = ("squad20_answerable", "cranfield", "medline", "xquad_en", "xquad_de", "xquad_zh")
WAYS = ("bm25", "dense", "rrf", "fused")
RRF_K = 60

Ranking = dict[str, list[str]]
"""Documents by query, best first."""
Measure = Callable[[Sequence[str], Mapping[str, float]], float]
Relevant = Mapping[str, Mapping[str, float]]


def main(names: Sequence[str] = COLLECTIONS) -> None:
    """Measure each named collection; draw one table."""
    table = {name: measure(load(name)) for name in names}
    for way in ("rrf", "fused"):
        goal = mean(row["rrf"] for row in table.values()) if way == "fused" else 0.0
        found = mean(row[way] for row in table.values())
        emit(Figure(f"mean_{way}_ndcg10", found, "", goal, "higher", len(table)))


def measure(judged: Judged) -> dict[str, float]:
    """Ingest the documents, ask every query, emit the figures; return nDCG@10 by way."""
    with running() as bench:
        progress(f"{judged.name}:")
        keys = bench.ingest_texts(judged.documents)
        rankings, times = ask_all(bench, judged, keys)
    asked, relevant = len(judged.queries), judged.relevant
    scores = {way: _mean(ndcg, rankings[way], relevant) for way in WAYS}
    progress(f"{judged.name:20} {'':6} nDCG@10  recall@5  MRR@10   ({asked} queries)")
    for way in WAYS:
        goal = max(scores["bm25"], scores["dense"]) if way == "fused" else 0.0
        found = rankings[way]
        recall5, mrr10 = _mean(recall, found, relevant), _mean(reciprocal_rank, found, relevant)
        progress(f"{judged.name:20} {way:6} {scores[way]:7.4f}  {recall5:8.4f}  {mrr10:6.4f}")
        emit(Figure(f"{judged.name}_{way}_ndcg10", scores[way], "", goal, "higher", asked))
        emit(Figure(f"{judged.name}_{way}_recall5", recall5, "", 0, "higher", asked))
        emit(Figure(f"{judged.name}_{way}_mrr10", mrr10, "", 0, "higher", asked))
    p95 = percentile(times, 0.95)
    emit(Figure(f"{judged.name}_inspection_p95", p95, "ms", 250, "lower", asked))
    return scores


def ask_all(
    bench: Bench, judged: Judged, keys: Mapping[str, str]
) -> tuple[dict[str, Ranking], list[float]]:
    """Return each way's ranking, and how long each query took in ms."""
    rankings: dict[str, Ranking] = defaultdict(dict)
    times = []
    for query, text in judged.queries.items():
        began = time.perf_counter()
        found = bench.collections.inspect(bench.owner, text, [bench.shelf]).candidates
        times.append((time.perf_counter() - began) * 1000)
        for way in WAYS:
            ordered = sorted(found, key=lambda each: _place(each, way))
            there = (each for each in ordered if _place(each, way) < math.inf)
            documents = (keys[each.passage.document_id] for each in there)
            rankings[way][query] = list(dict.fromkeys(documents))[:DEPTH]
    return rankings, times


def _place(candidate: Candidate, way: str) -> float:
    """Return what a way of ranking sorts by, infinite for what it has not found."""
    passage = candidate.passage
    words, meaning = passage.lexical_rank or math.inf, passage.vector_rank or math.inf
    by_rank = -1 / (RRF_K + words) - 1 / (RRF_K + meaning)
    return {"bm25": words, "dense": meaning, "rrf": by_rank, "fused": passage.rank}[way]


def ndcg(found: Sequence[str], gains: Mapping[str, float]) -> float:
    """Return nDCG@10 with gain = judgement and discount = log2(rank + 1)."""
    ideal = sorted(gains.values(), reverse=True)[:DEPTH]
    return _discounted([gains.get(each, 0.0) for each in found]) / (_discounted(ideal) or 1.0)


def recall(found: Sequence[str], gains: Mapping[str, float]) -> float:
    """Return the share of the relevant documents among the first five."""
    return sum(each in gains for each in found[:5]) / len(gains)


def reciprocal_rank(found: Sequence[str], gains: Mapping[str, float]) -> float:
    """Return 1 / rank of the first relevant document, 0 beyond the tenth."""
    return next((1 / rank for rank, each in enumerate(found, 1) if each in gains), 0.0)


def _mean(measure: Measure, found: Ranking, relevant: Relevant) -> float:
    return mean(measure(documents, relevant[query]) for query, documents in found.items())


def _discounted(gains: Sequence[float]) -> float:
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, start=1))
