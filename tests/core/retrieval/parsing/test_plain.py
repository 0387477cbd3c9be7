"""Text is read whatever its bytes, and Markdown's headings are found where they stand."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.retrieval.parsing.detect import Kind
from core.retrieval.parsing.plain import read_plain


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
