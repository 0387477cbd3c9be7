"""The second half of ingest: vectors for what was read, and the errands of the outbox.

Vectors are stored in SQLite batch by batch, so that a restart goes on where it was, and only
then given to the vector index. Deletions come before additions.
"""

from __future__ import annotations

import logging
import time
import unicodedata
from collections.abc import Callable

from core.errors import Cancelled, EngineFailed
from core.records import Document
from core.retrieval.embedding import Embedder
from core.retrieval.lexical import LexicalIndex
from core.retrieval.notices import Notices
from core.retrieval.vector_index import VectorIndex
from core.store.chunks import ChunkStore, StoredChunk
from core.store.indexing import Errand, IngestStore
from core.streams import Cancel

log = logging.getLogger(__name__)

BATCH = 16
"""Chunks embedded at once: about a second on one core, which is how fast a stop is obeyed."""
GENTLE_BATCH = 4
"""The same while a reply is written: small, since it may take long on a busy machine."""
RETRY_AFTER_S = 60.0
OPEN_VECTORS_AFTER_S = 5.0
"""Chroma starts last, so that it does not delay the window and the embedder."""


class Indexing:
    """Runs the outbox's errands, one after another; used by one thread."""

    def __init__(
        self,
        store: IngestStore,
        chunks: ChunkStore,
        embedder: Embedder,
        lexical: LexicalIndex,
        vectors: VectorIndex,
        notices: Notices,
        replying: Callable[[], bool],
    ):
        self._store = store
        self._chunks = chunks
        self._embedder = embedder
        self._lexical = lexical
        self._vectors = vectors
        self._notices = notices
        self._replying = replying
        self._of_earlier_run = 0
        """Errands up to this one may not have reached the keyword index."""
        self._given_up: list[int] = []
        self._retry_at: float | None = None
        self._open_vectors_at = 0.0

    def open(self, cancel: Cancel) -> None:
        """Fill a keyword index that is new."""
        self._of_earlier_run = self._store.last_errand()
        if self._lexical.is_empty():
            for document_id in self._chunks.documents_with_text():
                if cancel:
                    return
                self._lexical.replace(document_id, self._chunks.chunks(document_id), commit=False)
            self._lexical.commit()
        self._open_vectors_at = time.monotonic() + OPEN_VECTORS_AFTER_S

    def step(self, cancel: Cancel) -> bool:
        """Run one errand; False where there is none. Raises Cancelled when the program ends."""
        if time.monotonic() >= self._open_vectors_at:
            self._vectors.open(cancel)
        self._retry_when_due()
        errand = self._store.next_errand(self._given_up)
        if errand is None:
            return False
        try:
            self._run(errand, cancel)
        except Cancelled:
            raise
        except Exception:
            log.exception("the errand %s was given up until the next start", errand)
            self._given_up.append(errand.seq)
        return True

    def _run(self, errand: Errand, cancel: Cancel) -> None:
        if errand.action == "drop":
            self._lexical.drop(errand.collection_id)
            self._vectors.drop(errand.collection_id)
        elif errand.document_id is not None and errand.action == "delete":
            self._lexical.delete(errand.document_id)
            ids = [each.id for each in self._chunks.chunks(errand.document_id)]
            self._vectors.remove(errand.collection_id, ids)
        elif errand.document_id is not None:
            found = self._store.live(errand.document_id)
            if found is not None:
                self._index(found, errand, cancel)
                return
        self._store.done(errand)

    def _index(self, found: Document, errand: Errand, cancel: Cancel) -> None:
        if errand.seq <= self._of_earlier_run:
            self._lexical.replace(found.id, self._chunks.chunks(found.id))
        try:
            same = self._embed(found, cancel)
        except EngineFailed as error:
            self._store.note_problem(found.id, "no_embedder", f"{error} {error.advice}")
            self._retry_at = time.monotonic() + RETRY_AFTER_S
            self._notices.changed(found)
            return
        if same:
            self._vectors.add(found.collection_id, self._chunks.document_vectors(found.id))
        self._store.finish(found.id)
        self._notices.changed(found)

    def _embed(self, found: Document, cancel: Cancel) -> bool:
        """Make the vectors that a document lacks.

        False where its collection's vectors are another embedder's: they cannot be compared, and
        the document is left to keyword search.
        """
        name = self._embedder.name
        theirs = self._chunks.embedders([found.collection_id]).get(found.collection_id)
        if theirs == "":
            self._chunks.set_embedder(found.collection_id, name)
        elif theirs != name:
            log.warning("%s was embedded by %s, not %s", found.collection_id, theirs, name)
            return False
        while True:
            gently = self._replying()
            missing = self._chunks.unembedded(found.id, GENTLE_BATCH if gently else BATCH)
            if not missing:
                return True
            if cancel:
                raise Cancelled
            texts = [embedded_text(each) for each in missing]
            rows = self._embedder.embed_passages(texts, gently=gently)
            blobs = [row.astype("<f4").tobytes() for row in rows]
            self._chunks.store_vectors(found.id, [each.id for each in missing], blobs)
            self._notices.progressed(found)

    def _retry_when_due(self) -> None:
        if self._retry_at is not None and time.monotonic() >= self._retry_at:
            self._retry_at = None
            self._store.forget_problems()


def embedded_text(stored: StoredChunk) -> str:
    """Return what the embedder reads of a chunk: the headings above it, then its text."""
    heading = stored.chunk.heading
    text = f"{heading}\n{stored.chunk.text}" if heading else stored.chunk.text
    return unicodedata.normalize("NFKC", text)
