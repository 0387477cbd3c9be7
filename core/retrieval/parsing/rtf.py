"""RTF, of which striprtf takes the control words out.

Before that a mark is put behind each control word that gives a paragraph a heading's style.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from striprtf.striprtf import rtf_to_text

from core.records import ParsedDocument
from core.retrieval.parsing.source import Source
from core.retrieval.parsing.text_builder import TextBuilder

_MARK = 0xFDD0
"""With a heading's level added to it, a code point that no text may contain."""
_MARKS = re.compile(f"[{chr(_MARK + 1)}-{chr(_MARK + 9)}]")
_STYLE = re.compile(r"(?<!\\)\\s(\d{1,5})(?!\d)")
_HEADING_STYLE = re.compile(r"\{\\s(\d{1,5})\\[^{};]{0,2000} heading ([1-9]);", re.IGNORECASE)

_UNICODE = re.compile(r"(?<!\\)\\u(-?\d+)")


def read(source: Source) -> ParsedDocument:
    """Read an RTF file; raises UnreadableDocument: too_big, damaged."""
    out = TextBuilder(source)
    for paragraph in _stripped(_marked(_decoded(source.content()))).split("\n"):
        mark, text = _MARKS.search(paragraph), _MARKS.sub("", paragraph)
        if text.endswith("|"):
            out.line(text.rstrip("|").replace("|", " | "))
        elif mark:
            out.heading(ord(mark[0]) - _MARK, text)
        else:
            out.paragraph(text)
    return out.document()


def text_of(content: bytes) -> str:
    """Return the text of an RTF file: one line for each paragraph and table row."""
    return _stripped(_decoded(content))


def _decoded(content: bytes) -> str:
    """RTF is ASCII; the bytes beyond it are in the file's code page, as its control words say."""
    return content.decode("cp1252", "replace")


def _stripped(rtf: str) -> str:
    strip: Callable[..., str] = rtf_to_text  # it has no types
    return strip(_UNICODE.sub(_possible, rtf), errors="ignore")


def _possible(found: re.Match[str]) -> str:
    """Put the replacement character in place of a number that no character has."""
    digits = found[1]
    possible = len(digits) <= 6 and -0x8000 <= int(digits) <= 0xFFFF
    return found[0] if possible else rf"\u{0xFFFD}"


def _marked(rtf: str) -> str:
    """Mark the paragraphs whose style is called a heading."""
    levels = {found[1]: int(found[2]) for found in _HEADING_STYLE.finditer(rtf)}

    def marked(found: re.Match[str]) -> str:
        level = levels.get(found[1])
        return found[0] if level is None else f"{found[0]} {chr(_MARK + level)}"

    return _STYLE.sub(marked, rtf) if levels else rtf
