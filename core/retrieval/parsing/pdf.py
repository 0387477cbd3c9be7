"""PDF files through PDFium: characters with their places, gathered into lines.

PDFium's own text already has line ends and spaces where it saw gaps. Where that text is as long
as the list of characters, both have the same positions; on some pages it leaves characters out or
puts some in, and there the text is built one character at a time.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from pathlib import Path

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from core.records import ParsedDocument
from core.retrieval.parsing.layout import Bookmark, Line, assemble
from core.retrieval.parsing.reasons import unreadable
from core.retrieval.parsing.source import Source

MAX_CHARACTERS = 30_000_000
MAX_BOOKMARKS = 5000
PAGES_LOOKED_AT_FOR_PICTURES = 5
MEDIA_TYPE = "application/pdf"

_LOCKED = (pdfium_c.FPDF_ERR_PASSWORD, pdfium_c.FPDF_ERR_SECURITY)
_HYPHEN_MARKS = "\x02\ufffe"
"""What PDFium gives for a hyphen at a line's end; the next line follows without a line end."""
_UNSEEN = frozenset(_HYPHEN_MARKS + "\0\xad")
_VISUAL_LINE = re.compile(r"[^\r\n\x02\ufffe]*(?:\r\n?|\n|[\x02\ufffe](?:\r\n?|\n)?|$)")


def read(source: Source) -> ParsedDocument:
    """Read a PDF file; raises UnreadableDocument with any reason but a wrong format."""
    return read_pdf(source.path, source.name)


def read_pdf(path: Path, name: str) -> ParsedDocument:
    """Read a PDF file; raises UnreadableDocument with any reason but a wrong format."""
    try:
        document = pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        locked = error.err_code in _LOCKED
        raise unreadable("encrypted" if locked else "damaged", name) from error
    try:
        pages, readable = _pages(document, name)
        if not readable:
            raise unreadable("damaged", name)
        if not any(pages):
            raise unreadable("no_text_layer" if _has_picture(document) else "empty", name)
        text, spans, headings = assemble(pages, _bookmarks(document))
        return ParsedDocument(text, MEDIA_TYPE, spans, headings, _title(document))
    finally:
        document.close()


def _pages(document: pdfium.PdfDocument, name: str) -> tuple[list[list[Line]], int]:
    """Return each page's lines, and how many pages could be opened at all."""
    pages: list[list[Line]] = []
    characters = readable = 0
    for number in range(len(document)):
        try:
            lines = list(_lines(document, number))
            readable += 1
        except pdfium.PdfiumError:
            lines = []
        characters += sum(len(line.text) for line in lines)
        if characters > MAX_CHARACTERS:
            raise unreadable("too_big", name)
        pages.append(lines)
    return pages, readable


def _lines(document: pdfium.PdfDocument, number: int) -> Iterator[Line]:
    page = document[number]
    try:
        textpage = page.get_textpage()
        try:
            left, bottom, right, top = page.get_bbox()
            for line in _text_lines(textpage):
                outside = not (left - 1 <= line.x <= right + 1 and bottom - 1 <= line.y <= top + 1)
                if not outside:
                    yield line
        finally:
            textpage.close()
    finally:
        page.close()


def _text_lines(textpage: pdfium.PdfTextPage) -> Iterator[Line]:
    """Yield a page's lines in PDFium's order, without those that were drawn twice."""
    text, indexes = _characters(textpage)
    previous: Line | None = None
    start = 0
    for raw in _VISUAL_LINE.findall(text):
        first = next((i for i, sign in enumerate(raw) if not sign.isspace()), None)
        if first is not None:
            index = start + first if indexes is None else indexes[start + first]
            line = _line(textpage, raw, index)
            if line.text and not _is_double(line, previous):
                yield line
            previous = line
        start += len(raw)


def _characters(textpage: pdfium.PdfTextPage) -> tuple[str, list[int] | None]:
    """Return the page's text, and for each of its positions PDFium's index unless they agree."""
    count = textpage.count_chars()
    text = textpage.get_text_range() if count else ""
    if len(text) == count:
        return text, None
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
    hyphenated = raw.rstrip("\r\n").endswith(tuple(_HYPHEN_MARKS))
    return Line(_clean(raw), x.value, y.value, size, hyphenated)


def _clean(text: str) -> str:
    """Take out hyphen marks, control characters and lone surrogates."""
    signs = (
        " " if sign < " " or "\ud800" <= sign <= "\udfff" else sign
        for sign in text
        if sign not in _UNSEEN
    )
    return " ".join("".join(signs).split(" ")).strip()


def _is_double(line: Line, previous: Line | None) -> bool:
    """Tell whether the same words were drawn over themselves, as for a bold look."""
    return (
        previous is not None
        and line.text == previous.text
        and abs(line.x - previous.x) < 2
        and abs(line.y - previous.y) < 2
    )


def _has_picture(document: pdfium.PdfDocument) -> bool:
    """Tell whether one of the first pages shows a picture, as a scanned page does."""
    for number in range(min(len(document), PAGES_LOOKED_AT_FOR_PICTURES)):
        try:
            page = document[number]
        except pdfium.PdfiumError:
            continue
        try:
            if any(page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_IMAGE], max_depth=3)):
                return True
        finally:
            page.close()
    return False


def _bookmarks(document: pdfium.PdfDocument) -> list[Bookmark]:
    """Return the table of contents with the places that it points to."""
    found: list[Bookmark] = []
    try:
        for entry in document.get_toc():
            target = entry.get_dest()
            page = target.get_index() if target else None
            title = _clean(entry.get_title())
            if page is not None and title:
                found.append(Bookmark(entry.level + 1, title, page, _height(target)))
            if len(found) >= MAX_BOOKMARKS:
                break
    except (pdfium.PdfiumError, UnicodeDecodeError):
        pass  # a damaged table of contents only costs headings
    return found


def _height(target: pdfium.PdfDest) -> float | None:
    """Return how high on its page a destination lies, where it says so."""
    mode, position = target.get_view()
    if mode == pdfium_c.PDFDEST_VIEW_XYZ and len(position) > 1:
        return float(position[1])
    if mode in (pdfium_c.PDFDEST_VIEW_FITH, pdfium_c.PDFDEST_VIEW_FITBH) and position:
        return float(position[0])
    return None


def _title(document: pdfium.PdfDocument) -> str:
    """Return the title that the file states, unless it is the name of a file."""
    title = _clean(document.get_metadata_value("Title"))
    looks_like_file = "." in title[-5:] or title.lower().startswith(("microsoft word", "untitled"))
    return "" if looks_like_file else title[:200]
