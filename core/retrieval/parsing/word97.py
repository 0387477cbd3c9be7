"""Word's binary files (DOC): the text alone, by the piece table that says where it lies.

Source: [MS-DOC], sections 2.4.1 (retrieving text) and 2.5 (the file information block).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from core.records import ParsedDocument
from core.retrieval.parsing.compound import opened, stream
from core.retrieval.parsing.source import Source
from core.retrieval.parsing.text_builder import TextBuilder

_MAGIC = 0xA5EC
_ENCRYPTED = 0x0100
_TABLE_1 = 0x0200
_COMPRESSED = 0x4000_0000
_CLX_OFFSET = 0x01A2
"""Where the file information block says where the piece table is, in Word 97 and later."""
_FIRST_VERSION = 101
_FIELD = re.compile("\x13[^\x13-\x15]*(?:\x14([^\x13-\x15]*))?\x15")
"""A field: its instruction is hidden, its result is what the reader sees."""
_SIGNS = str.maketrans(
    {
        "\x0b": "\n",
        "\x1e": "-",
        "\x1f": None,
        "\x01": None,
        "\x02": None,
        "\x05": None,
        "\x08": None,
    }
)


def read(source: Source) -> ParsedDocument:
    """Read a DOC file; raises UnreadableDocument: encrypted, damaged, too_big."""
    with opened(source.path, source.name) as file:
        main = stream(file, "WordDocument", source.name) or b""
        try:
            magic, version, flags = struct.unpack_from("<HH6xH", main)
            if magic != _MAGIC or version < _FIRST_VERSION:
                raise source.refusal("damaged" if magic != _MAGIC else "unknown_format")
            if flags & _ENCRYPTED:
                raise source.refusal("encrypted")
            table = stream(file, "1Table" if flags & _TABLE_1 else "0Table", source.name) or b""
            text = "".join(_pieces(main, table))
        except struct.error as error:
            raise source.refusal("damaged") from error
    out = TextBuilder(source)
    _add(text, out)
    return out.document()


def _pieces(main: bytes, table: bytes) -> Iterator[str]:
    """Yield the pieces of text in their order."""
    start, size = struct.unpack_from("<II", main, _CLX_OFFSET)
    clx = table[start : start + size]
    at = 0
    while at < len(clx) and clx[at] == 1:  # formatting comes before the pieces
        at += 3 + struct.unpack_from("<H", clx, at + 1)[0]
    size = struct.unpack_from("<xI", clx, at)[0]
    pieces = clx[at + 5 : at + 5 + size]
    count = (len(pieces) - 4) // 12
    ends = struct.unpack_from(f"<{count + 1}I", pieces)
    for number in range(count):
        place = struct.unpack_from("<2xI", pieces, 4 * (count + 1) + 8 * number)[0]
        length = max(0, ends[number + 1] - ends[number])
        if place & _COMPRESSED:
            begin = (place & ~_COMPRESSED) // 2
            yield main[begin : begin + length].decode("cp1252", "replace")
        else:
            yield main[place : place + 2 * length].decode("utf-16-le", "replace")


def _add(text: str, out: TextBuilder) -> None:
    """Add the paragraphs; a cell ends with \\x07, and a row with two of them."""
    before = None
    while before != text:
        before, text = text, _FIELD.sub(lambda found: found[1] or "", text)
    text = text.translate(_SIGNS)
    for block in re.split(r"[\r\x0c]", text):
        if "\x07" in block:
            *rows, rest = block.split("\x07\x07")
            out.table(row.split("\x07") for row in rows)
            out.paragraph(rest.replace("\x07", " "))
        else:
            out.paragraph(block)
