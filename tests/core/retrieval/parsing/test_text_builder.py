"""Paragraphs, headings, rows and pages are found again where their spans say."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import UnreadableDocument
from core.retrieval.parsing import text_builder
from core.retrieval.parsing.detect import Kind
from core.retrieval.parsing.source import Source
from core.retrieval.parsing.text_builder import TextBuilder

SOURCE = Source(Path("a"), "a", Kind.DOCX)


def test_spans_point_at_what_was_added() -> None:
    """Pages, headings and tables lie exactly where their text does; an empty page is empty."""
    out = TextBuilder(SOURCE)
    out.page()
    out.heading(1, "Title\n of it")
    out.paragraph("First.")
    out.page()
    out.page()
    out.table([["a", "b", ""], ["", ""], ["1", "2\n3"]], has_header=True)
    made = out.document("T")
    assert made.text == "Title of it\n\nFirst.\n\na | b\n1 | 2 3"
    assert [made.text[page.start : page.end] for page in made.pages] == [
        "Title of it\n\nFirst.",
        "",
        "a | b\n1 | 2 3",
    ]
    (table,) = made.tables
    assert made.text[table.start : table.header_end] == "a | b"
    assert made.text[table.start : table.end] == "a | b\n1 | 2 3"
    assert [(each.level, each.start) for each in made.headings] == [(1, 0)]


def test_what_sqlite_or_a_reader_cannot_take_is_left_out() -> None:
    """Control characters, lone surrogates and soft hyphens vanish; line ends become one sign."""
    out = TextBuilder(SOURCE)
    out.paragraph("a\0b\x0c\r\nc \nd\ud800\xad ")
    out.paragraph(" \n ")
    assert out.document().text == "ab\nc\nd"


def test_problems_are_said_once() -> None:
    """What could not be read is one sentence however often it is met."""
    out = TextBuilder(SOURCE)
    out.problem("A part is damaged.")
    out.problem("A part is damaged.")
    assert out.document().problem == "A part is damaged."


def test_too_much_text_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Text beyond the limit is refused while it is collected, not when it fills the memory."""
    monkeypatch.setattr(text_builder, "MAX_CHARACTERS", 10)
    out = TextBuilder(SOURCE)
    with pytest.raises(UnreadableDocument) as caught:
        out.paragraph("more than ten")
    assert caught.value.reason == "too_big"
