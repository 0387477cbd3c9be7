"""A PDF page's lines as PDFium sees them, each with the places of its signs.

PDFium's own text already has line ends and spaces where it saw gaps. Where that text is as long
as the list of characters, both have the same positions; on some pages it leaves characters out,
and their places have to be found.
"""

from __future__ import annotations

import ctypes
import re
from array import array
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, repeat
from typing import NamedTuple

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from core.retrieval.parsing.columns import LEVEL, MIN_ROWS, Piece, in_reading_order
from core.retrieval.parsing.layout import Line

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


def _drawn_once(lines: Iterator[PlacedLine]) -> Iterator[PlacedLine]:
    """Leave out lines that were drawn over themselves, as for a bold look."""
    previous: Line | None = None
    for placed in lines:
        if placed.line.text and not _is_double(placed.line, previous):
            yield placed
        previous = placed.line


def _all_lines(textpage: pdfium.PdfTextPage) -> Iterator[PlacedLine]:
    text, indexes = _characters(textpage)
    start = 0
    for raw in _VISUAL_LINE.findall(text):
        first = next((i for i, sign in enumerate(raw) if not sign.isspace()), None)
        if first is not None:
            of_line = indexes[start : start + len(raw)]
            yield PlacedLine(_line(textpage, raw, of_line[first]), raw, of_line)
        start += len(raw)


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


def _line(textpage: pdfium.PdfTextPage, raw: str, index: int) -> Line:
    x, y = ctypes.c_double(), ctypes.c_double()
    box = pdfium_c.FS_RECTF()
    pdfium_c.FPDFText_GetCharOrigin(textpage, index, x, y)
    pdfium_c.FPDFText_GetLooseCharBox(textpage, index, box)
    size = round(abs(box.top - box.bottom), 1)
    hyphenated = raw.rstrip("\r\n").endswith(tuple(HYPHEN_MARKS))
    return Line(clean(raw), x.value, y.value, size, hyphenated)


def clean(text: str) -> str:
    """Take out hyphen marks, control characters and lone surrogates."""
    if _UNWANTED.search(text):
        text = _CONTROLS.sub(" ", _MARKS.sub("", text))
    return " ".join(text.split(" ")).strip()


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
    known = {row: _stretches(textpage, lines[row]) for row in sample}
    jumping = sum(len(stretches) > 1 for stretches in known.values())
    if not sample or jumping < JUMPING_SHARE * len(sample):
        return lines
    found = [
        (row, each)
        for row, line in enumerate(lines)
        for each in known.get(row) or _stretches(textpage, line)
    ]
    order = in_reading_order(
        [
            Piece(number, row, each.end - each.start, each.left, each.right, each.bottom)
            for number, (row, each) in enumerate(found)
        ]
    )
    if order is None:
        return lines
    parts = (
        _part(textpage, lines[row], start, end)
        for row, start, end in _rejoined([found[number] for number in order])
    )
    return [part for part in parts if part is not None]


def _stretches(textpage: pdfium.PdfTextPage, line: PlacedLine) -> list[_Stretch]:
    """Cut a line where it jumps: over a wide gap, backwards, or up and down."""
    raw, indexes, size = line.raw, line.indexes, max(line.line.size, 1.0)
    start, stop = len(raw) - len(raw.lstrip()), len(raw.rstrip())
    gaps = [match.span() for match in _BETWEEN_WORDS.finditer(raw, start, stop)]
    words = [start, *(place for before, after in gaps for place in (before - 1, after)), stop - 1]
    lefts, _, rights, bottoms = _boxes(textpage, [indexes[each] for each in words])
    found: list[_Stretch] = []
    left, bottom = lefts[0], bottoms[0]
    for number, (_, after) in enumerate(gaps):
        this, following = 2 * number + 1, 2 * number + 2
        gap, step = lefts[following] - rights[this], bottoms[following] - bottoms[this]
        if abs(gap) > size or abs(step) > JUMP * size:
            found.append(_Stretch(start, after, left, rights[this], bottom))
            start, left, bottom = after, lefts[following], bottoms[following]
    return [*found, _Stretch(start, len(raw), left, rights[-1], bottom)]


def _boxes(textpage: pdfium.PdfTextPage, indexes: Sequence[int]) -> tuple[Sequence[float], ...]:
    """Return the left, upper, right and lower edges of signs, without a loop in Python."""
    boxes = (pdfium_c.FS_RECTF * len(indexes))()
    deque(map(pdfium_c.FPDFText_GetLooseCharBox, repeat(textpage.raw), indexes, boxes), maxlen=0)
    edges = memoryview(boxes).cast("B").cast("f")
    return tuple(edges[edge::4].tolist() for edge in range(4))


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


def _part(
    textpage: pdfium.PdfTextPage, line: PlacedLine, start: int, end: int
) -> PlacedLine | None:
    raw, indexes = line.raw[start:end], line.indexes[start:end]
    first = next((i for i, sign in enumerate(raw) if not sign.isspace()), None)
    if first is None:
        return None
    part = PlacedLine(_line(textpage, raw, indexes[first]), raw, indexes)
    return part if part.line.text else None
