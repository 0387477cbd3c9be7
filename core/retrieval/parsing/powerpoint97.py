"""PowerPoint's binary files (PPT): the texts of the slides, in the order of the file.

Source: [MS-PPT], section 2.3 (record headers) and 2.9 (text atoms).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from core.records import ParsedDocument
from core.retrieval.parsing.compound import opened, stream
from core.retrieval.parsing.source import Source
from core.retrieval.parsing.text_builder import TextBuilder

_SLIDE, _SLIDE_LIST, _SLIDE_PLACE, _MASTER = 0x03EE, 0x0FF0, 0x03F3, 0x03F8
_CHARS, _BYTES = 0x0FA0, 0x0FA8
_OF_SLIDES, _OF_MASTERS = 0, 1
"""Whose texts a slide list holds; 2 stands for those of the notes."""
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
    for texts in slides_of(content):
        out.page()
        for text in texts:
            out.paragraph(text)
    return out.document()


def slides_of(content: bytes) -> list[list[str]]:
    """Return the texts of each slide: those of its outline, then those of its other shapes.

    Notes, and what stands in older versions of a slide that the file still holds, come last.
    """
    found = _Found()
    _walk(content, 0, len(content), 0, found.rest, found)
    slides = [list(texts) for texts in found.listed]
    for number, texts in enumerate(found.drawn):
        (slides[number] if number < len(slides) else found.rest).extend(texts)
    known = {text for texts in slides for text in texts}
    rest = [text for text in dict.fromkeys(found.rest) if text not in known]
    return [*slides, rest] if rest else slides


@dataclass(slots=True)
class _Found:
    """Texts by where they stand in the file."""

    listed: list[list[str]] = field(default_factory=list)
    drawn: list[list[str]] = field(default_factory=list)
    rest: list[str] = field(default_factory=list)


def _walk(content: bytes, at: int, end: int, depth: int, texts: list[str], found: _Found) -> None:
    """Add the texts between two places; a record is its header and what it holds."""
    while at + 8 <= end:
        head, kind, size = struct.unpack_from("<HHI", content, at)
        at += 8
        stop = min(at + size, end)
        if kind == _CHARS:
            texts.append(content[at:stop].decode("utf-16-le", "replace"))
        elif kind == _BYTES:
            texts.append(content[at:stop].decode("latin-1"))
        elif kind == _SLIDE_PLACE:
            if texts is not found.rest:  # a slide's outline begins
                texts = []
                found.listed.append(texts)
        elif head & 15 == 15 and depth < MAX_DEPTH and not _is_master(kind, head >> 4):
            _walk(content, at, stop, depth + 1, _inside(kind, head >> 4, texts, found), found)
        at = stop


def _is_master(kind: int, instance: int) -> bool:
    return kind == _MASTER or (kind == _SLIDE_LIST and instance == _OF_MASTERS)


def _inside(kind: int, instance: int, texts: list[str], found: _Found) -> list[str]:
    """Return where the texts inside a container belong."""
    if kind == _SLIDE:
        found.drawn.append([])
        return found.drawn[-1]
    if kind == _SLIDE_LIST:
        return [] if instance == _OF_SLIDES else found.rest
    return texts
