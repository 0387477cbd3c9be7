"""How well search ranks, measured through the real pipeline on collections with judgements.

Arguments name collections below shared/eval/ir; all of them by default. Each document becomes a
Markdown file, is ingested like any other, and counts as found where one of its chunks is.
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.records import ChunkId, DocumentId
from core.retrieval.fusion import fuse
from core.retrieval.hits import Hit
from tests.benchmarks import retrieval_answers
from tests.benchmarks.figures import Figure, emit, percentile, progress
from tests.benchmarks.retrieval_bench import EVAL, Bench, running

MAX_QUERIES = 600
"""Of more, every n-th is asked: enough for three digits, and done in a minute."""
DEPTH = 10
COLLECTIONS = ("squad20_answerable", "cranfield", "medline", "xquad_en", "xquad_de", "xquad_zh")
RRF_K = 60


@dataclass(frozen=True, slots=True)
class Judged:
    """A collection made by others: documents, queries, and which documents are relevant."""

    name: str
    documents: dict[str, str]
    queries: dict[str, str]
    relevant: dict[str, dict[str, float]]


def main(names: Sequence[str]) -> None:
    """Measure each named collection."""
    if not (EVAL / "ir").is_dir():
        progress(f"skipped: {EVAL / 'ir'} is not here")
        return
    for name in names or COLLECTIONS:
        measure(load(EVAL / "ir" / name))
    if not names:
        retrieval_answers.main([])


def load(folder: Path) -> Judged:
    """Read a collection in BEIR's layout."""
    documents = {
        each["_id"]: f"# {each['title']}\n\n{each['text']}" if each.get("title") else each["text"]
        for each in _lines(folder / "corpus.jsonl")
    }
    relevant: dict[str, dict[str, float]] = defaultdict(dict)
    for line in (folder / "qrels.tsv").read_text("utf-8").splitlines()[1:]:
        query, document, score = line.split("\t")
        relevant[query][document] = float(score)
    queries = {each["_id"]: each["text"] for each in _lines(folder / "queries.jsonl")}
    asked = [each for each in queries if relevant.get(each)]
    step = math.ceil(len(asked) / MAX_QUERIES)
    return Judged(folder.name, documents, {q: queries[q] for q in asked[::step]}, dict(relevant))


def measure(judged: Judged) -> None:
    """Ingest the documents, ask every query in every way, and print the figures."""
    with running() as bench:
        files = bench.folder / "documents"
        files.mkdir()
        names = {f"{number}.md": key for number, key in enumerate(judged.documents)}
        for file, key in names.items():
            (files / file).write_text(judged.documents[key], "utf-8")
        seconds = bench.ingest(files)
        progress(f"{judged.name}: {len(names)} documents ingested in {seconds:.0f} s")
        rankings = ask_all(bench, judged, names)
        scores = {way: mean_ndcg(found, judged.relevant) for way, found in rankings.items()}
        best_part = max(scores["bm25"], scores["dense"])
        for way, score in scores.items():
            goal = best_part if way == "fused" else 0.0
            emit(
                Figure(
                    f"{judged.name}_{way}_ndcg10", score, "", goal, "higher", len(judged.queries)
                )
            )
        for way, found in rankings.items():
            asked, relevant = len(judged.queries), judged.relevant
            emit(
                Figure(
                    f"{judged.name}_{way}_recall5", recall(found, relevant), "", 0, "higher", asked
                )
            )
            emit(Figure(f"{judged.name}_{way}_mrr10", mrr(found, relevant), "", 0, "higher", asked))
        times = query_times_ms(bench, list(judged.queries.values())[:200])
        emit(Figure(f"{judged.name}_query_p50", percentile(times, 0.5), "ms", 25, "lower", 200))
        emit(Figure(f"{judged.name}_query_p95", percentile(times, 0.95), "ms", 60, "lower", 200))


def ask_all(bench: Bench, judged: Judged, names: dict[str, str]) -> dict[str, dict[str, list[str]]]:
    """Return for each way of searching each query's documents, best first."""
    keys = {
        each.id: names[each.name] for each in bench.collections.documents(bench.owner, bench.shelf)
    }
    rankings: dict[str, dict[str, list[str]]] = defaultdict(dict)
    for query, text in judged.queries.items():
        lexical, vector, cosines = halves(bench, text)
        ways: dict[str, Iterable[ChunkId]] = {
            "bm25": [hit.chunk_id for hit in lexical],
            "dense": [hit.chunk_id for hit in vector],
            "rrf": reciprocal(lexical, vector),
            "fused": [each.chunk_id for each in fuse(lexical, vector, cosines)],
        }
        for way, chunk_ids in ways.items():
            found = (keys[DocumentId(each.rsplit("-", 1)[0])] for each in chunk_ids)
            rankings[way][query] = list(dict.fromkeys(found))[:DEPTH]
    return rankings


def halves(bench: Bench, text: str) -> tuple[list[Hit], list[Hit], dict[ChunkId, float]]:
    """Return what each index proposes on its own, and the cosines of what only words found."""
    inside, shelf = bench.collections._search, [bench.shelf]
    asked = inside._questions.ask(text, shelf, 60.0)
    lexical = inside._by_keywords(text, shelf, None)
    vector = inside._by_vector(asked, None)
    return lexical, vector, inside._cosines(asked, lexical, vector)


def reciprocal(*rankings: Sequence[Hit]) -> list[ChunkId]:
    """Merge by reciprocal rank, to compare with."""
    scores: dict[ChunkId, float] = defaultdict(float)
    for ranking in rankings:
        for rank, hit in enumerate(ranking, start=1):
            scores[hit.chunk_id] += 1 / (RRF_K + rank)
    return sorted(scores, key=lambda each: -scores[each])


def mean_ndcg(found: dict[str, list[str]], relevant: dict[str, dict[str, float]]) -> float:
    """Return the mean nDCG@10 with gain = judgement and discount = log2(rank + 1)."""
    return sum(ndcg(found[query], relevant[query]) for query in found) / len(found)


def recall(found: dict[str, list[str]], relevant: dict[str, dict[str, float]]) -> float:
    """Return the mean share of the relevant documents among the first five."""
    shares = [
        sum(each in relevant[query] for each in documents[:5]) / len(relevant[query])
        for query, documents in found.items()
    ]
    return sum(shares) / len(shares)


def mrr(found: dict[str, list[str]], relevant: dict[str, dict[str, float]]) -> float:
    """Return the mean of 1 / rank of the first relevant document, 0 beyond the tenth."""
    ranks = [
        next((1 / rank for rank, each in enumerate(documents, 1) if each in relevant[query]), 0.0)
        for query, documents in found.items()
    ]
    return sum(ranks) / len(ranks)


def ndcg(found: Sequence[str], gains: dict[str, float]) -> float:
    ideal = sorted(gains.values(), reverse=True)[:DEPTH]
    return _discounted([gains.get(each, 0.0) for each in found]) / (_discounted(ideal) or 1.0)


def query_times_ms(bench: Bench, texts: Sequence[str]) -> list[float]:
    """Return how long each question takes from text to passages."""
    times = []
    for text in texts:
        start = time.perf_counter()
        bench.collections.find(bench.owner, text, [bench.shelf], 5)
        times.append((time.perf_counter() - start) * 1000)
    return times


def _discounted(gains: Sequence[float]) -> float:
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, start=1))


def _lines(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


if __name__ == "__main__":
    main(sys.argv[1:])
