"""What search costs at 100,000 chunks, and what it then still finds.

Texts are sentences of judged collections put together anew, vectors are mixtures of real ones with
noise: both have the words and the neighbourhoods of real ones. They go through the stores, and the
indexes are built from these as after a loss. Beside the large collection lie small ones, of the
same owner and of another.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.records import CollectionId, UserId
from core.retrieval.embedders import STARTER
from core.retrieval.exact import to_rows
from core.retrieval.opened_index import OpenedIndex
from core.retrieval.questions import Asked, Questions
from core.retrieval.search import CANDIDATES, Search
from core.store.chunks import ChunkStore
from core.store.documents import Documents
from core.store.users import UserStore
from tests.benchmarks.figures import Figure, emit, percentile, progress
from tests.benchmarks.retrieval_bench import Bench, Judged, load, running
from tests.core.retrieval.builders import add_document, embed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Rows = NDArray[np.float32]

CHUNKS = int(os.environ.get("OUTPOST_BENCH_CHUNKS", 100_000))
BESIDE = (500, 1000, 2000, 4000)
"""Chunks of the small collections: where exact search is as fast as the index shows with them."""
PER_DOCUMENT = 100
SENTENCES = 5
"""In a chunk, about 110 words."""
BASE = 600
"""Paragraphs that are embedded; every vector is a mixture of three of theirs."""
NOISE = 0.4
"""Length of the noise beside a mixture of length 1: neighbours' cosines are 0.6 to 0.9."""
ASKED = 300
LEAST_RECALL = 0.98


@dataclass(frozen=True, slots=True)
class Material:
    """What documents are made of."""

    sentences: Sequence[str]
    base: Rows
    chance: random.Random

    def texts(self, count: int) -> list[str]:
        """Return chunks of sentences that never stood together."""
        return [" ".join(self.chance.choices(self.sentences, k=SENTENCES)) for _ in range(count)]

    def vectors(self, count: int) -> Rows:
        """Return unit vectors among the real ones, one a row."""
        import numpy as np

        rng = np.random.default_rng(self.chance.randrange(1 << 32))
        shares = rng.dirichlet([0.5] * 3, count)[:, :, None]
        chosen = self.base[rng.integers(len(self.base), size=(count, 3))]
        mixed = _unit((shares * chosen).sum(axis=1))
        noise = _unit(rng.normal(size=mixed.shape))
        return _unit(mixed + NOISE * noise)


def _unit(rows: NDArray[np.floating[Any]]) -> Rows:
    import numpy as np

    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def main() -> None:
    """Fill the stores, build the indexes, and measure."""
    judged = load("squad20_answerable")
    questions = list(judged.queries.values())[:ASKED]
    with running(start=False) as bench:
        material = _material(bench, judged)
        began = time.monotonic()
        small = _fill(bench, material)
        progress(f"stored in {time.monotonic() - began:.0f} s")
        _build(bench, began)
        _emit_sizes(bench)
        _emit_times(bench, questions)
        _emit_recall(bench, questions)
        for count, shelf in small.items():
            _compare_exact(bench, count, shelf, questions)


# ---------------------------------------------------------------- filling


def _material(bench: Bench, judged: Judged) -> Material:
    paragraphs = list(judged.documents.values())
    sentences = [each for text in paragraphs for each in text.split(". ") if len(each) > 20]
    embedder = bench.collections._embedders.of(STARTER)
    return Material(sentences, embedder.embed_passages(paragraphs[:BASE]), random.Random(5))


def _fill(bench: Bench, material: Material) -> dict[int, CollectionId]:
    """Store the large collection and the small ones, every second of these another owner's."""
    other = UserStore(bench.database).add("other").id
    _store(bench, material, bench.owner, bench.shelf, CHUNKS)
    small = {}
    for at, count in enumerate(BESIDE):
        owner = other if at % 2 else bench.owner
        small[count] = bench.collections.create(owner, f"{count} chunks").id
        _store(bench, material, owner, small[count], count)
    return small


def _store(
    bench: Bench, material: Material, owner: UserId, shelf: CollectionId, count: int
) -> None:
    made_by = bench.collections._embedders.made_by(STARTER)
    ChunkStore(bench.database).set_embedder(shelf, made_by)
    for start in range(0, count, PER_DOCUMENT):
        texts = material.texts(min(PER_DOCUMENT, count - start))
        name = f"{shelf}-{start}.txt"
        made = add_document(bench.database, owner, shelf, name, texts, language="en")
        embed(bench.database, made.id, list(material.vectors(len(texts))))


def _build(bench: Bench, began: float) -> None:
    """Start what builds both indexes from the stores, and wait for it."""
    bench.collections.start()
    bench.collections.warm()
    vectors = bench.collections._vectors
    while len(vectors._sizes) < 1 + len(BESIDE):
        time.sleep(0.25)
    assert vectors._sizes[bench.shelf] == CHUNKS
    seconds = time.monotonic() - began
    emit(Figure("scale_indexes_built_after", round(seconds), "s", 600, "lower", CHUNKS))


def _emit_sizes(bench: Bench) -> None:
    chunks = CHUNKS + sum(BESIDE)
    database, index = bench.folder / "data" / "outpost.sqlite", bench.folder / "data" / "index"
    for name, size in (
        ("tantivy", _size(index / "tantivy")),
        ("chroma", _size(index / "chroma")),
        ("sqlite", database.stat().st_size),
    ):
        emit(Figure(f"scale_{name}_size", round(size / chunks), "B/chunk", 10_000, "lower", chunks))


def _size(folder: Path) -> int:
    return sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())


# ---------------------------------------------------------------- measuring


class _Known(Questions):
    """Questions whose vectors are known already, so that search is timed alone."""

    def __init__(self, bench: Bench, questions: Sequence[str]):
        inside = bench.collections._search._questions
        self._asked = {each: inside.ask(each, [bench.shelf], 60.0) for each in questions}

    def ask(self, text: str, collection_ids: Sequence[CollectionId], wait_s: float) -> list[Asked]:
        """Return what was embedded before."""
        return self._asked[text]

    def vector(self, text: str) -> Rows:
        """Return one question's vector."""
        return self._asked[text][0].vector


def _emit_times(bench: Bench, questions: Sequence[str]) -> None:
    """Time questions to passages, with their embedding and without, and with filters."""
    inside, known = bench.collections, _Known(bench, questions)
    alone = Search(
        Documents(bench.database),
        ChunkStore(bench.database),
        inside._lexical,
        inside._vectors,
        known,
        inside._rerankers.scores,
    )
    warm = questions[:20]
    for search, name, p50, p95 in (
        (inside._search, "query", 25.0, 60.0),
        (alone, "search_alone", 20.0, 20.0),
    ):
        _times(search, bench, warm)
        times = _times(search, bench, questions)
        n = len(times)
        emit(Figure(f"scale_{name}_p50", round(percentile(times, 0.5), 1), "ms", p50, "lower", n))
        emit(Figure(f"scale_{name}_p95", round(percentile(times, 0.95), 1), "ms", p95, "lower", n))
    alone.close()
    _emit_filter_cost(bench, questions, times)


def _times(search: Search, bench: Bench, questions: Sequence[str]) -> list[float]:
    times = []
    for each in questions:
        began = time.perf_counter()
        search.find(bench.owner, each, [bench.shelf], 5)
        times.append((time.perf_counter() - began) * 1000)
    return times


def _emit_filter_cost(bench: Bench, questions: Sequence[str], search_ms: Sequence[float]) -> None:
    """Compare with keyword search over everybody's chunks; vectors lie apart by collection.

    The cost is given as a share of a whole search without it.
    """
    lexical = bench.collections._lexical
    with_filter, without = [], []
    for each in questions:
        began = time.perf_counter()
        lexical.search(each, [bench.shelf], CANDIDATES)
        between = time.perf_counter()
        _unfiltered(bench, each)
        with_filter.append((between - began) * 1000)
        without.append((time.perf_counter() - between) * 1000)
    cost = percentile(with_filter, 0.5) - percentile(without, 0.5)
    share = 100 * cost / (percentile(search_ms, 0.5) - cost)
    emit(Figure("scale_filter_cost", round(share, 1), "%", 20, "lower", len(questions)))


def _unfiltered(bench: Bench, text: str) -> None:
    """Run the same keyword search as `LexicalIndex.search`, without its conditions."""

    def find(opened: OpenedIndex) -> list[str]:
        searcher = opened.index.searcher()
        found = searcher.search(opened.evidence(opened.words(text)), CANDIDATES, count=False)
        return [searcher.doc(address)["chunk_id"][0] for _, address in found.hits]

    bench.collections._lexical._run(find)


def _emit_recall(bench: Bench, questions: Sequence[str]) -> None:
    """Compare the nearest ten of the index with the nearest ten of all vectors."""
    ids, rows = to_rows(ChunkStore(bench.database).collection_vectors(bench.shelf))
    vectors, known = bench.collections._vectors, _Known(bench, questions)
    shares = []
    for each in questions:
        question = known.vector(each)
        best = (-(rows @ question)).argsort()[:10]
        found = {hit.chunk_id for hit in vectors.search(bench.shelf, question, CANDIDATES)[:10]}
        shares.append(len(found & {ids[at] for at in best}) / 10)
    recall = sum(shares) / len(shares)
    emit(Figure("scale_chroma_recall10", round(recall, 4), "", LEAST_RECALL, "higher", len(shares)))


def _compare_exact(bench: Bench, count: int, shelf: CollectionId, questions: Sequence[str]) -> None:
    """Time both ways of searching a small collection."""
    vectors, known = bench.collections._vectors, _Known(bench, questions)
    exact, nearest = [], []
    for each in questions:
        question = known.vector(each)
        began = time.perf_counter()
        vectors._exact.search(shelf, question, CANDIDATES)
        between = time.perf_counter()
        vectors._nearest(shelf, question.astype("<f4").tobytes(), CANDIDATES)
        exact.append((between - began) * 1000)
        nearest.append((time.perf_counter() - between) * 1000)
    there, asked = round(percentile(exact, 0.5), 2), round(percentile(nearest, 0.5), 2)
    emit(Figure(f"exact_search_of_{count}_p50", there, "ms", asked, "lower", len(questions), asked))
