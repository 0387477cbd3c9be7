"""What a file is, from its content; the name only tells kinds of text apart.

Zip files and Microsoft's compound files are opened far enough to see what they hold.
"""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path, PurePath

PEEK_BYTES = 4096
"""How much of a file's beginning `kind_of` needs."""

_OOXML = "application/vnd.openxmlformats-officedocument."
_ODF = "application/vnd.oasis.opendocument."


class Kind(StrEnum):
    """The kinds that Outpost reads; the values are media types."""

    PDF = "application/pdf"
    MARKDOWN = "text/markdown"
    TEXT = "text/plain"
    CSV = "text/csv"
    HTML = "text/html"
    XML = "application/xml"
    JSON = "application/json"
    RTF = "application/rtf"
    EML = "message/rfc822"
    MSG = "application/vnd.ms-outlook"
    DOCX = _OOXML + "wordprocessingml.document"
    PPTX = _OOXML + "presentationml.presentation"
    XLSX = _OOXML + "spreadsheetml.sheet"
    DOC = "application/msword"
    PPT = "application/vnd.ms-powerpoint"
    XLS = "application/vnd.ms-excel"
    ODT = _ODF + "text"
    ODP = _ODF + "presentation"
    ODS = _ODF + "spreadsheet"
    EPUB = "application/epub+zip"


class Container(StrEnum):
    """Files that have to be opened to see what they hold."""

    ZIP = "zip"
    COMPOUND = "compound"


_BY_SUFFIX = {
    ".md": Kind.MARKDOWN,
    ".markdown": Kind.MARKDOWN,
    ".mdown": Kind.MARKDOWN,
    ".mkd": Kind.MARKDOWN,
    ".csv": Kind.CSV,
    ".tsv": Kind.CSV,
    ".tab": Kind.CSV,
    ".json": Kind.JSON,
    ".ipynb": Kind.JSON,
    ".geojson": Kind.JSON,
}
_OFFICE = (
    (Kind.DOCX, re.compile(rb"wordprocessingml\.\w+\.main", re.IGNORECASE), "word/"),
    (Kind.PPTX, re.compile(rb"presentationml\.\w+\.main", re.IGNORECASE), "ppt/"),
    (Kind.XLSX, re.compile(rb"spreadsheetml\.\w+\.main|ms-excel\.", re.IGNORECASE), "xl/"),
)
"""What the list of content types says, and the folder that is there even where the list lies."""
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_CONTROL = frozenset(range(32)) - {7, 8, 9, 10, 11, 12, 13, 27}
_HTML = re.compile(
    rb"\s*(<\?xml[^>]*>)?\s*(<!--.*?-->\s*)*"
    rb"<(!doctype\s+html|html|head|body|title|meta|script|style|div|table|p|h[1-6])\b",
    re.IGNORECASE | re.DOTALL,
)
_XML = re.compile(rb"\s*<(\?xml\b|!doctype\b|svg\b|rss\b)", re.IGNORECASE)
_HEADER = re.compile(rb"(?:[\x21-\x39\x3b-\x7e]+:[^\n]*\n(?:[ \t][^\n]*\n)*)+")
_OF_MAIL = re.compile(
    rb"^(from|to|cc|subject|date|received|return-path|delivered-to|message-id|mime-version|"
    rb"reply-to|sender|content-type|dkim-signature|x-[a-z-]+):",
    re.IGNORECASE | re.MULTILINE,
)
_CERTAINLY_MAIL = re.compile(
    rb"^(received|return-path|delivered-to|message-id|mime-version|from):",
    re.IGNORECASE | re.MULTILINE,
)
_MBOX = re.compile(rb"From [^\n]*\n")


def kind_of(beginning: bytes, name: str) -> Kind | Container | None:
    """Return the kind of a file from its first bytes, or None for one that Outpost cannot read."""
    if beginning.startswith(_ZIP):
        return Container.ZIP
    if beginning.startswith(_COMPOUND):
        return Container.COMPOUND
    if b"%PDF-" in beginning[:1024]:
        return Kind.PDF
    if not _looks_like_text(beginning):
        return None
    return _kind_of_text(_without_mark(beginning), PurePath(name).suffix.lower())


def _kind_of_text(beginning: bytes, suffix: str) -> Kind:
    if beginning.lstrip().startswith(b"{\\rtf"):
        return Kind.RTF
    by_suffix = _BY_SUFFIX.get(suffix)
    # A Markdown or CSV file may well begin with a tag.
    if by_suffix in (None, Kind.JSON) or _XML.match(beginning):
        if _HTML.match(beginning) or (b"<html" in beginning.lower() and _XML.match(beginning)):
            return Kind.HTML
        if _XML.match(beginning):
            return Kind.XML
    if by_suffix is None and _is_mail(beginning.replace(b"\r\n", b"\n")):
        return Kind.EML
    return by_suffix or Kind.TEXT


def _is_mail(beginning: bytes) -> bool:
    """Tell whether a text begins with a block of headers of which two are those of mail."""
    mbox = _MBOX.match(beginning)
    header = _HEADER.match(beginning, mbox.end() if mbox else 0)
    if header is None:
        return False
    block = header.group()
    return len(_OF_MAIL.findall(block)) >= 2 and _CERTAINLY_MAIL.search(block) is not None


def kind_in_zip(path: Path, name: str) -> Kind | None:
    """Return what a zip file holds; raises UnreadableDocument where it is damaged or a bomb."""
    from core.retrieval.parsing.archive import opened

    with opened(path, name) as archive:
        stated = (archive.read("mimetype") or b"").strip().decode("ascii", "replace")
        for kind in (Kind.ODT, Kind.ODP, Kind.ODS, Kind.EPUB):
            if stated.removesuffix("-template").startswith(kind.value):
                return kind
        if "META-INF/container.xml" in archive:
            return Kind.EPUB
        types = archive.read("[Content_Types].xml") or b""
        parts = [part.lower() for part in archive.names()]
    if not types:
        return None
    for kind, mark, folder in _OFFICE:
        if mark.search(types) or any(part.startswith(folder) for part in parts):
            return kind
    return None


def kind_in_compound(path: Path, name: str) -> Kind | None:
    """Return what a compound file holds; raises UnreadableDocument: encrypted, damaged."""
    from core.retrieval.parsing.compound import streams_of
    from core.retrieval.parsing.reasons import unreadable

    streams = streams_of(path, name)
    if streams & {"encryptedpackage", "encryptioninfo"}:
        raise unreadable("encrypted", name)
    for kind, names in (
        (Kind.MSG, {"__properties_version1.0"}),
        (Kind.DOC, {"worddocument"}),
        (Kind.PPT, {"powerpoint document"}),
        (Kind.XLS, {"workbook", "book"}),
    ):
        if streams & names:
            return kind
    return None


def _looks_like_text(beginning: bytes) -> bool:
    """Tell text of any encoding from binary content.

    Without a byte order mark, more than one control character in a hundred means binary, unless
    every second byte is zero as in UTF-16.
    """
    if beginning.startswith(_BYTE_ORDER_MARKS) or _is_wide(beginning):
        return True
    controls = sum(byte in _CONTROL for byte in beginning)
    return controls * 100 <= len(beginning)


def _is_wide(beginning: bytes) -> bool:
    """Tell whether most characters are a zero and a non-zero byte, as in UTF-16 of Latin text."""
    if len(beginning) < 8:
        return False
    even, odd = beginning[0::2], beginning[1::2]
    shares = sorted((even.count(0) / len(even), odd.count(0) / len(odd)))
    return shares[0] < 0.02 and shares[1] > 0.7


def _without_mark(beginning: bytes) -> bytes:
    """Return the text in bytes that are ASCII where its letters are."""
    for mark in _BYTE_ORDER_MARKS:
        if beginning.startswith(mark):
            return beginning[len(mark) :].replace(b"\0", b"")
    return beginning.replace(b"\0", b"")
