"""Where on a PDF's page a span of its stored text stands, as boxes to be marked.

The page is read again and its lines are laid over the stored text. Both come from the same code,
so they differ by nothing but headers and footers that were dropped because they repeat.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from core.records import PageBox
from core.retrieval.parsing.layout import EDGE_LINES
from core.retrieval.parsing.pdf import opened
from core.retrieval.parsing.pdf_order import ordered_lines
from core.retrieval.parsing.pdf_text import PageText, PlacedLine, is_solid
from core.retrieval.parsing.source import Source

MAX_EMPTY = 2.2
"""How much larger than its signs together a box may be: spaces fit, wide gaps do not."""
MAX_THICKNESS = 1.5
"""By how much its short side may exceed its largest sign: raised signs fit, slanted lines do not.
"""
GRID = 100_000
"""The side of the imaginary picture on which places are measured, in dots."""


class _Box(NamedTuple):
    """In points from the page's lower left corner, before the page is turned."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def sides(self) -> tuple[float, float]:
        return self.right - self.left, self.top - self.bottom

    @property
    def area(self) -> float:
        return self.sides[0] * self.sides[1]

    def with_(self, other: _Box) -> _Box:
        return _Box(
            min(self.left, other.left),
            min(self.bottom, other.bottom),
            max(self.right, other.right),
            max(self.top, other.top),
        )


def boxes_of(source: Source, page: int, page_text: str, start: int, end: int) -> list[PageBox]:
    """Return the boxes around page_text[start:end] on a page, counted from 1.

    None where the page's text is not the stored one, as after the file was changed. Raises
    UnreadableDocument where the file cannot be opened, LookupError where there is no such page.
    """
    with opened(source) as (document, _):
        opened_page = page_at(document, page)
        try:
            textpage = opened_page.get_textpage()
            try:
                text = PageText(textpage)
                indexes = _indexes(text, list(ordered_lines(opened_page, text)), page_text)
                wanted = indexes[start:end] if indexes else []
                found = _merged(_box(textpage, each) for each in wanted if each is not None)
                return [_shares(opened_page, page, box) for box in found]
            finally:
                textpage.close()
        finally:
            opened_page.close()


def page_at(document: pdfium.PdfDocument, page: int) -> pdfium.PdfPage:
    """Open a page, counted from 1; raises LookupError where there is none that can be opened."""
    if not 1 <= page <= len(document):
        raise LookupError(page)
    try:
        return document[page - 1]
    except pdfium.PdfiumError as error:
        raise LookupError(page) from error


# ---------------------------------------------------------------- from text to characters


def _indexes(text: PageText, lines: Sequence[PlacedLine], page_text: str) -> list[int | None]:
    """Return PDFium's index of each sign of the stored text; empty where they do not fit."""
    stored = "".join(filter(is_solid, page_text))
    for kept in _with_edges_dropped(lines):
        solid = [pair for line in kept for pair in text.solid(line)]
        if "".join(sign for sign, _ in solid) == stored:
            each = iter(solid)
            return [next(each)[1] if is_solid(sign) else None for sign in page_text]
    return []


def _with_edges_dropped(lines: Sequence[PlacedLine]) -> Iterator[list[PlacedLine]]:
    """Yield the lines without some of those at the edges, as few as possible first."""
    places = range(len(lines))
    edges = sorted({*places[:EDGE_LINES], *places[-EDGE_LINES:]})
    for count in range(len(edges) + 1):
        for dropped in combinations(edges, count):
            yield [line for place, line in enumerate(lines) if place not in dropped]


# ---------------------------------------------------------------- from characters to boxes


def _box(textpage: pdfium.PdfTextPage, index: int) -> _Box:
    """Return a sign's box: as high as its line, and around all that is drawn of it.

    The box by the font's height is degenerate where text is turned, the tight one where it is
    blank; together they hold.
    """
    loose = pdfium_c.FS_RECTF()
    pdfium_c.FPDFText_GetLooseCharBox(textpage, index, loose)
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    pdfium_c.FPDFText_GetCharBox(textpage, index, left, right, bottom, top)
    xs = loose.left, loose.right, left.value, right.value
    ys = loose.bottom, loose.top, bottom.value, top.value
    return _Box(min(xs), min(ys), max(xs), max(ys))


def _merged(boxes: Iterator[_Box]) -> Iterator[_Box]:
    """Join the boxes of signs that follow each other closely."""
    current: _Box | None = None
    filled = largest = 0.0
    for box in boxes:
        largest = max(largest, *box.sides)
        filled += box.area
        joined = current.with_(box) if current else box
        if current and not (
            joined.area <= MAX_EMPTY * filled and min(joined.sides) <= MAX_THICKNESS * largest
        ):
            yield current
            joined, filled, largest = box, box.area, max(box.sides)
        current = joined
    if current:
        yield current


def _shares(opened_page: pdfium.PdfPage, page: int, box: _Box) -> PageBox:
    """Turn a box as the page is turned, and measure it in shares of the page that is shown."""
    first = _on_grid(opened_page, box.left, box.top)
    second = _on_grid(opened_page, box.right, box.bottom)
    xs, ys = zip(first, second, strict=True)
    return PageBox(page, min(xs), min(ys), max(xs), max(ys))


def _on_grid(opened_page: pdfium.PdfPage, x: float, y: float) -> tuple[float, float]:
    across, down = ctypes.c_int(), ctypes.c_int()
    pdfium_c.FPDF_PageToDevice(opened_page, 0, 0, GRID, GRID, 0, x, y, across, down)
    return _share(across.value), _share(down.value)


def _share(dots: int) -> float:
    return min(max(dots / GRID, 0.0), 1.0)
