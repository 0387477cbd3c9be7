"""A PDF page's lines as PDFium sees them, each with the places of its signs.

PDFium's own text already has line ends and spaces where it saw gaps. Where that text is as long
as the list of characters, both have the same positions; on some pages it leaves characters out,
and there the text is built one character at a time.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from core.retrieval.parsing.layout import Line

HYPHEN_MARKS = "\x02\ufffe"
"""What PDFium gives for a hyphen at a line's end; the next line follows without a line end."""

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
    """Yield the lines of a page in PDFium's order; those outside of the page are left out."""
    left, bottom, right, top = page.get_bbox()
    for placed in _drawn_once(_all_lines(textpage)):
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
    count = textpage.count_chars()
    units = _units(textpage, count)
    if len(units) != 2 * count:
        return _one_by_one(textpage, count)
    text = units.decode("utf-16-le", "surrogatepass")
    if len(text) == count:
        return text, range(count)
    ends = accumulate(1 + (sign > "\uffff") for sign in text)
    return text, [0, *ends][:-1]


def _units(textpage: pdfium.PdfTextPage, count: int) -> bytes:
    """Return the page's text as UTF-16, of which PDFium counts every half as a character."""
    buffer = (ctypes.c_ushort * (count + 1))()
    written = pdfium_c.FPDFText_GetText(textpage, 0, count, buffer) if count else 1
    return bytes(buffer)[: 2 * (written - 1)]


def _one_by_one(textpage: pdfium.PdfTextPage, count: int) -> tuple[str, list[int]]:
    signs: list[str] = []
    indexes: list[int] = []
    high = 0
    for index in range(count):
        code = pdfium_c.FPDFText_GetUnicode(textpage, index)
        if 0xD800 <= code < 0xDC00:
            high = code
            continue
        if 0xDC00 <= code < 0xE000:
            code = 0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00) if high else 0xFFFD
        high = 0
        signs.append(chr(code) if code <= 0x10FFFF else "\ufffd")
        indexes.append(index)
    return "".join(signs), indexes


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
