"""Whatever divides the cells of a text, it becomes one table."""

from __future__ import annotations

import pytest

from core.retrieval.parsing.delimited import delimiter_of
from tests.core.retrieval.parsing.conftest import Reader


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(read: Reader, delimiter: str) -> None:
    """The sign that divides the lines evenly counts; one inside quotes does not."""
    text = delimiter.join(['"a,b;c"', "d", "e"]) + "\n" + delimiter.join(["1", "2", "3"]) + "\n"
    assert delimiter_of(text) == delimiter
    document = read("a.csv", text)
    assert document.text == "a,b;c | d | e\n1 | 2 | 3"
    assert document.tables[0].header_end == len("a,b;c | d | e")


def test_other_encodings_and_line_ends(read: Reader) -> None:
    """Excel's exports are read: UTF-16 with tabs, Windows letters with semicolons."""
    assert read("a.csv", "größe\tmaß\r\n1\t2\r\n".encode("utf-16")).text == "größe | maß\n1 | 2"
    text = "Größe;Straße;Überschrift\n1;2;3\n" * 5
    assert read("b.csv", text.encode("cp1252")).text.startswith("Größe | Straße | Überschrift\n1")


def test_rows_may_differ(read: Reader) -> None:
    """Rows too long or too short, and cells of several lines, are kept."""
    assert read("a.csv", 'a,b\n1,2,3\n\n"x\ny"\n').text == "a | b\n1 | 2 | 3\nx y"
    assert read("b.csv", 'one column\n"unclosed').text == "one column\nunclosed"
