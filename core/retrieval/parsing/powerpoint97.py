"""PowerPoint's binary files (PPT): the texts of the slides, in the order of the file.

Source: [MS-PPT], section 2.3 (record headers) and 2.9 (text atoms).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from core.records import ParsedDocument
from core.retrieval.parsing.compound import opened, stream
from core.retrieval.parsing.source import Source
from core.retrieval.parsing.text_builder import TextBuilder

_SLIDE, _SLIDE_LIST, _SLIDE_PLACE = 0x03EE, 0x0FF0, 0x03F3
_CHARS, _BYTES = 0x0FA0, 0x0FA8
_MASTER = 0x03F8
_CRYPTED = b"\xdf\xc4\xd1\xf3"
"""How the "Current User" stream marks an encrypted file."""
MAX_DEPTH = 30


def read(source: Source) -> ParsedDocument:
    """Read a PPT file; raises UnreadableDocument: encrypted, damaged, too_big."""
    with opened(source.path, source.name) as file:
        content = stream(file, "PowerPoint Document", source.name)
        if _CRYPTED in (stream(file, "Current User", source.name) or b"")[:32]:
            raise source.refusal("encrypted")
    if not content:
        raise source.refusal("damaged")
    out = TextBuilder(source)
    for kind, body in _atoms(content, 0, len(content), 0):
        if kind in (_SLIDE_PLACE, _SLIDE):
            out.page()
        else:
            text = body.decode("utf-16-le", "replace") if kind == _CHARS else body.decode("cp1252")
            out.paragraph(text)
    return out.document()


def _atoms(content: bytes, at: int, end: int, depth: int) -> Iterator[tuple[int, bytes]]:
    """Yield the records with text, and those that begin a slide, without the master slides."""
    while at + 8 <= end:
        version, kind, size = struct.unpack_from("<HHI", content, at)
        at += 8
        stop = min(at + size, end)
        if kind in (_CHARS, _BYTES):
            yield kind, content[at:stop]
        elif kind == _SLIDE_PLACE:
            yield kind, b""
        elif version & 15 == 15 and kind != _MASTER and depth < MAX_DEPTH:
            yield from _atoms(content, at, stop, depth + 1)
        at = stop
