"""Compares the two indexes with SQLite, and has them put right from it.

Looking is for any thread. Putting right is done by the indexing thread, document by document, so
that questions and ingest go on meanwhile.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Iterable, Mapping

from core.records import ChunkId, DocumentId, HealthState, Store, StoreHealth
from core.retrieval.lexical import LexicalIndex
from core.retrieval.vector_index import VectorIndex
from core.store.chunks import ChunkStore
from core.store.indexing import IngestStore
from core.streams import Cancel

log = logging.getLogger(__name__)

COMMIT_EVERY = 200
"""Documents; a commit takes some 50 ms."""


class IndexDoctor:
    """Examines and repairs both indexes."""

    def __init__(
        self, chunks: ChunkStore, store: IngestStore, lexical: LexicalIndex, vectors: VectorIndex
    ):
        self._chunks = chunks
        self._store = store
        self._lexical = lexical
        self._vectors = vectors
        self._wanted = threading.Event()

    # ------------------------------------------------------------ any thread

    def examine(self) -> tuple[StoreHealth, StoreHealth]:
        """Compare both indexes with SQLite; what is owed to them by the outbox is not missed.

        Raises StorageFailed.
        """
        return self._words_health(), self._vectors_health()

    def request(self) -> None:
        """Have both indexes compared and put right when nothing more urgent is to be done."""
        self._wanted.set()

    @property
    def repairing(self) -> bool:
        """True until what was requested is done."""
        return self._wanted.is_set()

    def _words_health(self) -> StoreHealth:
        there = Counter(self._lexical.chunk_ids())
        expected = _all(self._chunks.findable())
        return _health(Store.KEYWORDS, there, expected, self._store.owed())

    def _vectors_health(self) -> StoreHealth:
        collections = self._chunks.ready_vectors()
        there = Counter(id for each in collections for id in self._vectors.ids(each))
        if not self._vectors.is_open:
            return StoreHealth(Store.VECTORS, HealthState.UNOPENED)
        expected = {id for each in collections for id in self._chunks.ready_vector_ids(each)}
        return _health(Store.VECTORS, there, expected, self._store.owed())

    # ------------------------------------------------------------ the indexing thread

    def step(self, cancel: Cancel) -> bool:
        """Do what was requested; False where nothing was."""
        if not self._wanted.is_set():
            return False
        self.align_words(cancel)
        self._vectors.compare(cancel)
        if not self._vectors.is_open:
            self._vectors.open(cancel)  # what was broken has been put aside
        if not cancel:
            self._wanted.clear()
        return True

    def align_words(self, cancel: Cancel) -> None:
        """Put in what the keyword index lacks, and take out what it should not have."""
        there: dict[DocumentId, Counter[str]] = {}
        for chunk_id in self._lexical.chunk_ids():  # before SQLite: what comes later is no orphan
            there.setdefault(_document_of(chunk_id), Counter())[chunk_id] += 1
        expected = self._chunks.findable()
        for document_id in there.keys() - expected.keys():
            self._lexical.delete(document_id)
        wrong = [each for each, ids in expected.items() if there.get(each) != Counter(ids)]
        for number, document_id in enumerate(wrong, 1):
            if cancel:
                return
            chunks = self._chunks.chunks(document_id)
            self._lexical.replace(document_id, chunks, commit=number % COMMIT_EVERY == 0)
        self._lexical.commit()
        self._lexical.complete()
        if wrong or there.keys() - expected.keys():
            log.info("%d documents of the keyword index were put right", len(wrong))


def _all(chunks: Mapping[DocumentId, Iterable[ChunkId]]) -> set[ChunkId]:
    return {each for ids in chunks.values() for each in ids}


def _health(
    store: Store, there: Counter[str], expected: set[ChunkId], owed: set[DocumentId]
) -> StoreHealth:
    missing = {each for each in expected.difference(there) if _document_of(each) not in owed}
    orphaned = sum(
        count - (each in expected)
        for each, count in there.items()
        if _document_of(each) not in owed
    )
    state = HealthState.INCOMPLETE if missing or orphaned else HealthState.WHOLE
    return StoreHealth(store, state, len(expected), len(missing), orphaned)


def _document_of(chunk_id: str) -> DocumentId:
    return DocumentId(chunk_id.rpartition("-")[0])
