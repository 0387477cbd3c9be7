"""The vector worker: Chroma in a process of its own, used by one thread.

Chroma holds the interpreter's lock while it writes (half a second for a thousand vectors), can
crash the process that opens a damaged folder, reads a `.env` from the working directory, and may
wait for minutes on its own lock. Here none of that reaches the application: `vector_index.py` is
the parent's side, with deadlines.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from core.retrieval.child import Frame
from core.retrieval.worker import Handler, Lane, serve

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.collection_configuration import CreateHNSWConfiguration
    from chromadb.api.models.Collection import Collection

HNSW: CreateHNSWConfiguration = {
    "space": "cosine",
    "max_neighbors": 32,
    "ef_construction": 200,
    "ef_search": 200,
    # Lower values damage the folder more often when the process is killed; higher ones make the
    # next opening slow, since what was not synchronised is inserted again.
    "sync_threshold": 1000,
}
"""Recall@10 of 0.995 at 100,000 vectors, against 0.952 with the defaults. Only what is set when a
collection is created counts."""


TOLERANCE = 1e-5
"""Of a number in a vector of length 1: Chroma normalises what it stores."""
ALONE_S = 30.0
"""How long to wait for the worker of a process that was killed: it finishes what it writes."""


class _Chroma:
    """The open client; each request names its collection."""

    def __init__(self, folder: Path):
        self._client = _open(folder)

    def handle(self, request: Frame) -> Frame:
        """Run one request; those about a collection that is not there find nothing."""
        head = request.head
        if head["kind"] == "upsert":
            return self._upsert(head["name"], head["ids"], request.body)
        if head["kind"] == "drop":
            return self._drop(head["name"])
        if head["kind"] == "names":
            return Frame({"names": [each.name for each in self._client.list_collections()]})
        collection = self._existing(head["name"])
        if head["kind"] == "count":
            return Frame(
                {"count": collection.count() if collection else 0, "dead": _dead(collection)}
            )
        if head["kind"] == "ids":
            return Frame({"ids": collection.get(include=[])["ids"] if collection else []})
        if head["kind"] == "delete":
            return self._delete(collection, head["ids"])
        if head["kind"] == "differing":
            return _differing(collection, head["ids"], request.body)
        return self._query(collection, request.body, head["limit"])

    def _upsert(self, name: str, ids: list[str], body: bytes) -> Frame:
        collection = self._client.get_or_create_collection(
            name, embedding_function=None, configuration={"hnsw": HNSW}
        )
        collection.upsert(ids=ids, embeddings=_rows(body, len(ids)))
        return Frame({})

    def _delete(self, collection: Collection | None, ids: list[str]) -> Frame:
        """Delete vectors and count them: they keep their place on disk for good."""
        if collection is None or not ids:
            return Frame({"dead": _dead(collection)})
        dead = _dead(collection) + len(ids)
        collection.delete(ids=ids)
        collection.modify(metadata={"dead": dead})
        return Frame({"dead": dead})

    def _query(self, collection: Collection | None, body: bytes, limit: int) -> Frame:
        if collection is None:
            return Frame({"ids": [], "cosines": []})
        found = collection.query(
            query_embeddings=_rows(body, 1), n_results=limit, include=["distances"]
        )
        distances = (found["distances"] or [[]])[0]
        return Frame({"ids": found["ids"][0], "cosines": [1.0 - each for each in distances]})

    def _drop(self, name: str) -> Frame:
        """Drop a collection; the reply says how many vectors it held, dead ones among them."""
        collection = self._existing(name)
        if collection is None:
            return Frame({"vectors": 0})
        held = collection.count() + _dead(collection)
        self._client.delete_collection(name)
        return Frame({"vectors": held})

    def _existing(self, name: str) -> Collection | None:
        from chromadb.errors import NotFoundError

        try:
            return self._client.get_collection(name, embedding_function=None)
        except NotFoundError:
            return None


def _differing(collection: Collection | None, ids: list[str], body: bytes) -> Frame:
    """Return those of the ids whose vector is missing or another one than the body's."""
    import numpy as np

    wanted = dict(zip(ids, _rows(body, len(ids)), strict=True))
    there: dict[str, Any] = {}
    if collection is not None:
        got = collection.get(ids=ids, include=["embeddings"])
        vectors = got["embeddings"]
        there = dict(zip(got["ids"], () if vectors is None else vectors, strict=True))
    wrong = [
        each
        for each, row in wanted.items()
        if each not in there or not np.allclose(there[each], row, atol=TOLERANCE)
    ]
    return Frame({"wrong": wrong})


def _open(folder: Path) -> ClientAPI:
    import chromadb
    from chromadb.config import Settings

    folder.mkdir(parents=True, exist_ok=True)
    options: dict[str, Any] = {"_env_file": None}  # else it reads the working directory's .env
    settings = Settings(**options, anonymized_telemetry=False, allow_reset=False)
    return chromadb.PersistentClient(folder, settings=settings)


def _dead(collection: Collection | None) -> int:
    """Return how many vectors were deleted since the collection was built."""
    metadata = (collection.metadata if collection else None) or {}
    return int(str(metadata.get("dead") or 0))


def _rows(body: bytes, count: int) -> Any:
    import numpy as np

    return np.frombuffer(body, dtype="<f4").reshape(count, -1)


def _prepare(folder: Path, is_doubtful: bool) -> tuple[Handler, Mapping[str, Any]]:
    if is_doubtful:
        _expect_whole(folder / "chroma.sqlite3")
    return _Chroma(folder).handle, {}


def _expect_whole(file: Path) -> None:
    """Have SQLite check Chroma's own database before Chroma opens it."""
    if not file.exists():
        return
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        verdict = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if verdict != "ok":
        raise ValueError(f"{file.name} is damaged: {verdict}")


def main(arguments: list[str]) -> None:
    """Serve until the parent closes the pipe; the argument is Chroma's folder.

    A second argument has it looked at before it is opened.
    """
    folder = Path(arguments[0])
    kinds = frozenset({"upsert", "query", "delete", "drop", "count", "ids", "names", "differing"})
    with FileLock(folder.with_name(f"{folder.name}.lock"), timeout=ALONE_S):
        prepare = partial(_prepare, folder, len(arguments) > 1)
        serve(prepare, [Lane(kinds, niceness=5)], gentle=True)


if __name__ == "__main__":
    main(sys.argv[1:])
