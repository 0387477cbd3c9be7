"""Text of any encoding is decoded, and Markdown's headings are found where they stand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.retrieval.parsing.detect import Kind
from core.retrieval.parsing.plain import decode, read_plain

GERMAN = "Die Größe des Büros überraschte Frau Müller; es war geräumig genug für fünf. " * 4
RUSSIAN = "Широкая электрификация южных губерний даст толчок подъёму хозяйства. " * 4


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
def test_unicode_encodings_are_told_by_mark_or_form(encoding: str) -> None:
    """A byte order mark decides; UTF-16 without one is guessed."""
    marks = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}
    assert decode(marks.get(encoding, b"") + GERMAN.encode(encoding)) == GERMAN


@pytest.mark.parametrize(("text", "encoding"), [(GERMAN, "cp1252"), (RUSSIAN, "cp1251")])
def test_older_encodings_are_guessed(text: str, encoding: str) -> None:
    """Text that is no UTF-8 is taken for what looks most like a language."""
    assert decode(text.encode(encoding)) == text


def test_a_cut_off_last_character_does_not_spoil_the_rest() -> None:
    """UTF-8 that ends in the middle of a character is still UTF-8."""
    assert decode("Größe ß".encode()[:-1]) == "Größe \ufffd"


@given(st.binary(max_size=300))
def test_any_bytes_decode(content: bytes) -> None:
    """Nothing that a file may contain makes decoding fail or leaves what SQLite cannot store."""
    text = read_plain(content, Kind.MARKDOWN).text
    text.encode("utf-8")
    assert "\0" not in text
    assert "\r" not in text


def test_line_ends_are_made_the_same() -> None:
    """Windows and old Mac line ends become one sign, so that offsets mean the same everywhere."""
    assert read_plain(b"a\r\nb\rc\n", Kind.TEXT).text == "a\nb\nc\n"


def test_markdown_headings() -> None:
    """Both styles of heading are found with level and place; code and thematic breaks are not."""
    text = (
        "# One #\n\ntext\n\nTwo\n===\n\n### Three\n\nFour\n---\n\n"
        "```python\n# a comment\n```\n\n---\n\n#no heading\n####### seven\n"
    )
    found = read_plain(text.encode(), Kind.MARKDOWN).headings
    assert [(each.level, each.text) for each in found] == [
        (1, "One"),
        (1, "Two"),
        (3, "Three"),
        (2, "Four"),
    ]
    assert [text[each.start :].split()[0] for each in found] == ["#", "Two", "###", "Four"]


def test_title_is_the_first_heading_of_the_first_rank() -> None:
    """A document that begins with a lower heading has no title."""
    assert read_plain(b"# Guide\n\n## A", Kind.MARKDOWN).title == "Guide"
    assert read_plain(b"## A\n\n# Guide", Kind.MARKDOWN).title == ""


def test_plain_text_has_no_headings() -> None:
    """In plain text a line with # is just a line."""
    parsed = read_plain(b"# not a heading", Kind.TEXT)
    assert (parsed.headings, parsed.media_type) == ((), "text/plain")
