"""What a file is, from its content; the name only tells kinds of text apart."""

from __future__ import annotations

from enum import StrEnum
from pathlib import PurePath

PEEK_BYTES = 4096
"""How much of a file's beginning `kind_of` needs."""


class Kind(StrEnum):
    """The kinds that Outpost reads; the values are media types."""

    PDF = "application/pdf"
    MARKDOWN = "text/markdown"
    TEXT = "text/plain"


_MARKDOWN_NAMES = frozenset({".md", ".markdown", ".mdown", ".mkd"})
_MARKUP = (b"<!doctype", b"<html", b"<?xml", b"{\\rtf", b"<svg", b"<head", b"<body")
"""Text in form, but unreadable as such: each needs a parser of its own."""
_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_CONTROL = frozenset(range(32)) - {7, 8, 9, 10, 11, 12, 13, 27}


def kind_of(beginning: bytes, name: str) -> Kind | None:
    """Return the kind of a file from its first bytes, or None for one that Outpost cannot read."""
    if b"%PDF-" in beginning[:1024]:
        return Kind.PDF
    if not _looks_like_text(beginning):
        return None
    if _without_mark(beginning).lstrip().lower().startswith(_MARKUP):
        return None
    return Kind.MARKDOWN if PurePath(name).suffix.lower() in _MARKDOWN_NAMES else Kind.TEXT


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
    for mark in _BYTE_ORDER_MARKS:
        if beginning.startswith(mark):
            return beginning[len(mark) :].replace(b"\0", b"")
    return beginning
