"""How fast documents become searchable, and how little that disturbs the window.

Text is made up from words of English prose, so that the benchmark needs nothing from outside. What
parsing alone does is measured first, by `bench_parsing`.
"""

from __future__ import annotations

import random
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
from fpdf import FPDF

from core.retrieval.embedding_step import embedded_text
from core.retrieval.vector_index import OPEN_LIMIT_S
from core.store.chunks import StoredChunk
from tests.benchmarks import bench_parsing
from tests.benchmarks.figures import Figure, emit
from tests.benchmarks.retrieval_bench import Bench, running
from tests.faults.embedder import WordEmbedder

DOCUMENTS = 40
WORDS = 2500
PDF_PAGES = 200
UNCHANGED_FILES = 5000
SECTIONS = 500
MANY_CHUNKS = {10_000: 1500, 100_000: 2500}
"""Numbers of chunks, and the megabytes that all processes together may take for them."""
EMBEDDING_DIMENSION = 384
"""Of the starter embedder."""
TICK_S = 0.01
_WORDS = (
    "the of and to in is that for it as was with be by on not he his but at are this have from "
    "or had an they which one you were her all she there would their we him been has when who "
    "will more no if out so said what up its about into than them can only other new some could "
    "time these two may then do first any my now such like our over man me even most made after "
    "pressure valve contract meeting river patient sample engine tariff bridge cattle harvest"
)
VOCABULARY = _WORDS.split()


def main() -> None:
    """Measure everything once; with the argument `memory`, only what many chunks take.

    Numbers of chunks may follow it, and that words are only hashed to numbers: `memory 100000
    hashed` leaves out the embedder, whose memory does not depend on how many chunks there are.
    """
    if sys.argv[1:2] == ["memory"]:
        for count, bound in MANY_CHUNKS.items():
            if sys.argv[2:] and str(count) not in sys.argv[2:]:
                continue
            embedder = WordEmbedder(EMBEDDING_DIMENSION) if "hashed" in sys.argv else None
            with running(embedder=embedder) as bench:
                memory(bench, count, bound)
        return
    bench_parsing.main()
    with running(start=False) as bench:
        rescan(bench)
    with running() as bench, ticking() as stalls:
        settle(bench)
        first_answer(bench)
        throughput(bench)
    for name, values in (("", stalls.wall), ("_own", stalls.own)):
        longest = max(values, default=0.0) * 1000
        emit(Figure(f"ingest_longest_stall{name}", longest, "ms", 100, "lower", len(values)))


def settle(bench: Bench) -> None:
    """Wait until the vector index is open, as it is some seconds after every start."""
    vectors = bench.collections._vectors
    while not vectors.is_open:
        time.sleep(0.1)
    assert vectors._child is not None
    vectors._child.wait_ready(OPEN_LIMIT_S)


def first_answer(bench: Bench) -> None:
    """Measure the time from adding a long PDF to the first passage from its last page."""
    path = bench.folder / "long.pdf"
    write_pdf(path)
    shelf = bench.collections.create(bench.owner, "long").id
    start = time.perf_counter()
    bench.collections.add_files(bench.owner, shelf, [path])
    while not bench.collections.find(bench.owner, "zymurgy", [shelf], 1, wait_s=0.1):
        time.sleep(0.01)
    emit(Figure("first_answer_200_pages", time.perf_counter() - start, "s", 3, "lower", 1))
    bench.collections.delete(bench.owner, shelf)


def throughput(bench: Bench) -> None:
    """Measure chunks a second from file to ready, and the embedder alone on the same texts."""
    folder = bench.folder / "texts"
    folder.mkdir()
    source = random.Random(1)
    for number in range(DOCUMENTS):
        (folder / f"{number}.txt").write_text(prose(source, WORDS), "utf-8")
    seconds = bench.ingest(folder)
    documents = bench.collections.documents(bench.owner, bench.shelf)
    chunks = sum(each.chunk_count for each in documents)
    bare = chunks / bare_embedding_s(bench)
    emit(Figure("ingest_chunks", chunks / seconds, "chunks/s", 0.9 * bare, "higher", chunks, bare))


def bare_embedding_s(bench: Bench) -> float:
    """Return the seconds that the embedder alone needs for the texts that were ingested.

    It gets them all at once: nothing else could keep it as busy.
    """
    inside = bench.collections
    chunks: list[StoredChunk] = []
    for each in inside.documents(bench.owner, bench.shelf):
        chunks += inside._search._chunks.chunks(each.id)
    texts = [embedded_text(each) for each in chunks]
    start = time.perf_counter()
    inside._embedder.embed_passages(texts)
    return time.perf_counter() - start


def memory(bench: Bench, count: int, bound: int) -> None:
    """Measure the peak memory, of all processes, while many chunks are made searchable.

    The chunks are short, one sentence below a heading each, so that their number is what counts.
    """
    folder, source = bench.folder / "sections", random.Random(3)
    folder.mkdir()
    for number in range(count // SECTIONS):
        sections = (f"# Part {each}\n\n{prose(source, 12)}\n\n" for each in range(SECTIONS))
        (folder / f"{number}.md").write_text("".join(sections), "utf-8")
    with resident() as peak:
        seconds = bench.ingest(folder)
    found = bench.collections.get(bench.owner, bench.shelf)
    megabytes = max(peak, default=0) / 1e6
    emit(Figure(f"ingest_peak_rss_{count}_chunks", megabytes, "MB", bound, "lower", len(peak)))
    rate = found.chunk_count / seconds
    emit(Figure(f"ingest_short_chunks_{count}", rate, "chunks/s", 50, "higher", found.chunk_count))


@contextmanager
def resident() -> Iterator[list[int]]:
    """Note the memory of this process and its workers, in bytes, while this is open."""
    sizes: list[int] = []
    ended, own = threading.Event(), psutil.Process()

    def look() -> None:
        while not ended.wait(0.25):
            with suppress(psutil.Error):
                everyone = [own, *own.children(recursive=True)]
                sizes.append(sum(each.memory_info().rss for each in everyone))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield sizes
    finally:
        ended.set()
        thread.join()


def rescan(bench: Bench) -> None:
    """Measure adding a folder again in which nothing changed."""
    folder = bench.folder / "unchanged"
    folder.mkdir()
    for number in range(UNCHANGED_FILES):
        (folder / f"{number}.txt").write_text(f"file {number}")
    start = time.perf_counter()
    bench.collections.add_files(bench.owner, bench.shelf, [folder])
    emit(Figure("queue_5000_files", time.perf_counter() - start, "s", 2, "lower", UNCHANGED_FILES))
    start = time.perf_counter()
    again = bench.collections.add_files(bench.owner, bench.shelf, [folder])
    seconds = time.perf_counter() - start
    emit(Figure("rescan_5000_files", seconds, "s", 2, "lower", len(again.skipped)))


@dataclass(frozen=True, slots=True)
class Stalls:
    """How late each tick was, in seconds; `own` leaves out waiting for a core to be free."""

    wall: list[float]
    own: list[float]


@contextmanager
def ticking() -> Iterator[Stalls]:
    """Note how late a 10 ms timer is, as a window's event loop would be, while this is open."""
    stalls = Stalls([], [])
    ended = threading.Event()

    def tick() -> None:
        while True:
            waited, due = waiting_for_a_core_s(), time.perf_counter() + TICK_S
            if ended.wait(TICK_S):
                return
            late = time.perf_counter() - due
            stalls.wall.append(late)
            stalls.own.append(late - (waiting_for_a_core_s() - waited))

    thread = threading.Thread(target=tick)
    thread.start()
    try:
        yield stalls
    finally:
        ended.set()
        thread.join()


def waiting_for_a_core_s() -> float:
    """Return how long this thread was ready to run but had no core, 0 where nobody knows."""
    if sys.platform != "linux":
        return 0.0
    return int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e9


def prose(source: random.Random, words: int) -> str:
    """Return sentences and paragraphs of made-up English."""
    parts = []
    for number in range(words // 12):
        sentence = " ".join(source.choice(VOCABULARY) for _ in range(12))
        parts.append(sentence.capitalize() + (".\n\n" if number % 6 == 5 else ". "))
    return "".join(parts)


def write_pdf(path: Path) -> None:
    """Write a PDF of many pages with a rare word on the last."""
    source = random.Random(2)
    made = FPDF()
    made.set_font("Helvetica", size=10)
    for number in range(PDF_PAGES):
        made.add_page()
        text = prose(source, 250) + ("zymurgy" if number + 1 == PDF_PAGES else "")
        made.multi_cell(0, 5, text)
    made.output(str(path))


if __name__ == "__main__":
    main()
