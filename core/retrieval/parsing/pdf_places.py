"""Where the signs of a PDF page stand, asked of PDFium for many signs at once.

A page has thousands of signs. Addresses instead of objects, and no loop in Python, take a third of
the time.
"""

from __future__ import annotations

import ctypes
from collections import deque
from collections.abc import Callable, Sequence
from itertools import repeat
from typing import Any, NamedTuple

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

_EDGES = 4
"""Single-precision numbers in PDFium's FS_RECTF: left, top, right, bottom."""


def _by_address(function: Any, pointers: int) -> Callable[..., int]:
    """Return a function of PDFium that takes a page, a sign's index and some pointers."""
    kind = ctypes.CFUNCTYPE(
        ctypes.c_int, ctypes.c_void_p, ctypes.c_int, *[ctypes.c_void_p] * pointers
    )
    return kind(ctypes.cast(function, ctypes.c_void_p).value or 0)


_loose_char_box = _by_address(pdfium_c.FPDFText_GetLooseCharBox, 1)
_char_origin = _by_address(pdfium_c.FPDFText_GetCharOrigin, 2)


class Edges(NamedTuple):
    """The boxes of some signs by the height of their font, in points from the lower left."""

    lefts: list[float]
    tops: list[float]
    rights: list[float]
    bottoms: list[float]


def edges_of(textpage: pdfium.PdfTextPage, indexes: Sequence[int]) -> Edges:
    """Return the edges of signs, given by PDFium's indexes."""
    boxes = (ctypes.c_float * (_EDGES * len(indexes)))()
    first, size = ctypes.addressof(boxes), ctypes.sizeof(pdfium_c.FS_RECTF)
    places = range(first, first + size * len(indexes), size)
    deque(map(_loose_char_box, repeat(_address(textpage)), indexes, places), maxlen=0)
    return Edges(*(boxes[edge::_EDGES] for edge in range(_EDGES)))


def origins_of(
    textpage: pdfium.PdfTextPage, indexes: Sequence[int]
) -> tuple[list[float], list[float]]:
    """Return where signs begin on their line: x and y, in points from the lower left."""
    count, size = len(indexes), ctypes.sizeof(ctypes.c_double)
    found = (ctypes.c_double * (2 * count))()
    first, second = ctypes.addressof(found), ctypes.addressof(found) + size * count
    xs, ys = range(first, second, size), range(second, second + size * count, size)
    deque(map(_char_origin, repeat(_address(textpage)), indexes, xs, ys), maxlen=0)
    return found[:count], found[count:]


def _address(textpage: pdfium.PdfTextPage) -> int | None:
    return ctypes.cast(textpage.raw, ctypes.c_void_p).value
