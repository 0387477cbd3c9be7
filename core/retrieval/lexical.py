"""The keyword index: BM25 by tantivy, a cache that SQLite can rebuild at any time.

One thread owns it. Queries are built from the analyzer's words, never parsed from what a user
typed: the parser refuses ordinary sentences and crashes on thousands of parentheses. Identifiers
are indexed raw, since deleting by a stemmed field deletes more than is meant.
"""

from __future__ import annotations

import logging
import shutil
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, TypeVar

from core.errors import StorageFailed
from core.records import ChunkId, CollectionId, DocumentId
from core.retrieval.hits import Hit
from core.retrieval.owner import OwnerThread
from core.store.chunks import StoredChunk

if TYPE_CHECKING:
    import tantivy

log = logging.getLogger(__name__)
T = TypeVar("T")

VERSION = "1"
"""Part of the folder's name: a changed schema or analyzer builds a new index."""
ARENA_BYTES = 15_000_000
"""The least that tantivy accepts for a writer thread."""
DEADLINE_S = 30.0
MAX_QUERY_CHARACTERS = 4000
MAX_QUERY_WORDS = 48
ANALYZER = "outpost_en"
FIELD_WEIGHTS = {"body": 1.0, "heading": 0.6, "title": 0.6}
RARE_SHARE = 0.02
"""A word is rare where at most this share of all chunks, or two of them, have it."""


class LexicalIndex:
    """Chunks by their words; safe from any thread."""

    def __init__(self, folder: Path):
        self._folder = folder / f"v{VERSION}"
        self._owner = OwnerThread("outpost-lexical")
        self._open: _Opened | None = None

    def is_empty(self) -> bool:
        """Open the index and tell whether nothing is in it: then it has to be filled."""
        return self._run(lambda opened: opened.index.searcher().num_docs == 0)

    def replace(
        self, document_id: DocumentId, chunks: Sequence[StoredChunk], *, commit: bool = True
    ) -> None:
        """Put a document's chunks in place of those it had; found by searches once committed."""

        def write(opened: _Opened) -> None:
            opened.writer.delete_documents_by_term("document_id", document_id)
            for each in chunks:
                opened.writer.add_document(_tantivy_document(each))
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

    def search(self, text: str, collection_ids: Sequence[CollectionId], limit: int) -> list[Hit]:
        """Return the chunks of these collections that share words with the text, best first."""
        text = unicodedata.normalize("NFKC", text[:MAX_QUERY_CHARACTERS])

        def find(opened: _Opened) -> list[Hit]:
            words = opened.words(text)
            if not words or not collection_ids:
                return []
            found = opened.top(words, collection_ids, limit)
            rare = opened.top(opened.rare(words), collection_ids, limit)
            having = {chunk_id for chunk_id, _ in rare}
            return [Hit(ChunkId(chunk_id), score, chunk_id in having) for chunk_id, score in found]

        return self._run(find)

    def close(self) -> None:
        """Close the index; what was committed is on disk."""
        self._owner.close(self._forget)

    def _delete(self, field: str, value: str) -> None:
        def write(opened: _Opened) -> None:
            opened.writer.delete_documents_by_term(field, value)
            opened.commit()

        self._run(write)

    def _run(self, action: Callable[[_Opened], T]) -> T:
        def guarded() -> T:
            try:
                return action(self._opened())
            except BaseException as error:
                if not _is_from_tantivy(error):
                    raise
                self._forget()
                log.exception("the keyword index failed")
                raise StorageFailed(f"The keyword index failed: {error}.") from error

        return self._owner.call(guarded, DEADLINE_S)

    def _opened(self) -> _Opened:
        """Open the index where it is not; a broken one is thrown away, as SQLite has it all."""
        if self._open is None:
            try:
                self._open = _Opened(self._folder)
            except BaseException as error:
                if not _is_from_tantivy(error):
                    raise
                log.warning("the keyword index is broken and will be built anew: %s", error)
                shutil.rmtree(self._folder, ignore_errors=True)
                self._open = _Opened(self._folder)
        return self._open

    def _forget(self) -> None:
        self._open = None


class _Opened:
    """The open index; used on the owner thread alone."""

    def __init__(self, folder: Path):
        import tantivy

        folder.mkdir(parents=True, exist_ok=True)
        self._tantivy = tantivy
        self.schema = _schema()
        self.index = tantivy.Index(self.schema, path=str(folder))
        self.analyzer = _analyzer()
        self.index.register_tokenizer(ANALYZER, self.analyzer)
        self.writer = self.index.writer(ARENA_BYTES, 1)

    def commit(self) -> None:
        self.writer.commit()
        self.index.reload()

    def words(self, text: str) -> list[str]:
        """Return the text's words as they are indexed; of too many, the rarest."""
        words = list(dict.fromkeys(self.analyzer.analyze(text)))
        if len(words) > MAX_QUERY_WORDS:
            words = sorted(words, key=self._frequency)[:MAX_QUERY_WORDS]
        return words

    def rare(self, words: Sequence[str]) -> list[str]:
        """Return those of the words that occur, but in few chunks."""
        most = max(2.0, RARE_SHARE * self.index.searcher().num_docs)
        return [word for word in words if 0 < self._frequency(word) <= most]

    def top(
        self, words: Sequence[str], collection_ids: Sequence[CollectionId], limit: int
    ) -> list[tuple[str, float]]:
        """Return id and BM25 score of the best chunks that have any of the words."""
        if not words:
            return []
        searcher = self.index.searcher()
        found = searcher.search(self._query(words, collection_ids), limit, count=False)
        return [(searcher.doc(address)["chunk_id"][0], score) for score, address in found.hits]

    def _frequency(self, word: str) -> int:
        return self.index.searcher().doc_freq("body", word)

    def _query(self, words: Sequence[str], collection_ids: Sequence[CollectionId]) -> tantivy.Query:
        query, occur = self._tantivy.Query, self._tantivy.Occur
        evidence = [
            (
                occur.Should,
                query.boost_query(query.term_query(self.schema, field, word, "freq"), weight),
            )
            for word in words
            for field, weight in FIELD_WEIGHTS.items()
        ]
        inside = query.term_set_query(self.schema, "collection_id", list(collection_ids))
        return query.boolean_query(
            [
                (occur.Must, query.boolean_query(evidence)),
                (occur.Must, query.const_score_query(inside, 0.0)),
            ]
        )


def _schema() -> tantivy.Schema:
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_text_field("chunk_id", stored=True, tokenizer_name="raw", index_option="basic")
    for name in ("document_id", "collection_id"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in FIELD_WEIGHTS:
        builder.add_text_field(name, tokenizer_name=ANALYZER)
    return builder.build()


def _analyzer() -> tantivy.TextAnalyzer:
    from tantivy import Filter, TextAnalyzerBuilder, Tokenizer

    return (
        TextAnalyzerBuilder(Tokenizer.simple())
        .filter(Filter.remove_long(40))
        .filter(Filter.lowercase())
        .filter(Filter.ascii_fold())
        .filter(Filter.stopword("english"))
        .filter(Filter.stemmer("english"))
        .build()
    )


def _tantivy_document(stored: StoredChunk) -> tantivy.Document:
    import tantivy

    title = f"{PurePath(stored.document_name).stem} {stored.document_title}"
    return tantivy.Document(
        chunk_id=[stored.id],
        document_id=[stored.document_id],
        collection_id=[stored.collection_id],
        title=[unicodedata.normalize("NFKC", title)],
        heading=[unicodedata.normalize("NFKC", stored.chunk.heading)],
        body=[unicodedata.normalize("NFKC", f"{stored.chunk.context}\n{stored.chunk.text}")],
    )


def _is_from_tantivy(error: BaseException) -> bool:
    """Tell tantivy's errors, which are ValueErrors, OSErrors and Rust panics, from others."""
    return isinstance(error, (ValueError, OSError)) or type(error).__name__ == "PanicException"
