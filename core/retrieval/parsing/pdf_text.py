"""A PDF page's text as PDFium sees it, cut into lines that know where they stand.

PDFium's own text already has line ends and spaces where it saw gaps. Where that text is as long
as the list of characters, both have the same positions; on some pages it leaves characters out,
and their places have to be found.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from core.retrieval.parsing.layout import Line
from core.retrieval.parsing.pdf_places import Edges, edges_of, origins_of

HYPHEN_MARKS = "\x02\ufffe"
"""What PDFium gives for a hyphen at a line's end; the next line follows without a line end."""

_HYPHENS = tuple(HYPHEN_MARKS)
_UNSEEN = frozenset(HYPHEN_MARKS + "\0\xad")
_MARKS = re.compile(r"[\x02\ufffe\0\xad]")
_CONTROLS = re.compile(r"[\x00-\x1f\ud800-\udfff]")
_UNWANTED = re.compile(_MARKS.pattern + "|" + _CONTROLS.pattern)
_VISUAL_LINE = re.compile(r"[^\r\n\x02\ufffe]*(?:\r\n?|\n|[\x02\ufffe](?:\r\n?|\n)?|$)")


class PlacedLine(NamedTuple):
    """A line, and where it lies in its page's text, with marks and white space: [start, end)."""

    line: Line
    start: int
    end: int


class PageText:
    """The text of an open page, and where on the page its signs stand."""

    def __init__(self, textpage: pdfium.PdfTextPage):
        self._textpage = textpage
        self.text, self._indexes = _characters(textpage)

    def lines(self) -> list[PlacedLine]:
        """Return the lines in the order in which they were drawn; blank ones are left out."""
        ends = accumulate(map(len, _VISUAL_LINE.findall(self.text)), initial=0)
        return self.placed(pairwise(ends))

    def placed(self, spans: Iterable[tuple[int, int]]) -> list[PlacedLine]:
        """Make lines of spans of the text; blank ones are left out."""
        solid = [
            (start, end, rest) for start, end in spans if (rest := self.text[start:end].lstrip())
        ]
        firsts = self._pdfiums([end - len(rest) for _, end, rest in solid])
        edges = edges_of(self._textpage, firsts)
        places = zip(*origins_of(self._textpage, firsts), edges.tops, edges.bottoms, strict=True)
        found = []
        for (start, end, rest), (x, y, top, bottom) in zip(solid, places, strict=True):
            if text := clean(rest):
                hyphenated = rest.rstrip().endswith(_HYPHENS)
                line = Line(text, x, y, round(abs(top - bottom), 1), hyphenated)
                found.append(PlacedLine(line, start, end))
        return found

    def solid(self, line: PlacedLine) -> Iterator[tuple[str, int]]:
        """Yield the signs of a line that can be seen, each with PDFium's index of it."""
        for place in range(line.start, line.end):
            if is_solid(self.text[place]):
                yield self.text[place], self._indexes[place]

    def edges(self, places: Sequence[int]) -> Edges:
        """Return the edges of the signs at some places in the text."""
        return edges_of(self._textpage, self._pdfiums(places))

    def _pdfiums(self, places: Sequence[int]) -> Sequence[int]:
        """Return PDFium's indexes of the signs at some places in the text."""
        if isinstance(self._indexes, range):  # it begins at 0
            return places
        return [self._indexes[place] for place in places]


def is_solid(sign: str) -> bool:
    """Tell whether a sign is in the document's text and is no white space."""
    return not (sign.isspace() or sign in _UNSEEN or sign < " " or "\ud800" <= sign <= "\udfff")


def clean(text: str) -> str:
    """Take out hyphen marks, control characters and lone surrogates."""
    text = text.strip()
    if _UNWANTED.search(text):
        text = _CONTROLS.sub(" ", _MARKS.sub("", text)).strip()
    return text


def _characters(textpage: pdfium.PdfTextPage) -> tuple[str, Sequence[int]]:
    """Return the page's text, and for each of its positions PDFium's index.

    A space stands wherever PDFium left something out: signs that some fonts have for spaces.
    """
    units = _units(textpage)
    count = len(units) // 2
    text = units.decode("utf-16-le", "surrogatepass")
    if len(text) == count == textpage.count_chars():
        return text, range(count)
    parts: list[str] = []
    indexes: list[int] = []
    following = 0
    for first, stop, index in _stretches(textpage, count):
        if index > following:
            parts.append(" ")
            indexes.append(following)
        parts.append(units[2 * first : 2 * stop].decode("utf-16-le", "surrogatepass"))
        indexes += accumulate((1 + (sign > "\uffff") for sign in parts[-1][:-1]), initial=index)
        following = index + stop - first
    return "".join(parts), indexes


def _units(textpage: pdfium.PdfTextPage) -> bytes:
    """Return the page's text as UTF-16, of which PDFium counts every half as a character."""
    count = textpage.count_chars()
    buffer = (ctypes.c_ushort * (count + 1))()
    written = pdfium_c.FPDFText_GetText(textpage, 0, count, buffer) if count else 1
    return bytes(buffer)[: 2 * max(written - 1, 0)]


def _stretches(textpage: pdfium.PdfTextPage, count: int) -> Iterator[tuple[int, int, int]]:
    """Yield start and end of stretches of the text, and PDFium's index of the first unit of each.

    Where both ends of a stretch are as far apart in either way of counting, nothing is missing.
    """
    index_of = pdfium_c.FPDFText_GetCharIndexFromTextIndex
    unread = [(0, count)] if count else []
    while unread:
        first, stop = unread.pop()
        begin = index_of(textpage, first)
        if index_of(textpage, stop - 1) - begin == stop - 1 - first:
            yield first, stop, begin
        else:
            middle = (first + stop) // 2
            unread += (middle, stop), (first, middle)
