"""RTF, of which striprtf takes the control words out."""

from __future__ import annotations

from collections.abc import Callable

from striprtf.striprtf import rtf_to_text

from core.records import ParsedDocument
from core.retrieval.parsing.source import Source
from core.retrieval.parsing.text_builder import TextBuilder


def read(source: Source) -> ParsedDocument:
    """Read an RTF file; raises UnreadableDocument: too_big, damaged."""
    out = TextBuilder(source)
    for paragraph in text_of(source.content()).split("\n"):
        if paragraph.endswith("|"):
            out.line(paragraph.rstrip("|").replace("|", " | "))
        else:
            out.paragraph(paragraph)
    return out.document()


def text_of(content: bytes) -> str:
    """Return the text of an RTF file: one line for each paragraph and table row.

    RTF is ASCII; the bytes beyond it are in the file's code page, as its control words say.
    """
    strip: Callable[..., str] = rtf_to_text  # it has no types
    return strip(content.decode("cp1252", "replace"), errors="ignore")
