"""Whether the boxes around spans of a PDF's text hold that text: the page is read again in them."""

from __future__ import annotations

import ctypes
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from core.records import PageBox, PageSpan, ParsedDocument
from core.retrieval.parsing.detect import Kind
from core.retrieval.parsing.pdf import opened
from core.retrieval.parsing.pdf_boxes import GRID, boxes_of
from core.retrieval.parsing.pdf_text import is_solid
from core.retrieval.parsing.source import Source

SPAN = 200
MIN_PAGE = 20
"""Pages with less text than this many characters have nothing to be marked."""


class Marked(NamedTuple):
    """What came of marking one span."""

    file: str
    page: int
    recall: float
    """Of the span's signs, the share that stands inside its boxes."""
    precision: float
    """Of the signs inside the boxes, the share that is the span's."""
    is_turned: bool
    boxes: int


def marked_at_random(
    documents: Sequence[tuple[Path, ParsedDocument]], count: int, seed: int = 1
) -> list[Marked]:
    """Mark random spans of random pages of random documents."""
    chance = random.Random(seed)
    fit = [
        (path, parsed, pages)
        for path, parsed in documents
        if (pages := [page for page in parsed.pages if page.end - page.start >= MIN_PAGE])
    ]
    marked = []
    for _ in range(count):
        path, parsed, pages = chance.choice(fit)
        page = chance.choice(pages)
        text = parsed.text[page.start : page.end]
        start = chance.randrange(max(1, len(text) - SPAN))
        marked.append(mark(path, page, text, start, min(start + SPAN, len(text))))
    return marked


def mark(path: Path, page: PageSpan, text: str, start: int, end: int) -> Marked:
    """Mark one span of a page's text, and read again what stands inside its boxes."""
    source = Source(path, path.name, Kind.PDF)
    boxes = boxes_of(source, page.number, text, start, end)
    wanted = Counter(filter(is_solid, text[start:end]))
    inside, is_turned = _signs_inside(source, page.number, boxes)
    both = (wanted & inside).total()
    recall = both / wanted.total() if wanted else 1.0
    precision = both / inside.total() if inside else 0.0
    return Marked(path.name, page.number, recall, precision, is_turned, len(boxes))


def _signs_inside(
    source: Source, number: int, boxes: Sequence[PageBox]
) -> tuple[Counter[str], bool]:
    """Count the signs whose middle lies in one of the boxes; tell whether the page is turned."""
    with opened(source) as (document, _):
        page = document[number - 1]
        textpage = page.get_textpage()
        areas = [_on_page(page, box) for box in boxes]
        found: Counter[str] = Counter()
        for index in range(textpage.count_chars()):
            x, y = _middle(textpage, index)
            if any(a <= x <= c and b <= y <= d for a, b, c, d in areas):
                found.update(filter(is_solid, _sign(textpage, index)))
        return found, bool(page.get_rotation())


def _on_page(page: pdfium.PdfPage, box: PageBox) -> tuple[float, float, float, float]:
    """Return a box in the page's own points, half a dot of the grid larger on all sides."""
    corners = []
    for across, down in ((box.left, box.top), (box.right, box.bottom)):
        x, y = ctypes.c_double(), ctypes.c_double()
        dots = round(across * GRID), round(down * GRID)
        pdfium_c.FPDF_DeviceToPage(page, 0, 0, GRID, GRID, 0, *dots, x, y)
        corners.append((x.value, y.value))
    xs, ys = zip(*corners, strict=True)
    return min(xs) - 0.05, min(ys) - 0.05, max(xs) + 0.05, max(ys) + 0.05


def _middle(textpage: pdfium.PdfTextPage, index: int) -> tuple[float, float]:
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    pdfium_c.FPDFText_GetCharBox(textpage, index, left, right, bottom, top)
    return (left.value + right.value) / 2, (bottom.value + top.value) / 2


def _sign(textpage: pdfium.PdfTextPage, index: int) -> str:
    """Return a character; of one beyond the basic plane its second half stands for nothing."""
    code = pdfium_c.FPDFText_GetUnicode(textpage, index)
    if 0xDC00 <= code < 0xE000:
        return ""
    if 0xD800 <= code < 0xDC00:
        low = pdfium_c.FPDFText_GetUnicode(textpage, index + 1)
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)
    return chr(code)
