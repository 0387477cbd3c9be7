"""RTF gives its text in the letters that its control words name."""

from __future__ import annotations

import pytest

from tests.core.retrieval.parsing.conftest import Reader


def test_text_and_letters(read: Reader) -> None:
    """Paragraphs, code page and Unicode escapes, and no font names."""
    content = (
        r"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}\f0 Gr\'f6\'dfe \u8364?5\par Second\par}"
    )
    assert read("a.doc", content).text == "Größe €5\n\nSecond"


def test_rows(read: Reader) -> None:
    """A table's row is a line with bars."""
    row = r"\trowd\cellx1\cellx2 {}\cell {}\cell\row "
    content = r"{\rtf1 " + row.format("a", "b") + row.format("1", "2") + "}"
    assert "a | b\n1 | 2" in read("a.rtf", content).text


def test_headings(read: Reader) -> None:
    """Paragraphs in a heading's style are headings; others, and a written backslash, are not."""
    content = (
        r"{\rtf1{\stylesheet{\s0 Normal;}{\s1\ql\sb240 heading 1;}{\s12\b Heading 2;}}"
        r"\pard\plain \s1\ql {\b Scope}\par \pard\s0 Text of \\s1 it.\par "
        r"\pard\s12\sl240 Terms\par \pard\s0 More.\par}"
    )
    document = read("a.rtf", content)
    assert document.text == "Scope\n\nText of \\s1 it.\n\nTerms\n\nMore."
    assert [(each.level, each.text) for each in document.headings] == [(1, "Scope"), (2, "Terms")]
    assert [document.text[each.start :][:5] for each in document.headings] == ["Scope", "Terms"]


@pytest.mark.parametrize("number", ["-99999", "65536", "-32769", "9" * 5000])
def test_a_number_that_no_character_has_is_replaced(read: Reader, number: str) -> None:
    """One bad control word costs one character, not the document."""
    assert read("a.rtf", "{\\rtf1 before \\u" + number + "? after}").text == "before \ufffd after"


@pytest.mark.parametrize(("number", "sign"), [("228", "ä"), ("-30208", "言"), ("8364", "€")])
def test_unicode_control_words_are_read(read: Reader, number: str, sign: str) -> None:
    """Numbers are signed 16-bit ones."""
    assert read("a.rtf", "{\\rtf1 a\\u" + number + "?b}").text == f"a{sign}b"
