"""PDF files through PDFium: opened, repaired where they were cut off, and read page by page."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import NamedTuple

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from core.records import ParsedDocument
from core.retrieval.parsing.layout import Bookmark, Line, assemble
from core.retrieval.parsing.pdf_order import ordered_lines
from core.retrieval.parsing.pdf_repair import Repaired, repaired
from core.retrieval.parsing.pdf_text import PageText, clean
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

_SEEN = (
    pdfium_c.FPDF_PAGEOBJ_IMAGE,
    pdfium_c.FPDF_PAGEOBJ_PATH,
    pdfium_c.FPDF_PAGEOBJ_SHADING,
)
_LOCKED = (pdfium_c.FPDF_ERR_PASSWORD, pdfium_c.FPDF_ERR_SECURITY)
_LENGTH = re.compile(rb"/Linearized\b[^>]*?/L\s+(\d{1,10})")


class Opened(NamedTuple):
    """A PDF file that is open; `found` where it had to be repaired first."""

    document: pdfium.PdfDocument
    found: Repaired | None


def read(source: Source) -> ParsedDocument:
    """Read a PDF file; raises UnreadableDocument with any reason but a wrong format."""
    with opened(source) as (document, found):
        pages = _Pages(document, source)
        if found is None:
            return _parsed(document, pages, source)
        if not any(pages.lines):
            raise source.refusal("damaged")
        parsed = _parsed(document, pages, source)
        problem = _problem(pages.readable, found.pages_in_all)
        return replace(parsed, problem=problem, pages_in_all=found.pages_in_all)


@contextmanager
def opened(source: Source) -> Iterator[Opened]:
    """Open a PDF file, of one that was cut off what is left.

    Raises UnreadableDocument: encrypted, damaged.
    """
    if _is_wrapper(source):
        raise source.refusal("encrypted")
    document = _whole(source)
    found = None
    if document is None:
        document, found = _repaired(source)
    with document:
        yield Opened(document, found)


def _whole(source: Source) -> pdfium.PdfDocument | None:
    """Open a file as it is; None where PDFium cannot, or finds no page in it."""
    try:
        document = pdfium.PdfDocument(source.path)
    except pdfium.PdfiumError as error:
        if error.err_code in _LOCKED:
            raise source.refusal("encrypted") from error
        return None
    for number in range(min(len(document), MAX_UNREADABLE_IN_A_ROW)):
        with suppress(pdfium.PdfiumError):
            document.get_page_size(number)  # unlike opening the page this costs nothing
            return document
    document.close()
    return None


def _repaired(source: Source) -> tuple[pdfium.PdfDocument, Repaired]:
    """Open what is left of a file that does not open."""
    if source.path.stat().st_size > MAX_REPAIRED_BYTES:
        raise source.refusal("damaged")
    found = repaired(source.content(MAX_REPAIRED_BYTES))
    if found is None:
        raise source.refusal("damaged")
    try:
        return pdfium.PdfDocument(found.content), found
    except pdfium.PdfiumError as error:
        raise source.refusal("damaged") from error


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
                lines = _lines(document, number)
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


def _lines(document: pdfium.PdfDocument, number: int) -> list[Line]:
    page = document[number]
    try:
        textpage = page.get_textpage()
        try:
            return [placed.line for placed in ordered_lines(page, PageText(textpage))]
        finally:
            textpage.close()
    finally:
        page.close()


def _has_picture(document: pdfium.PdfDocument) -> bool:
    """Tell whether one of the first pages shows something: a scan, or letters as outlines."""
    for number in range(min(len(document), PAGES_LOOKED_AT_FOR_PICTURES)):
        try:
            page = document[number]
        except pdfium.PdfiumError:
            continue
        try:
            if any(page.get_objects(filter=_SEEN, max_depth=3)):
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
            title = clean(entry.get_title())
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
    title = clean(document.get_metadata_value("Title"))
    looks_like_file = "." in title[-5:] or title.lower().startswith(("microsoft word", "untitled"))
    return "" if looks_like_file else title[:200]
