"""A page reads as it is shown: blocks apart, words together, nothing of its programs."""

from __future__ import annotations

import time

import pytest

from core.retrieval.parsing.html import _without_tags, decoded
from tests.core.retrieval.parsing.conftest import Reader


def test_blocks_are_apart_and_words_together(read: Reader) -> None:
    """Headings, paragraphs, list items, line breaks and quoted code keep their form."""
    document = read(
        "a.html",
        "<html><head><title> The  title</title><style>p{}</style></head>"
        "<body><h2>A <b>head</b></h2>"
        "<p>One\n <i>para</i>graph.<br>New line.<script>alert(1)</script></p>loose"
        "<ul><li>first</li><li>sec<b>ond</b></li></ul>"
        "<pre>a\n  b</pre><p hidden>no</p></body></html>",
    )
    assert document.text == (
        "A head\n\nOne paragraph.\nNew line.\n\nloose\n- first\n- second\n\na\n  b"
    )
    assert document.title == "The title"
    assert [(each.level, each.text) for each in document.headings] == [(2, "A head")]


def test_tables_of_cells_are_rows(read: Reader) -> None:
    """A table is rows, with its header; one that only places blocks is not."""
    cells = "<tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2<br>3</td></tr>"
    document = read("a.html", f"<html><table>{cells}</table></html>")
    assert document.text == "a | b\n1 | 2 3"
    assert document.tables[0].header_end == len("a | b")
    placed = read("b.html", "<html><table><tr><td><h1>x</h1>y</td><td>z</td></tr></table></html>")
    assert (placed.text, placed.tables) == ("x\n\ny\n\nz", ())


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ('<meta charset="windows-1251">Привет'.encode("cp1251"), "Привет"),
        ('<meta charset="iso-8859-1">5 €'.encode("cp1252"), "5 €"),
        ('<meta charset="ascii">Größe'.encode(), "Größe"),
        ('<?xml version="1.0" encoding="Shift_JIS"?>日本'.encode("shift_jis"), "日本"),
        ("<p>Größe".encode("utf-16"), "Größe"),
    ],
)
def test_the_stated_encoding_counts_unless_it_is_wrong(content: bytes, text: str) -> None:
    """A page says its encoding, and is not believed where the bytes say otherwise."""
    assert text in decoded(content)


@pytest.mark.parametrize("unit", ["<", "<a ", " ", "\n", "<script", "<!--", "< a>", "<p>   "])
def test_taking_tags_out_takes_linear_time(unit: str) -> None:
    """No repetition makes the fallback for deep pages slow."""
    started = time.process_time()
    _without_tags(unit * (400_000 // len(unit)))
    assert time.process_time() - started < 2
