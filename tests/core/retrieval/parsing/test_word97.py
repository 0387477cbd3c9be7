"""The piece table of a Word 97 file gives its text."""

from __future__ import annotations

import struct
from pathlib import Path

from core.records import ParsedDocument
from core.retrieval.parsing.detect import Kind
from core.retrieval.parsing.source import Source
from core.retrieval.parsing.text_builder import TextBuilder
from core.retrieval.parsing.word97 import _add, _pieces


def test_pieces_are_read_in_their_order() -> None:
    """A piece is in one byte a letter or in two, wherever it lies in the file."""
    main = bytearray(0x400)
    main[0x200:0x205] = "Größe".encode("cp1252")
    main[0x300:0x308] = " → x".encode("utf-16-le")
    places = [(0x200 * 2) | 0x4000_0000, 0x300]
    pieces = struct.pack("<3I", 0, 5, 9) + b"".join(struct.pack("<HIH", 0, p, 0) for p in places)
    clx = b"\x01\x02\x00??" + b"\x02" + struct.pack("<I", len(pieces)) + pieces
    struct.pack_into("<II", main, 0x01A2, 3, len(clx))
    assert "".join(_pieces(bytes(main), b"abc" + clx)) == "Größe → x"


def parsed(text: str) -> ParsedDocument:
    out = TextBuilder(Source(Path("a.doc"), "a.doc", Kind.DOC))
    _add(text, out)
    return out.document()


def test_fields_show_their_result_and_tables_their_rows() -> None:
    """A field's instruction is hidden; cells end with a sign, and a row with two."""
    text = (
        'See \x13 HYPERLINK "http://x" \x14the page\x15.\rName\x07Age\x07\x07Ada\x0736\x07\x07End'
    )
    assert parsed(text).text == "See the page.\n\nName | Age\nAda | 36\n\nEnd"
    assert len(parsed(text).tables) == 1
