"""RTF gives its text in the letters that its control words name."""

from __future__ import annotations

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
