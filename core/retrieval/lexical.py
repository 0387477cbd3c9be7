"""The keyword index: chunks by the words in them, in tantivy.

A cache that SQLite can rebuild, not trusted before it was looked at: where it was not closed in
order, or its files are not as they were left, their checksums are compared, and where those do not
tell all, a probe opens it in a process of its own first. A broken one goes to the quarantine and an
empty one takes its place; `lacking` tells the indexing thread what to do about it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from enum import IntEnum
from pathlib import Path
from typing import TypeVar

from core import seals
from core.crashpoints import reached
from core.errors import StorageFailed
from core.records import ChunkId, CollectionId, DocumentId
from core.retrieval.hits import Hit
from core.retrieval.lexical_files import META, damage, is_noted
from core.retrieval.lexical_probe import probe
from core.retrieval.opened_index import OpenedIndex
from core.retrieval.owner import OwnerThread
from core.retrieval.quarantine import put_aside
from core.store.chunks import StoredChunk

log = logging.getLogger(__name__)
T = TypeVar("T")

VERSION = "2"
"""Part of the folder's name: a changed schema or analysis builds a new index."""
DEADLINE_S = 30.0
LOCKED_S = 2.0
MAX_QUERY_CHARACTERS = 4000
MOST_OF_A_WORD = 2.2
"""BM25's k1 + 1: what a word's frequency in a chunk comes near to, times its rarity."""


class Lacking(IntEnum):
    """What an index may lack."""

    NOTHING = 0
    SOME = 1
    """It was not closed in order: it has to be compared with SQLite."""
    ALL = 2
    """It is new: it has to be filled."""


class LexicalIndex:
    """Chunks by their words; safe from any thread."""

    def __init__(self, folder: Path):
        self._folder = folder / f"v{VERSION}"
        self._owner = OwnerThread("outpost-lexical")
        self._open: OpenedIndex | None = None
        self._lacking = Lacking.NOTHING

    def lacking(self) -> Lacking:
        """Open the index where it is not and tell what it may lack."""
        return self._run(lambda _: self._lacking)

    @property
    def is_suspect(self) -> bool:
        """True where `lacking` has something to tell; costs nothing."""
        return self._open is None or self._lacking is not Lacking.NOTHING

    def complete(self) -> None:
        """Note that the index has everything now."""
        self._lacking = Lacking.NOTHING

    def replace(
        self, document_id: DocumentId, chunks: Sequence[StoredChunk], *, commit: bool = True
    ) -> None:
        """Put a document's chunks in place of those it had; found by searches once committed."""

        def write(opened: OpenedIndex) -> None:
            opened.writer.delete_documents_by_term("document_id", document_id)
            for each in chunks:
                opened.writer.add_document(opened.document(each))
            if commit:
                opened.commit()

        self._run(write)

    def commit(self) -> None:
        """Make what was replaced without a commit durable and visible."""
        self._run(lambda opened: opened.commit())

    def delete(self, document_id: DocumentId) -> None:
        """Forget a document."""
        self._delete("document_id", document_id)

    def drop(self, collection_id: CollectionId) -> None:
        """Forget a collection."""
        self._delete("collection_id", collection_id)

    def chunk_ids(self) -> list[str]:
        """Return every chunk that the index holds, once for each time that it is there."""
        return self._run(lambda opened: opened.chunk_ids())

    def search(
        self,
        text: str,
        collection_ids: Sequence[CollectionId],
        limit: int,
        document_ids: Sequence[DocumentId] | None = None,
    ) -> list[Hit]:
        """Return the chunks of these collections that share words with the text, best first.

        `document_ids` limits them to those documents. Each hit's share is its BM25 score over the
        most that a chunk could get for this text.
        """

        def find(opened: OpenedIndex) -> list[Hit]:
            words = opened.words(text[:MAX_QUERY_CHARACTERS])
            if not words or not collection_ids or document_ids == []:
                return []
            most = MOST_OF_A_WORD * sum(map(opened.rarity, words))
            found = opened.top(words, collection_ids, document_ids, limit)
            return [Hit(ChunkId(chunk_id), score, score / most) for chunk_id, score in found]

        return self._run(find)

    def close(self) -> None:
        """Close the index; what was committed is on disk."""
        self._owner.close(self._finish)

    def _delete(self, field: str, value: str) -> None:
        def write(opened: OpenedIndex) -> None:
            opened.writer.delete_documents_by_term(field, value)
            opened.commit()

        self._run(write)

    def _run(self, action: Callable[[OpenedIndex], T]) -> T:
        def guarded() -> T:
            try:
                return action(self._opened())
            except BaseException as error:
                if not _is_from_tantivy(error):
                    raise
                self._give_up()
                log.exception("the keyword index failed")
                raise StorageFailed(f"The keyword index failed: {error}.") from error

        try:
            return self._owner.call(guarded, DEADLINE_S)
        except TimeoutError as error:
            waited = f"no answer within {DEADLINE_S:g} s"
            raise StorageFailed(f"The keyword index failed: {waited}.") from error

    # ------------------------------------------------------------ opening, on the owner thread

    def _opened(self) -> OpenedIndex:
        """Open the index where it is not, after a look at whether that is safe."""
        if self._open is None:
            if (self._folder / META).exists():
                self._examine()
            else:
                self._lacking = Lacking.ALL
            seals.break_seal(self._folder)
            self._open = self._opened_anyway()
        return self._open

    def _examine(self) -> None:
        """Put an index aside that is not fit to be opened."""
        if self._lacking is Lacking.NOTHING and seals.holds(self._folder):
            return
        wrong = damage(self._folder)
        if wrong is None and not is_noted(self._folder):
            wrong = probe(self._folder)
        if wrong is not None:
            self._put_aside(wrong)
        elif self._lacking is Lacking.NOTHING:
            self._lacking = Lacking.SOME

    def _opened_anyway(self) -> OpenedIndex:
        """Open an index that looked well; where that fails after all, the probe decides why.

        A process that was killed may hold the index's lock for a moment longer.
        """
        deadline = time.monotonic() + LOCKED_S
        try:
            while True:
                try:
                    return OpenedIndex(self._folder)
                except ValueError as error:
                    if "LockBusy" not in str(error) or time.monotonic() > deadline:
                        raise
                time.sleep(0.05)
        except BaseException as error:
            wrong = probe(self._folder) if _is_from_tantivy(error) else None
            if wrong is None:  # such as a full disk
                raise
            self._put_aside(wrong)
            return OpenedIndex(self._folder)

    def _put_aside(self, wrong: str) -> None:
        why = f"The keyword index could not be used: {wrong}."
        put_aside(self._folder, self._folder.parent, why)
        self._lacking = Lacking.ALL
        reached("repair.made")

    def _give_up(self) -> None:
        """Close the index after an error, whatever state it is in, to be examined and reopened."""
        opened, self._open = self._open, None
        if opened is not None:
            self._lacking = max(self._lacking, Lacking.SOME)
            try:
                opened.close()
            except BaseException as error:
                if not _is_from_tantivy(error):
                    raise

    def _finish(self) -> None:
        """Close and seal an index that lacks nothing; others are looked at again when opened."""
        if self._open is not None:
            self._open.close()
            self._open = None
            if self._lacking is Lacking.NOTHING:
                seals.seal(self._folder)


def _is_from_tantivy(error: BaseException) -> bool:
    """Tell tantivy's errors, which are ValueErrors, OSErrors and Rust panics, from others."""
    return isinstance(error, (ValueError, OSError)) or type(error).__name__ == "PanicException"
