"""Eighty PDF files that are wrong in their structure, their streams or their sizes."""

# ruff: noqa: E501 — what makes a file is easier to read on one line

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from functools import cache

from fpdf import FPDF

from tests.core.retrieval.parsing.hostile import cyclic_pdf, inflating_pdf, many_pages
from tests.corpus.cases import Case, cut, of_bytes, spoiled

CATALOG = b"<< /Type /Catalog /Pages 2 0 R >>"
PAGES = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
FONT = b"/Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >>"
WORDS = b"BT /F1 12 Tf 50 700 Td (Some words.) Tj ET"


@cache
def good() -> bytes:
    """A report of three pages."""
    document = FPDF()
    document.set_font("Helvetica", size=12)
    for number in range(3):
        document.add_page()
        for line in range(30):
            document.cell(text=f"Page {number}, line {line}: some words of a report.")
            document.ln(6)
    return bytes(document.output())


def pdf(*objects: bytes, trailer: bytes = b"", tail: bytes = b"") -> bytes:
    """Return a PDF of these objects, the first of them its catalogue."""
    content, places = bytearray(b"%PDF-1.7\n"), list[int]()
    for number, body in enumerate(objects, 1):
        places.append(len(content))
        content += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start = len(content)
    content += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    content += b"".join(b"%010d 00000 n \n" % place for place in places)
    content += b"trailer\n<< /Size %d /Root 1 0 R %b >>\n" % (len(objects) + 1, trailer)
    return bytes(content) + b"startxref\n%d\n%%%%EOF\n" % start + tail


def stream(content: bytes, filters: bytes = b"", more: bytes = b"") -> bytes:
    """Return a stream object."""
    return b"<< /Length %d %b %b >>\nstream\n%b\nendstream" % (
        *(len(content), filters, more, content),
    )


def page(more: bytes = b"", box: bytes = b"[0 0 600 800]") -> bytes:
    """Return a page object that shows object 4."""
    return (
        b"<< /Type /Page /Parent 2 0 R /MediaBox %b /Contents 4 0 R /Resources << %b >> %b >>"
        % (*(box, FONT, more),)
    )


def one_page(content: bytes = WORDS, *others: bytes, more: bytes = b"", **boxed: bytes) -> bytes:
    """Return a PDF of one page with this content."""
    return pdf(CATALOG, PAGES, page(more, **boxed), stream(content), *others)


def _packed(content: bytes, times: int) -> bytes:
    for _ in range(times):
        content = zlib.compress(content, 9)
    return content


def _deep(opening: bytes, closing: bytes, depth: int = 100_000) -> bytes:
    return opening * depth + closing * depth


def _tree(depth: int) -> Sequence[bytes]:
    """A page tree that goes down one by one."""
    inner = [
        b"<< /Type /Pages /Parent %d 0 R /Kids [%d 0 R] /Count 1 >>" % (n + 1, n + 3)
        for n in range(depth)
    ]
    return [CATALOG, *inner, b"<< /Type /Page /Parent %d 0 R /MediaBox [0 0 9 9] >>" % (depth + 1)]


HOSTILE: dict[str, bytes] = {
    "empty": b"",
    "header": b"%PDF-1.7\n",
    "garbage": b"%PDF-1.7\n" + bytes(range(256)) * 400,
    "no-pages": pdf(b"<< /Type /Catalog >>"),
    "no-catalog": pdf(b"null"),
    "pages-null": pdf(b"<< /Type /Catalog /Pages null >>"),
    "pages-self": pdf(b"<< /Type /Catalog /Pages 1 0 R >>"),
    "kids-number": pdf(CATALOG, b"<< /Type /Pages /Kids 7 /Count 1 >>"),
    "kids-missing": pdf(CATALOG, b"<< /Type /Pages /Kids [99 0 R] /Count 1 >>"),
    "count-negative": pdf(CATALOG, b"<< /Type /Pages /Kids [] /Count -5 >>"),
    "tree-deep": pdf(*_tree(3000)),
    "box-zero": one_page(box=b"[0 0 0 0]"),
    "box-huge": one_page(box=b"[0 0 1e30 1e30]"),
    "box-nan": one_page(box=b"[x y 600 800]"),
    "box-turned": one_page(box=b"[600 800 0 0]"),
    "turned": one_page(more=b"/Rotate 45"),
    "unit": one_page(more=b"/UserUnit 1e20"),
    "length-huge": pdf(
        CATALOG, PAGES, page(), b"<< /Length 999999999 >>\nstream\n" + WORDS + b"\nendstream"
    ),
    "length-self": pdf(
        CATALOG, PAGES, page(), b"<< /Length 4 0 R >>\nstream\n" + WORDS + b"\nendstream"
    ),
    "filter-new": pdf(CATALOG, PAGES, page(), stream(WORDS, b"/Filter /Nonesuch")),
    "filter-many": pdf(CATALOG, PAGES, page(), stream(WORDS, b"/Filter [%b]" % (b"/ASCIIHexDecode " * 5000))),
    "flate-garbage": pdf(CATALOG, PAGES, page(), stream(b"x" * 999, b"/Filter /FlateDecode")),
    "flate-five": pdf(
        CATALOG, PAGES, page(),
        stream(_packed(WORDS * 2_000_000, 3), b"/Filter [/FlateDecode /FlateDecode /FlateDecode]"),
    ),
    "lzw-garbage": pdf(CATALOG, PAGES, page(), stream(bytes(range(256)) * 99, b"/Filter /LZWDecode")),
    "jbig2": pdf(CATALOG, PAGES, page(), stream(bytes(range(256)) * 9, b"/Filter /JBIG2Decode")),
    "jpx": pdf(CATALOG, PAGES, page(), stream(bytes(range(256)) * 9, b"/Filter /JPXDecode")),
    "predictor": pdf(
        CATALOG, PAGES, page(),
        stream(zlib.compress(WORDS), b"/Filter /FlateDecode",
               b"/DecodeParms << /Predictor 15 /Columns 2147483647 /Colors 99 >>"),
    ),
    "arrays-deep": one_page(_deep(b"[", b"]")),
    "dicts-deep": one_page(_deep(b"<<", b">>")),
    "object-deep": pdf(CATALOG, PAGES, page(), _deep(b"[", b"]")),
    "states-deep": one_page(b"q " * 500_000 + WORDS),
    "string-open": one_page(b"BT /F1 12 Tf (no end" + b"x" * 100_000),
    "font-huge": one_page(b"BT /F1 1e38 Tf 0 0 Td (big) Tj ET"),
    "font-missing": one_page(b"BT /F9 12 Tf 50 700 Td (Some words.) Tj ET"),
    "matrix-nan": one_page(b"BT /F1 12 Tf 1e99 -1e99 0 0 1e99 0 Tm (far) Tj ET"),
    "many-letters": one_page(b"BT /F1 1 Tf 5 5 Td (" + b"word " * 200_000 + b") Tj ET"),
    "many-lines": one_page(b"".join(b"BT /F1 9 Tf 9 %d Td (word) Tj ET " % n for n in range(40_000))),
    "form-self": one_page(
        b"/X Do", stream(b"/X Do", b"/Type /XObject /Subtype /Form", b"/Resources << /XObject << /X 5 0 R >> >>"),
        more=b"/Resources << /XObject << /X 5 0 R >> >>",
    ),
    "xref-far": good().replace(b"startxref\n", b"startxref\n999999999999"),
    "prev-loop": pdf(CATALOG, PAGES, page(), stream(WORDS), trailer=b"/Prev 9"),
    "prev-self": good().replace(b"/Root", b"/Prev 0 /Root", 1),
    "size-huge": good().replace(b"/Size ", b"/Size 99999999", 1),
    "encrypted-wrong": pdf(
        CATALOG, PAGES, page(), stream(WORDS),
        trailer=b"/Encrypt << /Filter /Standard /V 5 /R 6 /O (x) /U (y) /P -1 >> /ID [(a) (b)]",
    ),
    "encrypted-new": pdf(CATALOG, PAGES, trailer=b"/Encrypt << /Filter /Nonesuch /V 99 >>"),
    "object-stream": pdf(
        CATALOG, PAGES, page(),
        stream(b"4 0 5 99999 " + WORDS, b"/Type /ObjStm /N 999999999 /First 2147483647"),
    ),
    "outline-loop": pdf(
        b"<< /Type /Catalog /Pages 2 0 R /Outlines 5 0 R >>", PAGES, page(), stream(WORDS),
        b"<< /First 6 0 R /Last 6 0 R /Count 1 >>",
        b"<< /Title (loop) /Parent 5 0 R /Next 6 0 R /First 6 0 R >>",
    ),
    "script": pdf(
        b"<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript /JS (while(1);) >> >>",
        PAGES, page(), stream(WORDS),
    ),
    "launch": pdf(
        b"<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /Launch /F (/bin/sh) >> >>",
        PAGES, page(), stream(WORDS),
    ),
    "two-in-one": good() + good(),
    "html-first": b"<html>" * 100 + good(),
    "trailing": good() + bytes(1_000_000),
}  # fmt: skip


def _cases() -> Iterator[Case]:
    yield Case("inflating.pdf", inflating_pdf)
    yield Case("cyclic.pdf", cyclic_pdf)
    yield Case("many.pdf", many_pages)
    for name, content in HOSTILE.items():
        yield of_bytes(f"{name}.pdf", content)
    yield from cut("report.pdf", good, (0.02, 0.2, 0.5, 0.8, 0.95, 0.999))
    yield from spoiled("report.pdf", good, 40)


PDFS = tuple(_cases())[:80]
