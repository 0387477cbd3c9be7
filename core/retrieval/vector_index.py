"""The vector index: each collection's vectors in Chroma, a cache that SQLite can rebuild.

Before it is trusted, each collection is counted and asked for a vector that it must contain. Where
Chroma was not closed in order, or its files are not as it left them, all is compared with SQLite.
A broken index goes to the quarantine and is built anew. While Chroma is not open, or too slow,
exact search answers instead. Chroma takes 120 MB, so it rests when nobody wants it.
"""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import seals
from core.crashpoints import reached
from core.records import ChunkId, CollectionId
from core.retrieval.child import GENTLE_S, Child, ChildDied, ChildLate, Frame
from core.retrieval.exact import ExactSearch
from core.retrieval.hits import Hit
from core.retrieval.quarantine import put_aside
from core.retrieval.vector_check import VectorCheck
from core.store.chunks import ChunkStore, Vectors
from core.streams import Cancel

if TYPE_CHECKING:
    from core.retrieval.exact import Vector

log = logging.getLogger(__name__)

OPEN_LIMIT_S = 60.0
WRITE_LIMIT_S = 60.0
QUERY_LIMIT_S = 0.5
REST_LIMIT_S = 30.0
"""How long Chroma may take to end before it rests: nobody waits for it then."""
BATCH = 100
"""Vectors in one write: a question waits behind at most one, about 0.2 s."""
EXACT_BELOW = 1000
"""Smaller collections are searched exactly, which takes less time than asking Chroma."""
WASTE_FACTOR = 1
"""A collection with more deleted vectors than this times its live ones is built anew, since
Chroma's files never shrink: on disk it has at most about twice the room that it needs."""
WASTE_LEAST = 1000
"""Fewer deleted vectors are not worth the trouble, on disk or in memory."""
MAX_FAILURES = 3
ROOM_BYTES = 64 << 20
"""With less free room a failure says nothing about the index, and Chroma stays closed."""


class _Broken(Exception):
    """Chroma answered with an error, or not at all."""


class VectorIndex:
    """Nearest chunks by vector. `search` is for any thread, the rest for the indexing thread."""

    def __init__(self, folder: Path, store: ChunkStore, *, exact_below: int = EXACT_BELOW):
        self._folder = folder
        self._store = store
        self._exact = ExactSearch(store)
        self._exact_below = exact_below
        self._lock = threading.Lock()
        self._child: Child | None = None
        self._closed = False
        self._failures = 0
        self._used_at = time.monotonic()
        self._rests = False
        self._sizes: dict[CollectionId, int] = {}
        """Live vectors of the collections that were checked and may be asked for."""
        self._unsynced: set[CollectionId] = set()
        """Collections that changed while Chroma was not open."""
        self._due: set[CollectionId] = set()
        """Collections to be put right when there is time: too much waste, or a new generation."""
        self._dropped = 0
        """Vectors, dead ones too, of what was dropped since Chroma was opened."""
        self._is_doubtful = False
        """True until everything was compared, where Chroma was not closed in order."""

    def search(self, collection_id: CollectionId, question: Vector, limit: int) -> list[Hit]:
        """Return the chunks of a collection closest to the question, by cosine, best first."""
        size = self._sizes.get(collection_id)
        if size is not None and size >= self._exact_below:
            self._rests = False
            try:
                return self._nearest(collection_id, question.astype("<f4").tobytes(), limit)
            except _Broken as problem:
                log.info("exact search stands in for the vector index: %s", problem)
        return self._exact.search(collection_id, question, limit)

    @property
    def is_open(self) -> bool:
        """True where Chroma runs."""
        return self._child is not None and self._child.alive

    @property
    def rests(self) -> bool:
        """True where Chroma was closed for nobody wanted it, and nobody has since."""
        return self._rests

    def rest(self, idle_s: float) -> None:
        """Close Chroma in order if nobody has wanted it for so long."""
        idle = time.monotonic() - self._used_at >= idle_s
        if idle and self.is_open and not self._due:
            self._rests = True
            self._close(REST_LIMIT_S)

    def wake(self) -> None:
        """Have Chroma opened again if there is a collection that it answers for."""
        if any(size >= self._exact_below for size in self._sizes.values()):
            self._rests = False

    @property
    def is_given_up(self) -> bool:
        """True where it failed so often that exact search does it all until the next start."""
        return self._failures >= MAX_FAILURES

    def ids(self, collection_id: CollectionId) -> list[str]:
        """Return the chunks whose vectors Chroma has, none where it is not open; any thread.

        Where it rests, it will be opened.
        """
        self._rests = False
        try:
            return list(self._ask("ids", self._name(collection_id)).head["ids"])
        except _Broken:
            return []

    def compare(self, cancel: Cancel) -> None:
        """Hold everything against SQLite again, and put it right."""
        self._failures, self._is_doubtful = 0, True
        if self.is_open:
            self._check_all(cancel)
        else:
            self.open(cancel)

    def open(self, cancel: Cancel) -> None:
        """Start Chroma where it does not run, check each collection, put back what it lacks.

        After several failures exact search is left to do it all until the next start.
        """
        if self.is_open or self.is_given_up or not self._has_room():
            return
        if not seals.holds(self._folder):
            self._is_doubtful = True
        seals.break_seal(self._folder)
        self._rests = False
        self._check_all(cancel, self._start)

    def _check_all(self, cancel: Cancel, first: Callable[[], None] = lambda: None) -> None:
        """Put every collection right; an index that is broken goes to the quarantine."""
        try:
            first()
            self._drop_unknown()
            for collection_id, expected in self._store.ready_vectors().items():
                if cancel:
                    return
                self._check(collection_id, expected, cancel)
            self._is_doubtful = bool(cancel)
        except _Broken as problem:
            if not self._closed:
                self._fail()
            if not self._closed and self._has_room():
                self._put_aside(f"The vector index could not be used: {problem}.")

    def add(self, collection_id: CollectionId, vectors: Vectors) -> None:
        """Put vectors in; where that is not possible now, they are found exactly until it is."""
        if not vectors.ids:
            return
        self._exact.forget(collection_id)
        if self._write(collection_id, lambda: self._upsert(self._name(collection_id), vectors)):
            self._sizes[collection_id] = self._sizes.get(collection_id, 0) + len(vectors.ids)

    def remove(self, collection_id: CollectionId, chunk_ids: Sequence[ChunkId]) -> None:
        """Take chunks out; search leaves them out even before."""
        self._exact.forget(collection_id)
        name, ids = self._name(collection_id), list(chunk_ids)
        if self._write(collection_id, lambda: self._delete(collection_id, name, ids)):
            left = self._sizes.get(collection_id, 0) - len(ids)
            self._sizes[collection_id] = max(left, 0)

    def build(self, collection_id: CollectionId, generation: int, cancel: Cancel) -> None:
        """Build a coming generation beside the present one, as far as its vectors are there.

        Where Chroma is not open that is left to its next opening.
        """
        if self.is_open:
            try:
                self._align(collection_id, cancel, generation)
            except _Broken as problem:
                self._complain(problem)

    def renew(self, collection_id: CollectionId) -> None:
        """Answer from the collection's present generation, which is another one than before."""
        self._exact.forget(collection_id)
        self._sizes.pop(collection_id, None)
        self._due.add(collection_id)
        self._rests = False

    def slim(self, cancel: Cancel) -> bool:
        """Put one collection right that has too much waste or a new generation; False for none.

        When all are right, Chroma gives back what it holds of those that were dropped.
        """
        if not self.is_open:
            return False
        if not self._due:
            return self._give_back(cancel)
        collection_id = self._due.pop()
        try:
            self._drop_unknown()
            expected = self._store.ready_vectors().get(collection_id)
            if expected is not None:
                self._check(collection_id, expected, cancel)
        except _Broken as problem:
            self._complain(problem)
        return True

    def _give_back(self, cancel: Cancel) -> bool:
        """Close Chroma and open it again where much was dropped: it frees none of it before.

        1,300 vectors of 384 numbers, built anew 7 times, left it with 40 MB more (n=3).
        """
        if self._dropped < WASTE_LEAST:
            return False
        self._close(REST_LIMIT_S)
        self.open(cancel)
        return True

    def drop(self, collection_id: CollectionId) -> None:
        """Forget a collection."""
        self._exact.forget(collection_id)
        self._sizes.pop(collection_id, None)
        self._write(collection_id, lambda: self._drop(self._name(collection_id)))

    def _write(self, collection_id: CollectionId, action: Callable[[], object]) -> bool:
        """Write to Chroma; where that fails, the next opening will see what is lacking."""
        if self.is_open:
            try:
                action()
                return True
            except _Broken as problem:
                self._complain(problem)
        self._unsynced.add(collection_id)
        seals.break_seal(self._folder)
        return False

    def _complain(self, problem: _Broken) -> None:
        if not self._closed:
            log.warning("writing to the vector index failed: %s", problem)
            self._fail()

    def close(self) -> None:
        """End Chroma, giving it a moment to finish what it writes."""
        with self._lock:
            self._closed = True
        self._close(GENTLE_S)

    def _close(self, limit_s: float) -> None:
        child = self._child
        if child is not None and child.close_gently(limit_s) and not self._may_be_torn:
            seals.seal(self._folder)

    @property
    def _may_be_torn(self) -> bool:
        return self._is_doubtful or bool(self._unsynced)

    # ------------------------------------------------------------ opening

    def _start(self) -> None:
        with self._lock:
            if self._closed:
                raise _Broken("it was closed")
            if self._child is not None:
                self._child.close()
            doubt = ["doubtful"] if self._is_doubtful else []
            self._child = Child("vectors", str(self._folder), *doubt)
            self._dropped = 0
        try:
            head = self._child.wait_ready(OPEN_LIMIT_S).head
        except (ChildDied, ChildLate) as problem:
            raise _Broken(str(problem)) from problem
        if "error" in head:
            raise _Broken(head["error"]["message"])

    def _drop_unknown(self) -> None:
        """Drop the collections and generations that SQLite does not know any more."""
        known = {self._name(each) for each in self._store.ready_vectors()}
        for name in self._ask("names").head["names"]:
            if name not in known:
                self._drop(name)

    def _check(self, collection_id: CollectionId, expected: int, cancel: Cancel) -> None:
        """Trust a collection that has what it should have, after putting right one that has not."""
        name = self._name(collection_id)
        head = self._ask("count", name).head
        count, wasted = head["count"], _is_waste(head["dead"], expected)
        if wasted:
            log.info("building the vectors of %s anew", name)
            self._drop(name)
            count = 0
        if count != expected or collection_id in self._unsynced or self._is_doubtful:
            self._align(collection_id, cancel)
        if count and not cancel:
            self._expect_truth(collection_id, cancel)
        if not cancel:
            self._unsynced.discard(collection_id)
            self._sizes[collection_id] = expected

    def _expect_truth(self, collection_id: CollectionId, cancel: Cancel) -> None:
        """Ask for what must be there; where there is doubt, compare everything."""
        truth = self._truth(collection_id)
        if not truth.finds_what_it_has(collection_id):
            raise _Broken(f"{self._name(collection_id)} does not find what it has")
        wrong = truth.lies(collection_id, cancel) if self._is_doubtful else None
        if wrong is not None:
            raise _Broken(f"{self._name(collection_id)}: {wrong}")

    def _align(
        self, collection_id: CollectionId, cancel: Cancel, generation: int | None = None
    ) -> None:
        """Add the vectors that Chroma lacks and delete those that it should not have."""
        name = self._name(collection_id, generation)
        there = set(self._ask("ids", name).head["ids"])
        wanted = self._store.ready_vector_ids(collection_id, generation)
        missing = [each for each in wanted if each not in there]
        self._ask("delete", name, ids=sorted(there.difference(wanted)))
        for start in range(0, len(missing), BATCH):
            if cancel:
                return
            some = self._store.vectors_of(missing[start : start + BATCH], generation)
            self._upsert(name, some)

    def _truth(self, collection_id: CollectionId) -> VectorCheck:
        name = self._name(collection_id)

        def nearest(question: bytes, limit: int) -> list[Hit]:
            return self._nearest(collection_id, question, limit, WRITE_LIMIT_S)

        def differing(ids: Sequence[ChunkId], body: bytes) -> list[str]:
            return list(self._ask("differing", name, body, ids=list(ids)).head["wrong"])

        return VectorCheck(self._store, nearest, differing)

    def _has_room(self) -> bool:
        return shutil.disk_usage(self._folder.parent).free >= ROOM_BYTES

    def _fail(self) -> None:
        """Close Chroma; it is opened again, a few times, or once the disk has room."""
        self._failures += self._has_room()
        self._sizes.clear()
        if self._child is not None:
            self._child.close()

    def _put_aside(self, why: str) -> None:
        """Keep what is broken for whoever wants to look at it."""
        try:
            put_aside(self._folder, self._folder, why)
        except OSError as error:
            log.warning("a broken vector index could not be put aside (%s): %s", error, why)
        reached("repair.made")

    # ------------------------------------------------------------ talking to the worker

    def _name(self, collection_id: CollectionId, generation: int | None = None) -> str:
        return f"{collection_id}-g{generation or self._store.generation(collection_id)}"

    def _drop(self, name: str) -> None:
        self._dropped += self._ask("drop", name).head["vectors"]

    def _delete(self, collection_id: CollectionId, name: str, ids: list[ChunkId]) -> None:
        dead = self._ask("delete", name, ids=ids).head["dead"]
        if _is_waste(dead, self._sizes.get(collection_id, 0) - len(ids)):
            self._due.add(collection_id)

    def _nearest(
        self,
        collection_id: CollectionId,
        question: bytes,
        limit: int,
        deadline_s: float = QUERY_LIMIT_S,
    ) -> list[Hit]:
        name = self._name(collection_id)
        head = self._ask("query", name, question, deadline_s=deadline_s, limit=limit).head
        pairs = zip(head["ids"], head["cosines"], strict=True)
        return [Hit(ChunkId(each), cosine) for each, cosine in pairs]

    def _upsert(self, name: str, vectors: Vectors) -> None:
        for start in range(0, len(vectors.ids), BATCH):
            ids = list(vectors.ids[start : start + BATCH])
            self._ask("upsert", name, b"".join(vectors.blobs[start : start + BATCH]), ids=ids)

    def _ask(
        self,
        kind: str,
        name: str = "",
        body: bytes = b"",
        *,
        deadline_s: float = WRITE_LIMIT_S,
        **more: Any,
    ) -> Frame:
        child = self._child
        if child is None:
            raise _Broken("it is not open")
        self._used_at = time.monotonic()
        try:
            reply = child.ask({"kind": kind, "name": name, **more}, deadline_s, body)
        except (ChildDied, ChildLate) as problem:
            raise _Broken(str(problem)) from problem
        if "error" in reply.head:
            raise _Broken(reply.head["error"].get("trace") or reply.head["error"]["message"])
        return reply


def _is_waste(dead: int, live: int) -> bool:
    return dead > max(WASTE_FACTOR * live, WASTE_LEAST)
