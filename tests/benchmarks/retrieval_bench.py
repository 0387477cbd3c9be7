"""What the benchmarks of retrieval share: judged collections, and a folder to run them in."""

from __future__ import annotations

import atexit
import json
import math
import shutil
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from core.changes import Changes
from core.config import load_settings, prepare_folders
from core.records import CollectionId, IngestJob, UserId
from core.retrieval.collections import Collections
from core.retrieval.embedders import STARTER, Embedders
from core.retrieval.embedding import Embedder
from core.starter import starter_embedder_dir
from core.store.database import Database
from core.store.users import UserStore
from tests.benchmarks.figures import progress

PROGRESS_EVERY_S = 15.0
MAX_QUERIES = 600
"""Of more, every n-th is asked: enough for three digits."""
EVAL = Path(__file__).parents[3] / "shared" / "eval"
"""Documents and judgements made by others; benchmarks that need them skip where it is absent."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A collection made by others: documents, queries, and which documents are relevant."""

    name: str
    documents: dict[str, str]
    titles: dict[str, str]
    queries: dict[str, str]
    relevant: dict[str, dict[str, float]]


def load(name: str) -> Judged:
    """Read a collection in BEIR's layout; each document is Markdown under its title."""
    folder = EVAL / "ir" / name
    corpus = _lines(folder / "corpus.jsonl")
    relevant: dict[str, dict[str, float]] = defaultdict(dict)
    for line in (folder / "qrels.tsv").read_text("utf-8").splitlines()[1:]:
        query, document, score = line.split("\t")
        relevant[query][document] = float(score)
    queries = {each["_id"]: each["text"] for each in _lines(folder / "queries.jsonl")}
    asked = [each for each in queries if relevant.get(each)]
    step = math.ceil(len(asked) / MAX_QUERIES)
    return Judged(
        name,
        {each["_id"]: _markdown(each) for each in corpus},
        {each["_id"]: each.get("title", "") for each in corpus},
        {query: queries[query] for query in asked[::step]},
        dict(relevant),
    )


def _markdown(document: dict[str, str]) -> str:
    title, text = document.get("title"), document["text"]
    return f"# {title}\n\n{text}" if title else text


def _lines(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@dataclass(frozen=True, slots=True)
class Bench:
    """Running collections with an owner and one empty collection."""

    collections: Collections
    database: Database
    owner: UserId
    shelf: CollectionId
    folder: Path

    def ingest(self, *paths: Path) -> float:
        """Add files, wait until all are ready, and return the seconds it took."""
        start = shown = time.monotonic()
        job = self.collections.add_files(self.owner, self.shelf, paths)
        while not (job := self.collections.job(self.owner, job.id)).finished:
            if time.monotonic() > shown + PROGRESS_EVERY_S:
                shown = time.monotonic()
                progress(_line(job, shown - start))
            time.sleep(0.2)  # more often would slow down what is measured
        return time.monotonic() - start

    def ingest_texts(self, texts: dict[str, str]) -> dict[str, str]:
        """Ingest each text as a file of its own; return the texts' keys by document id."""
        files = self.folder / "documents"
        files.mkdir()
        names = {f"{number}.md": key for number, key in enumerate(texts)}
        for name, key in names.items():
            (files / name).write_text(texts[key], "utf-8")
        seconds = self.ingest(files)
        progress(f"{len(texts)} documents ingested in {seconds:.0f} s")
        documents = self.collections.documents(self.owner, self.shelf)
        return {each.id: names[each.name] for each in documents}


@contextmanager
def running(*, start: bool = True, embedder: Embedder | None = None) -> Iterator[Bench]:
    """Open collections over a temporary data folder.

    Started ones have their embedder exported and loaded, as it is after Outpost's first minute,
    unless another one is given.
    """
    folder = Path(tempfile.mkdtemp(prefix="outpost-bench-"))
    settings = load_settings({"OUTPOST_DATA_DIR": str(folder / "data")})
    prepare_folders(settings)
    if embedder is None:
        shutil.copytree(exported(), settings.exports_dir, dirs_exist_ok=True)
    database = Database(settings.database_file)
    collections = Collections(settings, database, Changes(), embedder)
    try:
        owner = UserStore(database).add("bench", is_owner=True).id
        if start:
            collections.start()
            collections.warm()
        shelf = collections.create(owner, "bench").id
        yield Bench(collections, database, owner, shelf, folder)
    finally:
        collections.close()
        database.close()
        shutil.rmtree(folder, ignore_errors=True)


@cache
def exported() -> Path:
    """Export the starter embedder, once for all folders of this process."""
    folder, model = Path(tempfile.mkdtemp(prefix="outpost-export-")), starter_embedder_dir()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    assert model is not None, "no starter embedder is installed"
    Embedders(folder, folder, model).export(STARTER)
    return folder


def _line(job: IngestJob, seconds: float) -> str:
    return f"{job.done} of {job.total} documents after {seconds:.0f} s"
