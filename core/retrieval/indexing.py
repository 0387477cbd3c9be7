"""The second half of ingest: vectors for what was read, and the errands of the outbox.

Vectors are stored in SQLite batch by batch, so that a restart goes on where it was, and only
then given to the vector index. Deletions come before additions; new generations and tidying up
come when there is nothing else to do.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from typing import Protocol

from core.crashpoints import reached
from core.errors import Cancelled, EngineFailed, StorageFailed
from core.records import ChunkId, CollectionId, Document, DocumentId
from core.retrieval.embedding_step import EmbeddingStep
from core.retrieval.index_doctor import IndexDoctor
from core.retrieval.lexical import LexicalIndex
from core.retrieval.notices import Notices
from core.retrieval.patience import Patience
from core.retrieval.vector_index import VectorIndex
from core.store.chunks import ChunkStore, MadeBy, StoredChunk, Vectors
from core.store.indexing import NO_EMBEDDER, Errand, IngestStore
from core.streams import Cancel

log = logging.getLogger(__name__)

RETRY_AFTER_S = 60.0
SORTED_TOGETHER = 256
"""Chunks of which batches are made: those of one batch take as long as its longest."""
INDEXED_TOGETHER = 96
"""Vectors given to the vector index at once, while the embedder makes the next ones."""
OPEN_VECTORS_AFTER_S = 5.0
"""Chroma starts last, so that it does not delay the window and the embedder."""


class Spare(Protocol):
    """Work for when there is no errand."""

    def step(self, cancel: Cancel) -> bool:
        """Do one thing; False where there is nothing to do."""


class Indexing:
    """Runs the outbox's errands, one after another; used by one thread."""

    def __init__(
        self,
        store: IngestStore,
        chunks: ChunkStore,
        step: EmbeddingStep,
        lexical: LexicalIndex,
        vectors: VectorIndex,
        notices: Notices,
        doctor: IndexDoctor,
        spare: Sequence[Spare] = (),
    ):
        self._store = store
        self._chunks = chunks
        self._step = step
        self._lexical = lexical
        self._vectors = vectors
        self._notices = notices
        self._doctor = doctor
        self._spare = (doctor, *spare)
        self._of_earlier_run = 0
        """Errands up to this one may not have reached the keyword index."""
        self._given_up: list[int] = []
        self._patience = Patience()
        self._retry_at: float | None = None
        self._open_vectors_at = 0.0

    def open(self, cancel: Cancel) -> None:
        """Note what an earlier run left to be done."""
        self._of_earlier_run = self._store.last_errand()
        self._open_vectors_at = time.monotonic() + OPEN_VECTORS_AFTER_S

    def step(self, cancel: Cancel) -> bool:
        """Run the next errand, or what is left for idle times; False where there is nothing.

        Raises Cancelled when the program ends, StorageFailed where it is to be tried again.
        """
        if self._lexical.is_suspect and self._lexical.lacking():
            self._doctor.align_words(cancel)
        self._retry_when_due()
        errands = self._store.next_errands(self._given_up)
        if time.monotonic() >= self._open_vectors_at and (errands or not self._vectors.rests):
            self._vectors.open(cancel)
        if not errands:
            return any(each.step(cancel) for each in self._spare)
        try:
            self._run(errands, cancel)
        except Cancelled:
            raise
        except StorageFailed as error:
            if not self._patience.is_out(errands[0].seq, error):
                raise
            self._give_up(errands)
        except Exception:
            self._give_up(errands)
        return True

    def _give_up(self, errands: Sequence[Errand]) -> None:
        log.exception("the errands %s were given up until the next start", errands)
        self._given_up += [each.seq for each in errands]

    def _run(self, errands: Sequence[Errand], cancel: Cancel) -> None:
        first = errands[0]
        if first.action == "drop":
            self._lexical.drop(first.collection_id)
            reached("drop.words")
            self._vectors.drop(first.collection_id)
            reached("drop.vectors")
        elif first.document_id is not None and first.action == "delete":
            self._lexical.delete(first.document_id)
            reached("delete.words")
            ids = [each.id for each in self._chunks.chunks(first.document_id)]
            self._vectors.remove(first.collection_id, ids)
            reached("delete.vectors")
        elif first.document_id is not None and first.action == "rename":
            if self._store.live(first.document_id) is not None:
                self._lexical.replace(first.document_id, self._chunks.chunks(first.document_id))
        else:
            self._index(errands, cancel)
            return
        self._store.done(first)
        reached("delete.done")

    def _index(self, errands: Sequence[Errand], cancel: Cancel) -> None:
        """Give documents of one collection their vectors, and tell the indexes of them."""
        found: dict[DocumentId, Document] = {}
        for errand in errands:
            live = self._store.live(errand.document_id) if errand.document_id else None
            if live is None:
                self._store.done(errand)
                continue
            found[live.id] = live
            if errand.action == "restore" or errand.seq <= self._of_earlier_run:
                self._lexical.replace(live.id, self._chunks.chunks(live.id))
        if not found:
            return
        collection_id = errands[0].collection_id
        try:
            self._embed(collection_id, found, cancel)
        except EngineFailed as error:
            self._do_without(list(found.values()), error)
            return
        for document_id in self._store.wanted(list(found)):
            self._store.finish(document_id)
            reached("index.finished")
        for each in found.values():
            self._notices.changed(each)

    def _embed(
        self, collection_id: CollectionId, found: dict[DocumentId, Document], cancel: Cancel
    ) -> None:
        """Make the vectors that documents lack, as long as they are wanted, and index them."""
        made_by = self._chunks.made_by([collection_id]).get(collection_id)
        if made_by is None or not self._suits(made_by, collection_id):
            return
        begun = [each.id for each in found.values() if each.embedded_count]
        self._vectors.add(collection_id, self._chunks.document_vectors(*begun))
        new: dict[ChunkId, bytes] = {}
        batches = self._batches(list(found), cancel)
        for chunks, blobs in self._step.in_turn(made_by.embedder_id, batches):
            ids = [each.id for each in chunks]
            self._chunks.store_vectors(collection_id, ids, blobs)
            reached("index.embedded")
            for document_id in {each.document_id for each in chunks}:
                self._notices.progressed(found[document_id])
            new.update(zip(ids, blobs, strict=True))
            if len(new) >= INDEXED_TOGETHER:
                self._vectors.add(collection_id, Vectors(tuple(new), tuple(new.values())))
                new.clear()
        self._vectors.add(collection_id, Vectors(tuple(new), tuple(new.values())))
        reached("index.added")

    def _suits(self, theirs: MadeBy, collection_id: CollectionId) -> bool:
        """Tell whether its embedder's vectors can be compared with those that a collection has.

        Where they cannot, documents are left to keyword search.
        """
        ours = self._step.embedders.made_by(theirs.embedder_id)
        if not theirs.embedder:
            self._chunks.set_embedder(collection_id, ours)
        elif theirs.embedder != ours.embedder:
            before, now = theirs.embedder, ours.embedder
            log.warning("%s was embedded by %s, not %s", collection_id, before, now)
        return theirs.embedder in ("", ours.embedder)

    def _batches(
        self, documents: Sequence[DocumentId], cancel: Cancel
    ) -> Iterator[Sequence[StoredChunk]]:
        """Yield chunks of similar length that lack vectors, as long as they are wanted."""
        some: list[StoredChunk] = []
        begun: set[ChunkId] = set()
        while wanted := self._store.wanted(documents):
            if cancel:
                raise Cancelled
            some = [each for each in some if each.document_id in wanted]
            if not some:  # of the last ones some are still on their way
                missing = self._chunks.unembedded(wanted, SORTED_TOGETHER)
                some = [each for each in missing if each.id not in begun]
                some.sort(key=lambda each: len(each.chunk.text))
                begun = {each.id for each in some}
            if not some:
                return
            size = self._step.size
            yield some[:size]
            some = some[size:]

    def _do_without(self, found: Sequence[Document], error: EngineFailed) -> None:
        """Leave documents to keyword search until an embedder can be had."""
        for each in found:
            self._store.note_problem(each.id, NO_EMBEDDER, f"{error} {error.advice}")
            self._notices.changed(each)
        self._retry_at = time.monotonic() + RETRY_AFTER_S

    def _retry_when_due(self) -> None:
        if self._retry_at is not None and time.monotonic() >= self._retry_at:
            self._retry_at = None
            self._store.forget_problems()
