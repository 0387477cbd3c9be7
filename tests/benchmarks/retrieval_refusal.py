"""How well the least evidence tells questions that can be answered from those that cannot.

Half of a collection's articles are ingested, every question is asked, and those about the other
half have no answer there. A strict agent refuses where the best evidence stays below the setting.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from core.records import MIN_EVIDENCE
from tests.benchmarks.figures import Figure, emit, progress
from tests.benchmarks.retrieval_bench import Bench, Judged, load, running

COLLECTIONS = ("squad20_answerable", "xquad_de", "xquad_zh")
"""An English, a German and a Chinese one, each of articles with several paragraphs."""
THRESHOLDS = [each / 100 for each in range(18, 46, 2)]


def main(names: Sequence[str] = COLLECTIONS) -> None:
    """Draw each collection's curve."""
    for name in names:
        measure(load(name))


def measure(judged: Judged) -> None:
    """Ingest every second article, ask everything, and count refusals at each threshold."""
    articles = sorted(set(judged.titles.values()))
    there = set(articles[::2])
    texts = {key: each for key, each in judged.documents.items() if judged.titles[key] in there}
    with running() as bench:
        progress(f"{judged.name}: {len(there)} of {len(articles)} articles")
        bench.ingest_texts(texts)
        evidence = ask_all(bench, judged.queries)
    answerable = [evidence[each] for each in evidence if set(judged.relevant[each]) & set(texts)]
    unanswerable = [
        evidence[each] for each in evidence if not set(judged.relevant[each]) & set(texts)
    ]
    for threshold in THRESHOLDS:
        point = {
            "threshold": threshold,
            "refused_unanswerable": round(_refused(unanswerable, threshold), 1),
            "refused_answerable": round(_refused(answerable, threshold), 1),
        }
        progress(json.dumps(point))
    right, wrong = _refused(unanswerable, MIN_EVIDENCE), _refused(answerable, MIN_EVIDENCE)
    name = f"{judged.name}_refused"
    emit(Figure(f"{name}_unanswerable", round(right, 1), "%", 80, "higher", len(unanswerable)))
    emit(Figure(f"{name}_answerable", round(wrong, 1), "%", 5, "lower", len(answerable)))


def ask_all(bench: Bench, queries: Mapping[str, str]) -> dict[str, float]:
    """Return for each query the evidence of the best that was found, 0 for nothing."""
    best = {}
    for query, text in queries.items():
        found = bench.collections.inspect(bench.owner, text, [bench.shelf]).candidates
        best[query] = max((each.evidence for each in found), default=0.0)
    return best


def _refused(evidence: Sequence[float], threshold: float) -> float:
    return 100 * sum(each < threshold for each in evidence) / len(evidence)
