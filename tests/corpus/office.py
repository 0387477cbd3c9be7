"""Eighty office files, books and archives: cut, spoiled, lying, nosy, and larger than they look."""

# ruff: noqa: E501 — what makes a file is easier to read on one line

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from functools import cache
from typing import Any

import xlsxwriter

from tests.core.retrieval.parsing.hostile import HOSTILE
from tests.core.retrieval.parsing.packages import content_types, docx, p, relations, zipped
from tests.corpus.cases import Case, cut, of_bytes, spoiled

ENDINGS = (".docx", ".xlsx", ".pptx", ".zip", ".odt")
OLE = bytes.fromhex("d0cf11e0a1b11ae1")
A = "http://schemas.openxmlformats.org/drawingml/2006/main"
P = "http://schemas.openxmlformats.org/presentationml/2006/main"
TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"


@cache
def good_docx() -> bytes:
    return docx("".join(p(f"Paragraph {number} of a report.") for number in range(200)))


@cache
def good_xlsx() -> bytes:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Sums")
        for row in range(100):
            sheet.write_row(row, 0, [f"item {row}", row, row / 7])
    return made.getvalue()


@cache
def good_pptx() -> bytes:
    text = f'<a:p xmlns:a="{A}"><a:r><a:t>A slide of words.</a:t></a:r></a:p>'
    slide = f'<p:sld xmlns:p="{P}"><p:cSld><p:spTree><p:sp><p:txBody>{text}</p:txBody></p:sp></p:spTree></p:cSld></p:sld>'
    return zipped(
        {
            "[Content_Types].xml": content_types("presentationml.presentation"),
            "_rels/.rels": relations(r1__officeDocument="ppt/presentation.xml"),
            "ppt/presentation.xml": f'<p:presentation xmlns:p="{P}" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><p:sldIdLst><p:sldId id="256" r:id="r1"/></p:sldIdLst></p:presentation>',
            "ppt/_rels/presentation.xml.rels": relations(r1__slide="slides/slide1.xml"),
            "ppt/slides/slide1.xml": slide,
        }
    )


@cache
def good_odt() -> bytes:
    body = "".join(f"<text:p>Line {number}.</text:p>" for number in range(100))
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "content.xml": f'<office:document-content xmlns:office="{OFFICE}" xmlns:text="{TEXT}"><office:body><office:text>{body}</office:text></office:body></office:document-content>',
        }
    )


def _with(parts: dict[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A DOCX with other or further parts."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(good_docx())) as old, zipfile.ZipFile(made, "w", method) as new:
        for name in old.namelist():
            new.writestr(name, parts.pop(name, old.read(name)))
        for name, content in parts.items():
            new.writestr(name, content)
    return made.getvalue()


def _document(inner: str, head: str = "") -> bytes:
    w = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    xml = f'{head}<w:document xmlns:w="{w}"><w:body>{inner}</w:body></w:document>'
    return _with({"word/document.xml": xml})


def _flags(content: bytes, flags: int) -> bytes:
    """Set the flags of every entry of a zip, such as 1 for 'encrypted'."""
    changed = bytearray(content)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := changed.find(mark, at + 1)) >= 0:
            changed[at + offset : at + offset + 2] = flags.to_bytes(2, "little")
    return bytes(changed)


def _field(content: bytes, mark: bytes, offset: int, value: bytes) -> bytes:
    changed, at = bytearray(content), content.rfind(mark)
    changed[at + offset : at + offset + len(value)] = value
    return bytes(changed)


def _overlapping(count: int = 2000) -> bytes:
    """Many names for one packed part of 4 MB."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("word/document.xml", b"a" * (4 << 20))
    content = made.getvalue()
    start = content.find(b"PK\x01\x02")
    end = content.find(b"PK\x05\x06")
    entry, tail = content[start:end], bytearray(content[end:])
    tail[8:12] = (count.to_bytes(2, "little")) * 2
    tail[12:16] = (len(entry) * count).to_bytes(4, "little")
    return content[:start] + entry * count + bytes(tail)


def _hostile() -> dict[str, bytes]:
    deep = "<w:p>" * 20_000 + "</w:p>" * 20_000
    return {
        "empty.docx": b"",
        "empty-zip.docx": zipped({}),
        "text.docx": b"This is no zip at all.",
        "ole.doc": OLE + bytes(600),
        "ole.xls": OLE + b"\xff" * 5000,
        "ole.ppt": OLE + bytes(range(256)) * 40,
        "ole.msg": OLE + b"\x01" * 100_000,
        "ole.docx": OLE + "EncryptedPackage".encode("utf-16-le") * 50,
        "no-types.docx": zipped({"word/document.xml": "<x/>"}),
        "no-document.docx": zipped({"[Content_Types].xml": content_types("wordprocessingml.document")}),
        "deep.docx": _document(deep),
        "not-xml.docx": _with({"word/document.xml": b"\x00\xff" * 5000}),
        "utf16.docx": _with({"word/document.xml": "<a>\U0001f600</a>".encode("utf-16")}),
        "wrong-encoding.docx": _with({"word/document.xml": b"<?xml version='1.0' encoding='nonesuch'?><a/>"}),
        "cut-xml.docx": _with({"word/document.xml": b"<w:document><w:body><w:p>"}),
        "attributes.docx": _document("<w:p " + " ".join(f'a{n}="x"' for n in range(50_000)) + "/>"),
        "long-name.docx": _document(f"<w:{'x' * 5_000_000}/>"),
        "long-text.docx": _document(p("word " * 3_000_000)),
        "dtd-file.docx": _document(p("&x;"), '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
        "dtd-http.docx": _document(p("&x;"), '<!DOCTYPE a [<!ENTITY x SYSTEM "http://192.0.2.1/x">]>'),
        "dtd-parameter.docx": _document(p("x"), '<!DOCTYPE a [<!ENTITY % x SYSTEM "http://192.0.2.1/x"> %x;]>'),
        "loop-relation.docx": _with({"_rels/.rels": relations(r1__officeDocument="_rels/.rels")}),
        "far-relation.docx": _with({"_rels/.rels": relations(r1__officeDocument="http://192.0.2.1/d.xml")}),
        "climbing.docx": _with({"../../../../tmp/climbed": b"x", "/etc/climbed": b"x", "C:\\climbed": b"x"}),
        "many.odt": zipped({f"p{n}": "" for n in range(30_000)}),
        "encrypted.docx": _flags(good_docx(), 1),
        "flags.docx": _flags(good_docx(), 0xFFFF),
        "method.docx": _field(good_docx(), b"PK\x01\x02", 10, b"\x63\x00"),
        "crc.docx": _field(good_docx(), b"PK\x01\x02", 16, b"\x00\x00\x00\x00"),
        "offset.docx": _field(good_docx(), b"PK\x01\x02", 42, b"\xff\xff\xff\x7f"),
        "entries.docx": _field(good_docx(), b"PK\x05\x06", 8, b"\xff\xff\xff\xff"),
        "comment.docx": good_docx() + bytes(70_000),
        "before.docx": b"#!/bin/sh\n" * 1000 + good_docx(),
        "bzip2.docx": _with({}, zipfile.ZIP_BZIP2),
        "lzma.docx": _with({}, zipfile.ZIP_LZMA),
        "overlapping.docx": _overlapping(),
        "strings.xlsx": good_xlsx().replace(b"xl/sharedStrings.xml", b"xl/sharedStrings.xmx"),
        "docx.xlsx": good_docx(),
        "xlsx.pptx": good_xlsx(),
        "pptx.odt": good_pptx(),
        "odt.epub": good_odt(),
        "book.epub": zipped({"mimetype": "application/epub+zip", "META-INF/container.xml": "<container/>"}),
        "spine.epub": zipped({"mimetype": "application/epub+zip", "META-INF/container.xml": '<container><rootfiles><rootfile full-path="../../etc/passwd"/></rootfiles></container>'}),
    }  # fmt: skip


def _cases() -> Iterator[Case]:
    for name, (make, _) in HOSTILE.items():
        if name.endswith(ENDINGS):
            yield Case(name.replace(".", "-made."), make)
    for name, content in _hostile().items():
        yield of_bytes(name, content)
    goods: dict[str, Any] = {
        "a.docx": good_docx, "a.xlsx": good_xlsx, "a.pptx": good_pptx, "a.odt": good_odt,
    }  # fmt: skip
    for name, good in goods.items():
        yield from cut(name, good, (0.3, 0.97))
        yield from spoiled(name, good, 8)


OFFICE_FILES = tuple(_cases())[:80]
