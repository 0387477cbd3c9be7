"""Columns of running text that were drawn across, row by row, put back into reading order.

Pure. Most PDF files draw one column after the other, and their order is kept. Some draw each row
of the page over all columns; PDFium then gives lines that jump from one sentence to another. A
table is drawn in the same way and is meant to be read across: what tells both apart is that the
pieces on both sides of a gutter between columns are long.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

MIN_ROWS = 6
"""Rows that a gutter has to part before it counts as one."""
MIN_PIECE = 20
"""Characters of a typical piece of running text; cells of tables are shorter."""
NEAR = 4.0
"""Points by which the left edges of a column's lines may differ."""
LEVEL = 3.0
"""Points by which the heights of what stands on one line may differ."""


class Piece(NamedTuple):
    """A stretch of a row without a wide gap, in points from the page's lower left corner."""

    number: int
    """Its place in the order in which the pieces were drawn."""
    row: int
    """The line that it is a piece of."""
    length: int
    """Characters."""
    left: float
    right: float
    y: float


def in_reading_order(pieces: Sequence[Piece]) -> list[int] | None:
    """Return the numbers of the pieces in reading order; None where the drawn order is right."""
    gutters = _gutters(pieces)
    if not gutters:
        return None
    columns: list[list[Piece]] = [[] for _ in range(len(gutters) + 1)]
    for piece in _downwards(pieces):
        first = _column(gutters, piece.left)
        last = max(first, _column(gutters, piece.right - 2 * NEAR))
        if last > first:  # what lies across columns ends them and begins them anew
            columns[first] = [each for column in columns[first : last + 1] for each in column]
            for emptied in columns[first + 1 : last + 1]:
                emptied.clear()
        columns[first].append(piece)
    return [piece.number for column in columns for piece in column]


def _downwards(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """Yield the pieces from the top to the bottom, those of about the same height by their left."""
    level: list[Piece] = []
    for piece in sorted(pieces, key=lambda each: -each.y):
        if level and level[0].y - piece.y > LEVEL:
            yield from sorted(level, key=lambda each: each.left)
            level = []
        level.append(piece)
    yield from sorted(level, key=lambda each: each.left)


def _column(gutters: Sequence[float], x: float) -> int:
    return bisect_right(gutters, x + NEAR)


def _gutters(pieces: Sequence[Piece]) -> list[float]:
    """Return where columns of running text begin, but for the leftmost."""
    parted = [
        (first, second)
        for first, second in pairwise(pieces)
        if first.row == second.row and first.right < second.left
    ]
    parted.sort(key=lambda pair: pair[1].left)
    return [
        group[0][1].left
        for group in _near_each_other(parted)
        if len(group) >= MIN_ROWS
        and median(first.length for first, _ in group) >= MIN_PIECE
        and median(second.length for _, second in group) >= MIN_PIECE
    ]


def _near_each_other(
    parted: Sequence[tuple[Piece, Piece]],
) -> Iterator[list[tuple[Piece, Piece]]]:
    group: list[tuple[Piece, Piece]] = []
    for pair in parted:
        if group and pair[1].left - group[0][1].left > NEAR:
            yield group
            group = []
        group.append(pair)
    if group:
        yield group
