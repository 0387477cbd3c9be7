"""What the benchmarks of retrieval share: running collections in a folder of their own."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.changes import Changes
from core.config import load_settings, prepare_folders
from core.records import CollectionId, IngestJob, UserId
from core.retrieval.collections import Collections
from core.retrieval.embedders import STARTER
from core.store.database import Database
from core.store.users import UserStore
from tests.benchmarks.figures import progress

PROGRESS_EVERY_S = 5.0
EVAL = Path(__file__).parents[3] / "shared" / "eval"
"""Documents and judgements made by others; benchmarks that need them skip where it is absent."""


@dataclass(frozen=True, slots=True)
class Bench:
    """Running collections with an owner and one empty collection."""

    collections: Collections
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
            time.sleep(0.05)
        return time.monotonic() - start


@contextmanager
def running(*, start: bool = True) -> Iterator[Bench]:
    """Open collections over a temporary data folder.

    Started ones have their embedder exported and loaded, as it is after Outpost's first minute.
    """
    folder = Path(tempfile.mkdtemp(prefix="outpost-bench-"))
    settings = load_settings({"OUTPOST_DATA_DIR": str(folder / "data")})
    prepare_folders(settings)
    database = Database(settings.database_file)
    collections = Collections(settings, database, Changes())
    try:
        owner = UserStore(database).add("bench", is_owner=True).id
        if start:
            collections._embedders.export(STARTER)
            collections.start()
            collections.warm()
        shelf = collections.create(owner, "bench").id
        yield Bench(collections, owner, shelf, folder)
    finally:
        collections.close()
        database.close()
        shutil.rmtree(folder, ignore_errors=True)


def _line(job: IngestJob, seconds: float) -> str:
    return f"{job.done} of {job.total} documents after {seconds:.0f} s"
