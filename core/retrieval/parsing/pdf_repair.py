"""A PDF file that was cut off, given a new list of its objects and pages so that it opens again.

A PDF's directory stands at its end, so a cut costs the way to everything before it. The objects
are found again by scanning for where each begins, those packed in object streams by unpacking
these, and pages by their type. What is returned is the old bytes followed by what was missing.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import NamedTuple

MAX_OBJECTS = 500_000
MAX_UNPACKED_BYTES = 128 << 20
MAX_PAGES = 50_000

_OBJECT = re.compile(rb"(?<![0-9])(\d{1,8})[ \t\r\n]+\d{1,5}[ \t\r\n]+obj(?![a-z])")
_PACKED = re.compile(rb"/Type\s*/ObjStm")
_PAGE = re.compile(rb"/Type\s*/Page(?![a-zA-Z])")
_PAGES = re.compile(rb"/Type\s*/Pages(?![a-zA-Z])")
_PARENT = re.compile(rb"/Parent\s+(\d{1,8})\s+\d{1,5}\s+R")
_KIDS = re.compile(rb"/Kids\s*\[([^\]]*)")
_COUNT = re.compile(rb"/Count\s+(\d{1,7})")
_LINEARIZED = re.compile(rb"/Linearized\b[^>]*?/N\s+(\d{1,7})")
_REFERENCE = re.compile(rb"(\d{1,8})\s+\d{1,5}\s+R")
_LOCK = re.compile(rb"/Filter\s*/Standard\b")
_STREAM = re.compile(rb"\bstream\r?\n")
_LARGE_PAGE = b"/MediaBox [0 0 5000 5000]"
"""For pages that inherit their size from what was cut off; it only has to hold their text."""
_EMPTY_TREE = b"<< /Type /Pages /Kids [] /Count 0 %b >>" % _LARGE_PAGE


class Repaired(NamedTuple):
    """A PDF that opens, and how many pages the old one had, where that can be told."""

    content: bytes
    pages_in_all: int | None


def repaired(content: bytes) -> Repaired | None:
    """Return a file with all pages that can be found, None where there are none.

    A file that was encrypted is beyond repair: what is cut off holds half of the key.
    """
    direct = _direct_objects(content)
    packed = _packed_objects(content, direct)
    bodies = {number: content[at : at + 4096] for number, (at, _) in direct.items()}
    bodies = {number: _dictionary(body) for number, body in bodies.items()} | packed
    if any(_LOCK.search(body) for body in bodies.values()):
        return None
    pages = _page_order(bodies)
    if not pages:
        return None
    counts = [
        int(found[1])
        for body in bodies.values()
        if _PAGES.search(body) and (found := _COUNT.search(body))
    ]
    linear = _LINEARIZED.search(content[:2048])
    in_all = max([*counts, int(linear[1]) if linear else 0])
    made = _written(
        content,
        {key: start for key, (_, start) in direct.items()},
        packed,
        pages,
        _missing_parents(bodies, pages),
    )
    return Repaired(made, in_all if in_all >= len(pages) else None)


def _direct_objects(content: bytes) -> dict[int, tuple[int, int]]:
    """Return where each object's body and its number stand; the last of a number counts."""
    found: dict[int, tuple[int, int]] = {}
    for match in _OBJECT.finditer(content):
        found[int(match[1])] = match.end(), match.start()
        if len(found) >= MAX_OBJECTS:
            break
    return found


def _dictionary(body: bytes) -> bytes:
    """Return an object without its stream, and without what follows it."""
    for mark in (b"endobj", b"stream"):
        body = body.partition(mark)[0]
    return body


def _packed_objects(content: bytes, direct: dict[int, tuple[int, int]]) -> dict[int, bytes]:
    """Return the objects inside object streams that are not there by themselves."""
    found: dict[int, bytes] = {}
    left = MAX_UNPACKED_BYTES
    for at, _ in direct.values():
        head = _dictionary(content[at : at + 4096])
        if not _PACKED.search(head):
            continue
        unpacked = _unpacked(content, at, left)
        left -= len(unpacked)
        for number, body in _members(head, unpacked):
            if number not in direct:
                found[number] = body
        if left <= 0 or len(found) > MAX_OBJECTS:
            break
    return found


def _unpacked(content: bytes, at: int, limit: int) -> bytes:
    """Return a stream's content, of a cut one as far as it goes."""
    begin = _STREAM.search(content, at)
    if begin is None:
        return b""
    end = content.find(b"endstream", begin.end())
    raw = content[begin.end() : end if end >= 0 else len(content)]
    try:
        return zlib.decompressobj().decompress(raw, max(limit, 1))
    except zlib.error:
        return b""


def _members(head: bytes, unpacked: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the numbers and bodies of the objects in an unpacked object stream."""
    count, first = re.search(rb"/N\s+(\d{1,7})", head), re.search(rb"/First\s+(\d{1,8})", head)
    if count is None or first is None:
        return
    begin = int(first[1])
    table = [int(each) for each in unpacked[:begin].split() if each.isdigit()]
    pairs = list(zip(table[0::2], table[1::2], strict=False))[: int(count[1])]
    ends = [*(place for _, place in pairs[1:]), len(unpacked) - begin]
    for (number, place), end in zip(pairs, ends, strict=False):  # no pairs, no ends
        if place < end <= len(unpacked) - begin:
            yield number, unpacked[begin + place : begin + end].strip()


def _page_order(bodies: dict[int, bytes]) -> list[int]:
    """Return the pages as what is left of the page tree orders them, then those outside of it."""
    pages = [number for number, body in bodies.items() if _PAGE.search(body)]
    kids = {
        number: [int(each) for each in _REFERENCE.findall(found[1])]
        for number, body in bodies.items()
        if _PAGES.search(body) and (found := _KIDS.search(body))
    }
    inner = {each for below in kids.values() for each in below}
    wanted, ordered, seen = set(pages), [], set()
    stack = [number for number in reversed(kids) if number not in inner]
    while stack:
        number = stack.pop()
        if number in seen:
            continue
        seen.add(number)
        if number in wanted:
            ordered.append(number)
        stack.extend(reversed(kids.get(number, [])))
    return [*ordered, *(number for number in pages if number not in seen)][:MAX_PAGES]


def _missing_parents(bodies: dict[int, bytes], pages: list[int]) -> set[int]:
    parents = (_PARENT.search(bodies[number]) for number in pages)
    return {int(found[1]) for found in parents if found} - set(bodies)


def _written(
    content: bytes,
    starts: dict[int, int],
    packed: dict[int, bytes],
    pages: list[int],
    missing_parents: set[int],
) -> bytes:
    """Append what is missing: unpacked objects, a page tree, a catalog and a table of all."""
    tail = bytearray(b"\nendstream\nendobj\n")  # ends the stream in which the cut may lie
    size = len(content)
    top = max([0, *starts, *packed, *missing_parents]) + 1
    kids = b" ".join(b"%d 0 R" % number for number in pages)
    tree = b"<< /Type /Pages /Count %d %b /Kids [%b] >>" % (len(pages), _LARGE_PAGE, kids)
    added = {
        **packed,
        **dict.fromkeys(missing_parents, _EMPTY_TREE),
        top: tree,
        top + 1: b"<< /Type /Catalog /Pages %d 0 R >>" % top,
    }
    places = dict(starts)
    for number, body in added.items():
        places[number] = size + len(tail)
        tail += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = size + len(tail)
    tail += b"xref\n0 1\n0000000000 65535 f \n"
    for number, place in sorted(places.items()):
        tail += b"%d 1\n%010d 00000 n \n" % (number, place)
    tail += b"trailer\n<< /Size %d /Root %d 0 R >>\n" % (top + 2, top + 1)
    tail += b"startxref\n%d\n%%%%EOF\n" % table
    return content + bytes(tail)
