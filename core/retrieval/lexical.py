"""The keyword index: BM25 by tantivy, a cache that SQLite can rebuild at any time.

One thread owns it. Words are made by `analysis.py` before they come here, so that one field
holds texts of every language. Queries are built from words, never parsed from what a user typed:
the parser refuses ordinary sentences and crashes on thousands of parentheses. Identifiers are
indexed raw, since deleting by a stemmed field deletes more than is meant.
"""

from __future__ import annotations

import logging
import math
import shutil
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, TypeVar

from core.errors import StorageFailed
from core.records import ChunkId, CollectionId, DocumentId
from core.retrieval.analysis import WAYS, Analysis, is_unspaced, way_of
from core.retrieval.hits import Hit
from core.retrieval.owner import OwnerThread
from core.store.chunks import StoredChunk

if TYPE_CHECKING:
    import tantivy

log = logging.getLogger(__name__)
T = TypeVar("T")

VERSION = "2"
"""Part of the folder's name: a changed schema or analysis builds a new index."""
ARENA_BYTES = 15_000_000
"""The least that tantivy accepts for a writer thread."""
DEADLINE_S = 30.0
MAX_QUERY_CHARACTERS = 4000
MAX_QUERY_WORDS = 48
FIELD_WEIGHTS = {"body": 1.0, "heading": 0.3, "title": 0.3}
PHRASE_WEIGHT = 0.2
"""What two words of the question count more where they are neighbours in the text."""
MOST_OF_A_WORD = 2.2
"""BM25's k1 + 1: what a word's frequency in a chunk comes near to, times its rarity."""

Forms = tuple[str, ...]
"""A word of the question in the forms that the index may hold."""


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

        def find(opened: _Opened) -> list[Hit]:
            words = opened.words(text[:MAX_QUERY_CHARACTERS])
            if not words or not collection_ids or document_ids == []:
                return []
            most = MOST_OF_A_WORD * sum(map(opened.rarity, words))
            found = opened.top(words, collection_ids, document_ids, limit)
            return [Hit(ChunkId(chunk_id), score, score / most) for chunk_id, score in found]

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
        self.analysis = Analysis()
        self.writer = self.index.writer(ARENA_BYTES, 1)
        self._ways: tuple[str, ...] | None = None

    def commit(self) -> None:
        self.writer.commit()
        self.index.reload()
        self._ways = None

    def ways(self) -> tuple[str, ...]:
        """Return the ways in which chunks of the index were treated, the commonest first."""
        if self._ways is None:
            searcher = self.index.searcher()
            counts = {way: searcher.doc_freq("way", way) for way in WAYS}
            ranked = sorted(WAYS, key=lambda way: -counts[way])
            self._ways = tuple(way for way in ranked if counts[way])
        return self._ways

    def words(self, text: str) -> list[Forms]:
        """Return a question's words; of too many, the rarest."""
        words = self.analysis.asked(text, self.ways())
        if len(words) > MAX_QUERY_WORDS:
            words = sorted(words, key=self.rarity, reverse=True)[:MAX_QUERY_WORDS]
        return words

    def rarity(self, forms: Forms) -> float:
        """Return BM25's inverse document frequency of a word's commonest form."""
        searcher = self.index.searcher()
        count = searcher.num_docs
        having = min(count, max(searcher.doc_freq("body", form) for form in forms))
        return math.log(1 + (count - having + 0.5) / (having + 0.5))

    def top(
        self,
        words: Sequence[Forms],
        collection_ids: Sequence[CollectionId],
        document_ids: Sequence[DocumentId] | None,
        limit: int,
    ) -> list[tuple[str, float]]:
        """Return id and BM25 score of the best chunks that have any of the words."""
        searcher = self.index.searcher()
        query = self._query(words, collection_ids, document_ids)
        found = searcher.search(query, limit, count=False)
        return [(searcher.doc(address)["chunk_id"][0], score) for score, address in found.hits]

    def document(self, stored: StoredChunk) -> tantivy.Document:
        """Return a chunk as the index takes it."""
        language = stored.chunk.language
        title = f"{PurePath(stored.document_name).stem} {stored.document_title}"
        body = f"{stored.chunk.context}\n{stored.chunk.text}"
        texts = {"title": title, "heading": stored.chunk.heading, "body": body}
        words = {name: self.analysis.words(text, language) for name, text in texts.items()}
        return self._tantivy.Document(
            chunk_id=[stored.id],
            document_id=[stored.document_id],
            collection_id=[stored.collection_id],
            way=[way_of(language)],
            **{name: [" ".join(each)] for name, each in words.items()},
        )

    def _query(
        self,
        words: Sequence[Forms],
        collection_ids: Sequence[CollectionId],
        document_ids: Sequence[DocumentId] | None,
    ) -> tantivy.Query:
        occur = self._tantivy.Occur
        parts = [(occur.Must, self.evidence(words))]
        parts.append((occur.Must, self._inside("collection_id", collection_ids)))
        if document_ids is not None:
            parts.append((occur.Must, self._inside("document_id", document_ids)))
        return self._tantivy.Query.boolean_query(parts)

    def evidence(self, words: Sequence[Forms]) -> tantivy.Query:
        """Return what looks for any of the words, wherever they are."""
        found = [self._word(forms, name) for forms in words for name in FIELD_WEIGHTS]
        found += [self._phrase(*pair) for pair in dict.fromkeys(_neighbours(words))]
        should = self._tantivy.Occur.Should
        return self._tantivy.Query.boolean_query([(should, each) for each in found])

    def _inside(self, field: str, ids: Sequence[str]) -> tantivy.Query:
        """Demand one of the ids, without a word in the score."""
        query = self._tantivy.Query
        return query.const_score_query(query.term_set_query(self.schema, field, list(ids)), 0.0)

    def _word(self, forms: Forms, field: str) -> tantivy.Query:
        """Look for a word in a field; of several forms in one chunk the best counts."""
        query = self._tantivy.Query
        terms = [query.term_query(self.schema, field, form, "freq") for form in forms]
        either = terms[0] if len(terms) == 1 else query.disjunction_max_query(terms)
        return query.boost_query(either, FIELD_WEIGHTS[field])

    def _phrase(self, first: str, second: str) -> tantivy.Query:
        query = self._tantivy.Query
        return query.boost_query(
            query.phrase_query(self.schema, "body", [first, second]), PHRASE_WEIGHT
        )


def _neighbours(words: Sequence[Forms]) -> Iterator[tuple[str, str]]:
    """Yield the words that stand beside each other; pairs of signs are neighbours already."""
    for first, second in pairwise(words):
        if not is_unspaced(first[0]) and not is_unspaced(second[0]):
            yield first[0], second[0]


def _schema() -> tantivy.Schema:
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_text_field("chunk_id", stored=True, tokenizer_name="raw", index_option="basic")
    for name in ("document_id", "collection_id", "way"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in FIELD_WEIGHTS:
        builder.add_text_field(name, tokenizer_name="whitespace")
    return builder.build()


def _is_from_tantivy(error: BaseException) -> bool:
    """Tell tantivy's errors, which are ValueErrors, OSErrors and Rust panics, from others."""
    return isinstance(error, (ValueError, OSError)) or type(error).__name__ == "PanicException"
