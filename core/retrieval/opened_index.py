"""The open keyword index: chunks to tantivy documents, questions to queries, and back.

Used by one thread at a time: `lexical.py` owns that thread. Queries are built from words, never
parsed from what a user typed: the parser refuses ordinary sentences and crashes on thousands of
parentheses. Identifiers are indexed raw, since deleting by a stemmed field deletes more than is
meant.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from core.crashpoints import reached
from core.records import CollectionId, DocumentId
from core.retrieval.analysis import WAYS, Analysis, is_unspaced, way_of
from core.retrieval.lexical_files import note_meta
from core.store.chunks import StoredChunk

if TYPE_CHECKING:
    import tantivy

ARENA_BYTES = 15_000_000
"""The least that tantivy accepts for a writer thread."""
MAX_QUERY_WORDS = 48
FIELD_WEIGHTS = {"body": 1.0, "heading": 0.3, "title": 0.3}
PHRASE_WEIGHT = 0.2
"""What two words of the question count more where they are neighbours in the text."""
READ_AT_ONCE = 10_000

Forms = tuple[str, ...]
"""A word of the question in the forms that the index may hold."""


def chunk_ids(folder: Path) -> list[str]:
    """Return the chunks that an index holds, from its files; for a process that may die of it."""
    import tantivy

    return _chunk_ids(tantivy.Index(_schema(), path=str(folder)))


def _chunk_ids(index: tantivy.Index) -> list[str]:
    import tantivy

    searcher, found = index.searcher(), list[str]()
    every = tantivy.Query.all_query()
    while len(found) < searcher.num_docs:
        hits = searcher.search(every, READ_AT_ONCE, count=False, offset=len(found)).hits
        if not hits:
            raise ValueError("it says that it holds more than it does")
        found += [searcher.doc(address)["chunk_id"][0] for _, address in hits]
    return found


class OpenedIndex:
    """An index that is open for reading and writing."""

    def __init__(self, folder: Path):
        import tantivy

        folder.mkdir(parents=True, exist_ok=True)
        self._tantivy, self._folder = tantivy, folder
        self.schema = _schema()
        self.index = tantivy.Index(self.schema, path=str(folder))
        self.analysis = Analysis()
        self.writer = self.index.writer(ARENA_BYTES, 1)
        self._ways: tuple[str, ...] | None = None

    def chunk_ids(self) -> list[str]:
        """Return every chunk that was committed, once for each time that it is there."""
        return _chunk_ids(self.index)

    def close(self) -> None:
        """Let merging end, and the next one who wants it have the index."""
        self.writer.wait_merging_threads()

    def commit(self) -> None:
        """Make what was written durable and visible."""
        reached("words.written")
        self.writer.commit()
        reached("words.committed")
        note_meta(self._folder)
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
