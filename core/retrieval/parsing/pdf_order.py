"""The lines of a PDF page in reading order, also where they were drawn across columns.

Where each word stands is asked for a few lines first; most pages need no more than that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, count, pairwise, repeat
from math import ceil
from operator import sub
from typing import NamedTuple

import pypdfium2 as pdfium

from core.retrieval.parsing.columns import LEVEL, MIN_ROWS, Piece, in_reading_order
from core.retrieval.parsing.layout import Line
from core.retrieval.parsing.pdf_places import Edges
from core.retrieval.parsing.pdf_text import PageText, PlacedLine

LONG_LINE = 50
"""Characters; a line over several columns has more."""
SAMPLE = 12
"""How many long lines of a page are at most looked at to see whether all have to be."""
JUMPING_SHARE = 0.3
"""Of these lines, the share that jumps where columns were drawn across."""
JUMP = 0.8
"""Of the type's height, how far a raised or lowered sign may stand from its line."""
ALWAYS = -1.0
"""A step that every distance is longer than."""

_WORD = re.compile(r"\S+")


def ordered_lines(page: pdfium.PdfPage, text: PageText) -> Iterator[PlacedLine]:
    """Yield the lines of a page in reading order; those outside of the page are left out."""
    left, bottom, right, top = page.get_bbox()
    for placed in _by_columns(text, list(_drawn_once(text.lines()))):
        line = placed.line
        if left - 1 <= line.x <= right + 1 and bottom - 1 <= line.y <= top + 1:
            yield placed


def _drawn_once(lines: Iterable[PlacedLine]) -> Iterator[PlacedLine]:
    """Leave out lines that were drawn over themselves, as for a bold look."""
    previous: Line | None = None
    for placed in lines:
        if not _is_double(placed.line, previous):
            yield placed
        previous = placed.line


def _is_double(line: Line, previous: Line | None) -> bool:
    return (
        previous is not None
        and line.text == previous.text
        and abs(line.x - previous.x) < 2
        and abs(line.y - previous.y) < 2
    )


# ---------------------------------------------------------------- columns


def _by_columns(text: PageText, lines: list[PlacedLine]) -> list[PlacedLine]:
    """Part lines that reach over several columns of running text, and put them in order."""
    long = [line for line in lines if line.end - line.start >= LONG_LINE]
    sample = long[:: ceil(len(long) / SAMPLE)] if len(long) >= MIN_ROWS else []
    if not sample or _jumping(_stretches(text, sample)) < JUMPING_SHARE * len(sample):
        return lines
    stretches = _stretches(text, lines)
    order = in_reading_order([stretch.piece for stretch in stretches])
    if order is None:
        return lines
    return text.placed(_rejoined([stretches[number] for number in order]))


class _Stretch(NamedTuple):
    """A part of a line without a jump, and where it lies in the page's text: [start, end)."""

    piece: Piece
    start: int
    end: int


def _jumping(stretches: Sequence[_Stretch]) -> int:
    """Count the lines that jump."""
    rows = [stretch.piece.row for stretch in stretches]
    return len({row for row, following in pairwise(rows) if row == following})


def _stretches(text: PageText, lines: Sequence[PlacedLine]) -> list[_Stretch]:
    """Cut lines between words where they jump: over a wide gap, backwards, up or down."""
    words = [
        [match.span() for match in _WORD.finditer(text.text, line.start, line.end)]
        for line in lines
    ]
    starts, ends = zip(*chain(*words), strict=True)
    begun, ended = text.edges(starts), text.edges([end - 1 for end in ends])
    sizes = [
        (ALWAYS, *repeat(max(line.line.size, 1.0), len(spans) - 1))
        for line, spans in zip(lines, words, strict=True)
    ]
    cuts = _cuts(begun, ended, chain(*sizes))
    stretches: list[_Stretch] = []
    row = -1
    for (word, is_new_row), (following, _) in pairwise((*cuts, (len(starts), True))):
        row += is_new_row
        start, end = starts[word], ends[following - 1]
        right, y = ended.rights[following - 1], begun.bottoms[word]
        piece = Piece(len(stretches), row, end - start, begun.lefts[word], right, y)
        stretches.append(_Stretch(piece, start, end))
    return stretches


def _cuts(begun: Edges, ended: Edges, sizes: Iterable[float]) -> list[tuple[int, bool]]:
    """Return the words with which a stretch begins, and whether a line begins with them too.

    The words' first and last signs are given, and how far each may be from the word before it.
    """
    across = map(sub, begun.lefts, (0.0, *ended.rights))
    down = map(sub, begun.bottoms, (0.0, *ended.bottoms))
    return [
        (word, size == ALWAYS)
        for word, x, y, size in zip(count(), across, down, sizes, strict=False)
        if abs(x) > size or abs(y) > JUMP * size
    ]


def _rejoined(ordered: Iterable[_Stretch]) -> Iterator[tuple[int, int]]:
    """Yield spans of the text; what still follows each other on one level is one again."""
    groups: list[list[_Stretch]] = []
    for stretch in ordered:
        if groups and _goes_on(groups[-1], stretch.piece):
            groups[-1].append(stretch)
        else:
            groups.append([stretch])
    return ((group[0].start, group[-1].end) for group in groups)


def _goes_on(group: Sequence[_Stretch], piece: Piece) -> bool:
    first, last = group[0].piece, group[-1].piece
    follows = (piece.row, piece.number) == (last.row, last.number + 1)
    return follows and abs(piece.y - first.y) <= LEVEL
