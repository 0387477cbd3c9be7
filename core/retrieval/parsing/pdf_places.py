"""Where the signs of a PDF page stand, asked of PDFium for many signs at once.

A page has thousands of signs. Addresses instead of objects, and no loop in Python, take a third of
the time.
"""

from __future__ import annotations

import ctypes
from array import array
from collections import deque
from collections.abc import Callable, Sequence
from itertools import repeat
from typing import Any, NamedTuple

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

_EDGES = 4
"""Single-precision numbers in PDFium's FS_RECTF: left, top, right, bottom."""


def _by_address(function: Any, pointers: int) -> Callable[..., int]:
    """Return a function of PDFium that takes a page, a sign's index and some pointers.

    It keeps the interpreter's lock: to give it away and take it again costs as much as the call.
    """
    kind = ctypes.PYFUNCTYPE(
        ctypes.c_int, ctypes.c_void_p, ctypes.c_int, *[ctypes.c_void_p] * pointers
    )
    return kind(ctypes.cast(function, ctypes.c_void_p).value or 0)


_loose_char_box = _by_address(pdfium_c.FPDFText_GetLooseCharBox, 1)
_char_origin = _by_address(pdfium_c.FPDFText_GetCharOrigin, 2)


class Edges(NamedTuple):
    """The boxes of some signs by the height of their font, in points from the lower left."""

    lefts: array[float]
    tops: array[float]
    rights: array[float]
    bottoms: array[float]


def edges_of(textpage: pdfium.PdfTextPage, indexes: Sequence[int]) -> Edges:
    """Return the edges of signs, given by PDFium's indexes."""
    boxes = array("f", bytes(4 * _EDGES * len(indexes)))
    places = _addresses(boxes, _EDGES)
    deque(map(_loose_char_box, repeat(_address(textpage)), indexes, places), maxlen=0)
    return Edges(*(boxes[edge::_EDGES] for edge in range(_EDGES)))


def origins_of(
    textpage: pdfium.PdfTextPage, indexes: Sequence[int]
) -> tuple[array[float], array[float]]:
    """Return where signs begin on their line: x and y, in points from the lower left."""
    xs, ys = (array("d", bytes(8 * len(indexes))) for _ in range(2))
    places = _addresses(xs), _addresses(ys)
    deque(map(_char_origin, repeat(_address(textpage)), indexes, *places), maxlen=0)
    return xs, ys


def _addresses(numbers: array[float], step: int = 1) -> range:
    """Return where in memory every so many of some numbers lie."""
    first, count = numbers.buffer_info()
    return range(first, first + count * numbers.itemsize, step * numbers.itemsize)


def _address(textpage: pdfium.PdfTextPage) -> int | None:
    return ctypes.cast(textpage.raw, ctypes.c_void_p).value
