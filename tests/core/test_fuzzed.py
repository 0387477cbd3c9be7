"""Fuzzers of what reads foreign bytes and texts: GGUF headers, questions, chunks of documents.

Those of API bodies are in tests/core/api/test_fuzzed.py, those of Markdown with the window's tests.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.engines.gguf import read_header
from core.errors import UnusableModel
from core.records import (
    ChatMessage,
    CollectionId,
    HeadingSpan,
    PageSpan,
    ParsedDocument,
    Role,
    TableSpan,
    UserId,
)
from core.retrieval.chunking import chunk
from core.retrieval.followup import standalone
from core.retrieval.lexical import LexicalIndex
from core.store.chunks import ChunkStore
from core.store.conversations import ConversationStore
from core.store.database import Database
from core.store.documents import Documents
from core.store.users import UserStore
from tests.core.engines.test_gguf import write_small
from tests.core.retrieval.builders import add_document
from tests.fuzzing import SECONDS, fuzz, in_rounds

pytestmark = pytest.mark.timeout(SECONDS * 2 + 120)

SIGNS = [*"\"'*()-+^~:\\/[]{}%_\x00", "\u200b", "\u202e", "\ufeff", "ß", "İ", "é", "\U0001f600"]
ODD = st.sampled_from([*SIGNS, "東京", "AND", "OR", "NOT", "NEAR("])
TEXTS = st.lists(st.one_of(ODD, st.text(max_size=12), st.just("fox")), max_size=40).map(" ".join)
EDITS = st.lists(st.tuples(st.integers(0, 4000), st.binary(min_size=1, max_size=9)), max_size=6)


def test_gguf_headers(tmp_path: Path) -> None:
    """A file is read or refused, whatever some of its bytes are and wherever it ends."""
    origin = write_small(tmp_path / "origin.gguf").read_bytes()
    path = tmp_path / "mutant.gguf"

    @in_rounds
    @given(EDITS, st.integers(0, len(origin)), st.booleans())
    def tried(edits: Sequence[tuple[int, bytes]], end: int, cut: bool) -> None:
        content = bytearray(origin)
        for place, patch in edits:
            content[place : place + len(patch)] = patch
        path.write_bytes(content[:end] if cut else content)
        with suppress(UnusableModel):
            assert read_header(path).parameters > 0

    assert fuzz(tried) > 0


def test_gguf_headers_of_nothing_known(tmp_path: Path) -> None:
    """The same for bytes that only begin like a model."""
    path = tmp_path / "random.gguf"

    @in_rounds
    @given(st.sampled_from((2, 3)), st.integers(0, 3), st.integers(0, 3), st.binary(max_size=600))
    def tried(version: int, tensors: int, keys: int, rest: bytes) -> None:
        head = b"GGUF" + version.to_bytes(4, "little") + tensors.to_bytes(8, "little")
        path.write_bytes(head + keys.to_bytes(8, "little") + rest)
        with pytest.raises(UnusableModel):
            read_header(path)

    assert fuzz(tried) > 0


def test_questions(database: Database, tmp_path: Path) -> None:
    """Whatever is asked, the keyword index and the search in conversations answer."""
    owner = UserStore(database).add("Ada", is_owner=True).id
    collection = Documents(database).create_collection(owner, "Papers").id
    made = add_document(database, owner, collection, "zoo.txt", ["The quick fox ran."])
    index = LexicalIndex(tmp_path / "tantivy")
    index.replace(made.id, ChunkStore(database).chunks(made.id))
    conversations = ConversationStore(database)

    @in_rounds
    @given(TEXTS, st.lists(TEXTS, max_size=3))
    def tried(text: str, earlier: Sequence[str]) -> None:
        question = standalone(text, earlier)
        hits = index.search(question, [CollectionId(collection)], 5)
        assert all(0 < hit.share <= 1 for hit in hits)
        _search(conversations, owner, text)

    try:
        assert fuzz(tried) > 0
    finally:
        index.close()


def _search(conversations: ConversationStore, owner: UserId, text: str) -> None:
    assert conversations.search(owner, text) == []


@st.composite
def documents(draw: st.DrawFn) -> ParsedDocument:
    """Texts of any signs with pages, headings and tables at any places."""
    text = draw(st.lists(st.one_of(TEXTS, st.text(max_size=300)), max_size=12).map("\n".join))
    dice = random.Random(draw(st.integers(0, 2**32)))
    cuts = sorted({0, *(dice.randrange(len(text) + 1) for _ in range(dice.randrange(5)))})
    pages = tuple(
        PageSpan(number, start, end)
        for number, (start, end) in enumerate(zip(cuts, [*cuts[1:], len(text)], strict=True), 1)
    )
    headings = tuple(
        HeadingSpan(dice.randrange(1, 7), text[at : at + 9], at)
        for at in sorted({dice.randrange(len(text) + 1) for _ in range(dice.randrange(6))})
    )
    places = sorted({dice.randrange(len(text) + 1) for _ in range(3)})
    tables = (TableSpan(*places),) if len(places) == 3 else ()
    return ParsedDocument(text, "text/plain", pages, headings, tables=tables)


def test_chunks() -> None:
    """Each chunk is a slice of the text and chunks go forward; nothing but white space is lost."""

    @in_rounds
    @given(documents())
    def tried(document: ParsedDocument) -> None:
        end, covered = 0, set[int]()
        for each in chunk(document):
            assert each.text == document.text[each.start : each.end]
            assert each.text.strip()
            assert each.end > end
            end = each.end
            covered.update(range(each.start, each.end))
        solid = {at for at, sign in enumerate(document.text) if not sign.isspace()}
        assert solid <= covered

    assert fuzz(tried) > 0


def test_the_clock_is_kept() -> None:
    """A round that fails is a failure: the fuzzers can find something."""

    @in_rounds
    @given(st.text(min_size=1))
    def tried(text: str) -> None:
        assert "a" not in ChatMessage(Role.USER, text).text

    with pytest.raises(AssertionError):
        fuzz(tried)
