"""PDF files through PDFium: characters with their places, gathered into lines.

PDFium's own text already has line ends and spaces where it saw gaps. Where that text is as long
as the list of characters, both have the same positions; on some pages it leaves characters out or
puts some in, and there the text is built one character at a time.
"""

from __future__ import annotations

import ctypes
import re
import time
from collections.abc import Iterator
from dataclasses import replace

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from core.records import ParsedDocument
from core.retrieval.parsing.layout import Bookmark, Line, assemble
from core.retrieval.parsing.pdf_repair import repaired
from core.retrieval.parsing.source import Source

MAX_CHARACTERS = 30_000_000
MAX_PAGES = 250_000
MAX_UNREADABLE_IN_A_ROW = 1000
TIME_FOR_PAGES_S = 40.0
"""What is not read by then stays unread; the parent would end the worker at 60."""
MAX_REPAIRED_BYTES = 200 << 20
WRAPPER_BYTES = 4 << 20
TAIL_BYTES = 4096
MAX_BOOKMARKS = 5000
PAGES_LOOKED_AT_FOR_PICTURES = 5
MEDIA_TYPE = "application/pdf"

_LOCKED = (pdfium_c.FPDF_ERR_PASSWORD, pdfium_c.FPDF_ERR_SECURITY)
_HYPHEN_MARKS = "\x02\ufffe"
"""What PDFium gives for a hyphen at a line's end; the next line follows without a line end."""
_LENGTH = re.compile(rb"/Linearized\b[^>]*?/L\s+(\d{1,10})")
_UNSEEN = frozenset(_HYPHEN_MARKS + "\0\xad")
_VISUAL_LINE = re.compile(r"[^\r\n\x02\ufffe]*(?:\r\n?|\n|[\x02\ufffe](?:\r\n?|\n)?|$)")


def read(source: Source) -> ParsedDocument:
    """Read a PDF file; raises UnreadableDocument with any reason but a wrong format."""
    if _is_wrapper(source):
        raise source.refusal("encrypted")
    try:
        document = pdfium.PdfDocument(source.path)
    except pdfium.PdfiumError as error:
        if error.err_code in _LOCKED:
            raise source.refusal("encrypted") from error
        return _read_repaired(source)
    with document:
        pages = _Pages(document, source)
        if not pages.readable:
            return _read_repaired(source)
        return _parsed(document, pages, source)


def _read_repaired(source: Source) -> ParsedDocument:
    """Read what is left of a file that does not open."""
    if source.path.stat().st_size > MAX_REPAIRED_BYTES:
        raise source.refusal("damaged")
    found = repaired(source.content(MAX_REPAIRED_BYTES))
    if found is None:
        raise source.refusal("damaged")
    try:
        document = pdfium.PdfDocument(found.content)
    except pdfium.PdfiumError as error:
        raise source.refusal("damaged") from error
    with document:
        pages = _Pages(document, source)
        if not any(pages.lines):
            raise source.refusal("damaged")
        parsed = _parsed(document, pages, source)
        problem = _problem(pages.readable, found.pages_in_all)
        return replace(parsed, problem=problem, pages_in_all=found.pages_in_all)


def _problem(readable: int, in_all: int | None) -> str:
    """Say how much was read of a file that is not whole."""
    noun = "page" if (in_all or readable) == 1 else "pages"
    of_all = f" of {in_all}" if in_all else ""
    return f"The file is cut off or damaged; {readable}{of_all} {noun} could be read."


def _parsed(document: pdfium.PdfDocument, pages: _Pages, source: Source) -> ParsedDocument:
    if not any(pages.lines):
        if _has_picture(document):
            raise source.refusal("no_text_layer")
        locked = pdfium_c.FPDF_GetSecurityHandlerRevision(document) >= 0
        raise source.refusal("encrypted" if locked else "empty")
    text, spans, headings = assemble(pages.lines, _bookmarks(document))
    in_all = len(document)
    whole = pages.readable >= in_all and _has_end(source)
    return ParsedDocument(
        text,
        MEDIA_TYPE,
        spans,
        headings,
        _title(document),
        problem="" if whole else _problem(pages.readable, in_all),
        pages_in_all=None if whole else in_all,
    )


def _has_end(source: Source) -> bool:
    """Tell whether the file ends as a PDF does, and is as long as it says where it says so.

    What was added to a file later has an end of its own: objects behind the last end have none.
    """
    with source.path.open("rb") as file:
        stated = _LENGTH.search(file.read(TAIL_BYTES))
        size = file.seek(0, 2)
        file.seek(max(0, size - TAIL_BYTES))
        _, end, rest = file.read().rpartition(b"startxref")
    return bool(end) and b" obj" not in rest and (stated is None or int(stated[1]) <= size)


def _is_wrapper(source: Source) -> bool:
    """Tell whether the PDF is only the note around an encrypted one, as rights services make."""
    with source.path.open("rb") as file:
        return b"/EncryptedPayload" in file.read(WRAPPER_BYTES)


class _Pages:
    """The lines of a document's pages, as far as they can be read in time."""

    def __init__(self, document: pdfium.PdfDocument, source: Source):
        self.lines: list[list[Line]] = []
        self.readable = 0
        deadline = time.monotonic() + TIME_FOR_PAGES_S
        characters = unreadable_in_a_row = 0
        for number in range(min(len(document), MAX_PAGES)):
            try:
                lines = list(_lines(document, number))
                self.readable += 1
                unreadable_in_a_row = 0
            except pdfium.PdfiumError:
                lines = []
                unreadable_in_a_row += 1
            characters += sum(len(line.text) for line in lines)
            if characters > MAX_CHARACTERS:
                raise source.refusal("too_big")
            self.lines.append(lines)
            if time.monotonic() > deadline or unreadable_in_a_row > MAX_UNREADABLE_IN_A_ROW:
                break


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
