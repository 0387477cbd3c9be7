"""Columns that were drawn across are read one after the other; tables are read across."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fpdf import FPDF
from hypothesis import given
from hypothesis import strategies as st

from core.retrieval.parsing.columns import Piece, in_reading_order
from core.retrieval.parsing.worker import parse_file

ROW = 12.0
LONG, SHORT = 40, 9


def pieces(*rows: Sequence[tuple[float, int]]) -> list[Piece]:
    """Pieces from rows of (left edge, characters), from the top; five points a character."""
    found: list[Piece] = []
    for number, row in enumerate(rows):
        for left, length in row:
            y = 700 - ROW * number
            found.append(Piece(len(found), number, length, left, left + 4 * length, y))
    return found


def test_two_columns_are_read_one_after_the_other() -> None:
    """The left pieces of all rows come first."""
    order = in_reading_order(pieces(*[[(40, LONG), (300, LONG)]] * 8))
    assert order == [*range(0, 16, 2), *range(1, 16, 2)]


def test_a_table_is_left_as_it_is() -> None:
    """Short cells, or a column of names beside long texts, are read row by row."""
    assert in_reading_order(pieces(*[[(40, SHORT), (300, SHORT)]] * 20)) is None
    assert in_reading_order(pieces(*[[(40, SHORT), (120, LONG)]] * 20)) is None


def test_few_rows_are_no_columns() -> None:
    """A chance gap in some lines does not part a page."""
    assert in_reading_order(pieces(*[[(40, LONG), (300, LONG)]] * 4)) is None
    assert in_reading_order([]) is None


def test_what_lies_across_ends_the_columns_above() -> None:
    """A heading over both columns stands between what is above and below it."""
    columns = [[(40.0, LONG), (300.0, LONG)]] * 6
    order = in_reading_order(pieces(*columns, [(40, 110)], *columns))
    above, heading, below = range(12), 12, range(13, 25)
    assert order == [*above[::2], *above[1::2], heading, *below[::2], *below[1::2]]


def test_a_box_over_two_columns_leaves_the_third_alone() -> None:
    """The third column goes on beside a box that lies across the first two."""
    columns = [[(40.0, LONG), (220.0, LONG), (400.0, LONG)]] * 6
    boxed = [[(40.0, 80), (400.0, LONG)]] * 2
    found = pieces(*columns, *boxed)
    order = in_reading_order(found)
    assert order is not None
    third = [each.number for each in found if each.left == 400]
    assert order[-len(third) :] == third


@given(st.lists(st.lists(st.sampled_from([(40.0, 30), (220.0, 30), (400.0, 5)]), unique=True)))
def test_no_piece_is_lost(rows: list[Sequence[tuple[float, int]]]) -> None:
    """Whatever stands where, each piece is read exactly once."""
    found = pieces(*map(sorted, rows))
    order = in_reading_order(found)
    assert order is None or sorted(order) == list(range(len(found)))


def test_a_page_drawn_across_is_read_in_columns(tmp_path: Path) -> None:
    """A page whose rows were drawn over two columns reads as two texts."""
    left = [f"The left column tells in its line {n} of pumps." for n in range(12)]
    right = [f"The right one tells in its line {n} of cattle." for n in range(12)]
    made = FPDF()
    made.set_font("Helvetica", size=9)
    made.add_page()
    for number, (first, second) in enumerate(zip(left, right, strict=True)):
        made.text(15, 30 + 5 * number, first)
        made.text(110, 30 + 5 * number, second)
    made.output(str(tmp_path / "across.pdf"))
    text = parse_file(tmp_path / "across.pdf", "across.pdf").text
    assert text.split("\n\n") == ["\n".join(left), "\n".join(right)]
