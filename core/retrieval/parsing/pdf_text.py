"""A PDF page's lines as PDFium sees them, each with the places of its signs.

PDFium's own text already has line ends and spaces where it saw gaps. Where that text is as long
as the list of characters, both have the same positions; on some pages it leaves characters out,
and their places have to be found.
"""

from __future__ import annotations

import ctypes
import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, islice, pairwise
from typing import NamedTuple

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from core.retrieval.parsing.columns import LEVEL, MIN_ROWS, Piece, in_reading_order
from core.retrieval.parsing.layout import Line
from core.retrieval.parsing.pdf_places import edges_of, origins_of

HYPHEN_MARKS = "\x02\ufffe"
"""What PDFium gives for a hyphen at a line's end; the next line follows without a line end."""

LONG_LINE = 50
"""Characters; a line over several columns has more."""
SAMPLE = 12
"""Long lines of a page that are looked at to see whether all have to be."""
JUMPING_SHARE = 0.3
"""Of these lines, the share that jumps where columns were drawn across."""
JUMP = 0.8
"""Of the type's height, how far a raised or lowered sign may stand from its line."""

_BETWEEN_WORDS = re.compile(r"(?<=\S) +(?=\S)")
_HYPHENS = tuple(HYPHEN_MARKS)
_UNSEEN = frozenset(HYPHEN_MARKS + "\0\xad")
_MARKS = re.compile(r"[\x02\ufffe\0\xad]")
_CONTROLS = re.compile(r"[\x00-\x1f\ud800-\udfff]")
_UNWANTED = re.compile(_MARKS.pattern + "|" + _CONTROLS.pattern)
_VISUAL_LINE = re.compile(r"[^\r\n\x02\ufffe]*(?:\r\n?|\n|[\x02\ufffe](?:\r\n?|\n)?|$)")


@dataclass(frozen=True, slots=True)
class PlacedLine:
    """A line, and where its signs stand in the page's list of characters."""

    line: Line
    raw: str
    """The line as PDFium has it, with marks and white space."""
    indexes: Sequence[int]
    """PDFium's index of each sign of `raw`."""

    def solid(self) -> Iterator[tuple[str, int]]:
        """Yield the signs that can be seen, in the order of the line's text, with their index."""
        for sign, index in zip(self.raw, self.indexes, strict=True):
            if is_solid(sign):
                yield sign, index


def is_solid(sign: str) -> bool:
    """Tell whether a sign is in the document's text and is no white space."""
    return not (sign.isspace() or sign in _UNSEEN or sign < " " or "\ud800" <= sign <= "\udfff")


def placed_lines(page: pdfium.PdfPage, textpage: pdfium.PdfTextPage) -> Iterator[PlacedLine]:
    """Yield the lines of a page in reading order; those outside of the page are left out."""
    left, bottom, right, top = page.get_bbox()
    for placed in _by_columns(textpage, list(_drawn_once(_all_lines(textpage)))):
        line = placed.line
        if left - 1 <= line.x <= right + 1 and bottom - 1 <= line.y <= top + 1:
            yield placed


def _drawn_once(lines: Iterable[PlacedLine]) -> Iterator[PlacedLine]:
    """Leave out lines that were drawn over themselves, as for a bold look."""
    previous: Line | None = None
    for placed in lines:
        if placed.line.text and not _is_double(placed.line, previous):
            yield placed
        previous = placed.line


def _all_lines(textpage: pdfium.PdfTextPage) -> list[PlacedLine]:
    text, indexes = _characters(textpage)
    pieces = []
    start = 0
    for raw in _VISUAL_LINE.findall(text):
        pieces.append((raw, indexes[start : start + len(raw)]))
        start += len(raw)
    return _placed(textpage, pieces)


def _placed(
    textpage: pdfium.PdfTextPage, pieces: Iterable[tuple[str, Sequence[int]]]
) -> list[PlacedLine]:
    """Make lines of stretches of text with their indexes; blank ones are left out."""
    solid = [(raw, indexes, raw.lstrip()) for raw, indexes in pieces if not raw.isspace() and raw]
    firsts = [indexes[len(raw) - len(rest)] for raw, indexes, rest in solid]
    edges = edges_of(textpage, firsts)
    xs, ys = origins_of(textpage, firsts)
    found = []
    for (raw, indexes, rest), x, y, top, bottom in zip(
        solid, xs, ys, edges.tops, edges.bottoms, strict=True
    ):
        hyphenated = rest.rstrip("\r\n").endswith(_HYPHENS)
        line = Line(clean(rest), x, y, round(abs(top - bottom), 1), hyphenated)
        found.append(PlacedLine(line, raw, indexes))
    return found


def _characters(textpage: pdfium.PdfTextPage) -> tuple[str, Sequence[int]]:
    """Return the page's text, and for each of its positions PDFium's index."""
    units = _units(textpage)
    indexes = _indexes(textpage, len(units) // 2)
    text = units.decode("utf-16-le", "surrogatepass")
    if len(text) < len(indexes):
        ends = accumulate(1 + (sign > "\uffff") for sign in text)
        indexes = [indexes[each] for each in (0, *ends)[:-1]]
    return (text, indexes) if isinstance(indexes, range) else _with_gaps(text, indexes)


def _with_gaps(text: str, indexes: Sequence[int]) -> tuple[str, list[int]]:
    """Put a space wherever PDFium left something out: signs that some fonts have for spaces."""
    signs: list[str] = []
    places: list[int] = []
    following = 0
    for sign, index in zip(text, indexes, strict=True):
        if index > following:
            signs.append(" ")
            places.append(following)
        signs.append(sign)
        places.append(index)
        following = index + 1 + (sign > "\uffff")
    return "".join(signs), places


def _units(textpage: pdfium.PdfTextPage) -> bytes:
    """Return the page's text as UTF-16, of which PDFium counts every half as a character."""
    count = textpage.count_chars()
    buffer = (ctypes.c_ushort * (count + 1))()
    written = pdfium_c.FPDFText_GetText(textpage, 0, count, buffer) if count else 1
    return bytes(buffer)[: 2 * max(written - 1, 0)]


def _indexes(textpage: pdfium.PdfTextPage, count: int) -> Sequence[int]:
    """Return PDFium's index of each of `count` units of its text, from which it leaves some out.

    Where both ends of a stretch are as far apart in either way of counting, nothing is missing.
    """
    if count == textpage.count_chars():
        return range(count)
    found = array("q", bytes(8 * count))
    open_stretches = [(0, count - 1)] if count else []
    while open_stretches:
        first, last = open_stretches.pop()
        begin, end = (
            pdfium_c.FPDFText_GetCharIndexFromTextIndex(textpage, each) for each in (first, last)
        )
        if end - begin == last - first:
            found[first : last + 1] = array("q", range(begin, end + 1))
        elif last - first == 1:
            found[first], found[last] = begin, end
        else:
            middle = (first + last) // 2
            open_stretches += (first, middle), (middle, last)
    return found


def clean(text: str) -> str:
    """Take out hyphen marks, control characters and lone surrogates."""
    if _UNWANTED.search(text):
        text = _CONTROLS.sub(" ", _MARKS.sub("", text))
    return text.strip()


def _is_double(line: Line, previous: Line | None) -> bool:
    return (
        previous is not None
        and line.text == previous.text
        and abs(line.x - previous.x) < 2
        and abs(line.y - previous.y) < 2
    )


# ---------------------------------------------------------------- columns


class _Stretch(NamedTuple):
    """A part of a line without a jump, and where it stands, in points."""

    start: int
    end: int
    left: float
    right: float
    bottom: float


def _by_columns(textpage: pdfium.PdfTextPage, lines: list[PlacedLine]) -> list[PlacedLine]:
    """Part lines that reach over several columns of running text, and put them in order."""
    long = [row for row, line in enumerate(lines) if len(line.raw) >= LONG_LINE]
    sample = long[:: max(1, len(long) // SAMPLE)] if len(long) >= MIN_ROWS else []
    sampled = _stretches(textpage, [lines[row] for row in sample])
    known = dict(zip(sample, sampled, strict=True))
    jumping = sum(len(stretches) > 1 for stretches in known.values())
    if not sample or jumping < JUMPING_SHARE * len(sample):
        return lines
    rest = [row for row in range(len(lines)) if row not in known]
    known |= zip(rest, _stretches(textpage, [lines[row] for row in rest]), strict=True)
    found = [(row, each) for row in range(len(lines)) for each in known[row]]
    order = in_reading_order(
        [
            Piece(number, row, each.end - each.start, each.left, each.right, each.bottom)
            for number, (row, each) in enumerate(found)
        ]
    )
    if order is None:
        return lines
    parts = (
        (lines[row].raw[start:end], lines[row].indexes[start:end])
        for row, start, end in _rejoined([found[number] for number in order])
    )
    return [part for part in _placed(textpage, parts) if part.line.text]


def _stretches(
    textpage: pdfium.PdfTextPage, lines: Sequence[PlacedLine]
) -> Iterator[list[_Stretch]]:
    """Cut each line where it jumps: over a wide gap, backwards, or up and down."""
    words = [_words(line.raw) for line in lines]
    signs = [
        line.indexes[place]
        for line, ends in zip(lines, words, strict=True)
        for place in chain(*ends)
    ]
    edges = edges_of(textpage, signs)
    places = iter(zip(edges.lefts, edges.rights, edges.bottoms, strict=True))
    for line, (firsts, lasts) in zip(lines, words, strict=True):
        begun, ended = (list(islice(places, len(each))) for each in (firsts, lasts))
        yield _cut(line, firsts, begun, ended)


def _words(raw: str) -> tuple[list[int], list[int]]:
    """Return where the first and the last sign of each word stand in a line."""
    start, stop = len(raw) - len(raw.lstrip()), len(raw.rstrip())
    gaps = [match.span() for match in _BETWEEN_WORDS.finditer(raw, start, stop)]
    firsts = [start, *(after for _, after in gaps)]
    return firsts, [*(before - 1 for before, _ in gaps), stop - 1]


def _cut(
    line: PlacedLine,
    firsts: Sequence[int],
    begun: Sequence[tuple[float, float, float]],
    ended: Sequence[tuple[float, float, float]],
) -> list[_Stretch]:
    """Cut a line between words, given left, right and lower edge of their first and last signs."""
    size = max(line.line.size, 1.0)
    jumps = [
        word
        for word, ((_, right, bottom), (left, _, next_bottom)) in enumerate(
            zip(ended, begun[1:], strict=False), start=1
        )
        if abs(left - right) > size or abs(next_bottom - bottom) > JUMP * size
    ]
    bounds, ends = [0, *jumps, len(firsts)], [*firsts[1:], len(line.raw)]
    return [
        _Stretch(
            firsts[first], ends[after - 1], begun[first][0], ended[after - 1][1], begun[first][2]
        )
        for first, after in pairwise(bounds)
    ]


def _rejoined(ordered: Sequence[tuple[int, _Stretch]]) -> Iterator[tuple[int, int, int]]:
    """Yield row, start and end; what still follows each other on one level is one again."""
    row = start = end = -1
    bottom = 0.0
    for next_row, stretch in ordered:
        goes_on = (next_row, stretch.start) == (row, end) and abs(stretch.bottom - bottom) <= LEVEL
        if not goes_on:
            if row >= 0:
                yield row, start, end
            row, start, bottom = next_row, stretch.start, stretch.bottom
        end = stretch.end
    if row >= 0:
        yield row, start, end
