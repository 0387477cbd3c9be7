"""Text and Markdown files: decoding, line ends, headings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.records import HeadingSpan, ParsedDocument
from core.retrieval.parsing.detect import Kind
from core.retrieval.parsing.source import Source

_MARKS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
MAX_CHARACTERS = 60_000_000
_SAMPLE_BYTES = 64 * 1024
"""How much of a file the guess of its encoding looks at."""

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


def decode(content: bytes) -> str:
    """Decode by byte order mark, else as strict UTF-8, else by the likeliest older encoding."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content.decode(encoding, "replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start >= len(content) - 3:  # only the last character is cut off
            return content.decode("utf-8", "replace")
    return content.decode(_guess(content), "replace")


def _guess(content: bytes) -> str:
    """Name the encoding that makes the beginning look most like a language."""
    from charset_normalizer import from_bytes  # costs 50 ms, and few files need it

    best = from_bytes(content[:_SAMPLE_BYTES]).best()
    return best.encoding if best else "cp1252"


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
