"""A PDF's page as a picture.

PNG is written here with the standard library: PDFium hands out plain pixels, and neither Qt nor
an imaging library belongs into the worker.
"""

from __future__ import annotations

import struct
import zlib

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from core.records import PageImage
from core.retrieval.parsing.pdf import opened
from core.retrieval.parsing.pdf_boxes import page_at
from core.retrieval.parsing.source import Source

MAX_PIXELS = 16_000_000
"""48 MB while it is drawn: a page as narrow as a ribbon is shown smaller than asked for."""

_COMPRESSION = 1
"""Of text on white the higher levels save a tenth and take three times as long."""
_RGB = 2


def image_of(source: Source, page: int, width_px: int) -> PageImage:
    """Draw a page, counted from 1, with its annotations, on white.

    Raises UnreadableDocument where the file cannot be opened, LookupError where there is no such
    page.
    """
    with opened(source) as (document, _):
        opened_page = page_at(document, page)
        try:
            return _drawn(opened_page, width_px)
        finally:
            opened_page.close()


def _drawn(page: pdfium.PdfPage, width_px: int) -> PageImage:
    across, up = (max(side, 1.0) for side in page.get_size())
    scale = min(width_px / across, (MAX_PIXELS / (across * up)) ** 0.5)
    width, height = (max(1, int(side * scale)) for side in (across, up))
    bitmap = pdfium.PdfBitmap.new_native(width, height, pdfium_c.FPDFBitmap_BGR)
    try:
        bitmap.fill_rect((255, 255, 255, 255), 0, 0, width, height)
        flags = pdfium_c.FPDF_ANNOT | pdfium_c.FPDF_REVERSE_BYTE_ORDER
        pdfium_c.FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, 0, flags)
        return PageImage(_png(bytes(bitmap.buffer), width, height, bitmap.stride), width, height)
    finally:
        bitmap.close()


def _png(pixels: bytes, width: int, height: int, stride: int) -> bytes:
    """Write rows of RGB as a PNG file. Source: W3C, PNG specification, sections 5, 7 and 11."""
    rows = (pixels[start : start + 3 * width] for start in range(0, stride * height, stride))
    header = struct.pack(">IIBBBBB", width, height, 8, _RGB, 0, 0, 0)
    content = zlib.compress(b"".join(b"\0" + row for row in rows), _COMPRESSION)
    parts = (b"IHDR", header), (b"IDAT", content), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_part(*part) for part in parts)


def _part(name: bytes, content: bytes) -> bytes:
    return (
        struct.pack(">I", len(content))
        + name
        + content
        + struct.pack(">I", zlib.crc32(name + content))
    )
