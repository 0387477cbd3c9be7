"""Text and Markdown files: decoding, line ends, headings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.records import HeadingSpan, ParsedDocument
from core.retrieval.parsing.decoding import decode
from core.retrieval.parsing.detect import Kind
from core.retrieval.parsing.source import Source

MAX_CHARACTERS = 60_000_000

_UNWANTED = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff\ufeff]")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$")
_SETEXT = re.compile(r" {0,3}(=+|-+)[ \t]*$")


def read(source: Source) -> ParsedDocument:
    """Read a text or Markdown file; raises UnreadableDocument: too_big."""
    parsed = read_plain(source.content(), source.kind)
    if len(parsed.text) > MAX_CHARACTERS:
        raise source.refusal("too_big")
    return parsed


def read_plain(content: bytes, kind: Kind) -> ParsedDocument:
    """Decode a text or Markdown file; headings are found in Markdown only."""
    text = _UNWANTED.sub("", decode(content)).replace("\r\n", "\n").replace("\r", "\n")
    headings = tuple(_headings(text)) if kind is Kind.MARKDOWN else ()
    title = headings[0].text if headings and headings[0].level == 1 else ""
    return ParsedDocument(text, kind.value, (), headings, title)


def _headings(text: str) -> Iterator[HeadingSpan]:
    """Yield the headings of a Markdown text: lines with #, and lines underlined by = or -."""
    start = 0
    fence = ""
    previous, previous_start = "", 0
    for line in text.splitlines(keepends=True):
        body = line.rstrip("\n")
        opened = _FENCE.match(body)
        if fence:
            if opened and opened[1].startswith(fence):
                fence = ""
            body = ""
        elif opened:
            fence, body = opened[1], ""
        elif (found := _ATX.match(body)) and found[2]:
            yield HeadingSpan(len(found[1]), found[2], start)
            body = ""
        elif previous.strip() and (under := _SETEXT.match(body)):
            yield HeadingSpan(1 if under[1][0] == "=" else 2, previous.strip(), previous_start)
            body = ""
        previous, previous_start = body, start
        start += len(line)
