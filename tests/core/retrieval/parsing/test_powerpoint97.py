"""The records of a PowerPoint stream become the texts of its slides."""

from __future__ import annotations

import struct

from core.retrieval.parsing.powerpoint97 import slides_of


def record(kind: int, body: bytes, instance: int = 0, *, container: bool = False) -> bytes:
    head = instance << 4 | (15 if container else 0)
    return struct.pack("<HHI", head, kind, len(body)) + body


def text(words: str) -> bytes:
    return record(0x0FA0, words.encode("utf-16-le"))


PLACE = record(0x03F3, bytes(20))


def test_slides_have_their_outline_and_their_shapes() -> None:
    """Outlines come by slide, shapes join theirs, masters are left out, notes come last."""
    outline = record(0x0FF0, PLACE + text("One") + PLACE + text("Two"), 0, container=True)
    masters = record(0x0FF0, PLACE + text("Click to edit"), 1, container=True)
    notes = record(0x0FF0, PLACE + text("A note"), 2, container=True)
    document = record(0x03E8, masters + outline + notes, container=True)
    drawn = b"".join(
        record(0x03EE, record(0xF00D, words, container=True), container=True)
        for words in (record(0x0FA8, b"a box"), text("another"))
    )
    assert slides_of(document + drawn) == [["One", "a box"], ["Two", "another"], ["A note"]]


def test_a_cut_record_is_read_as_far_as_it_goes() -> None:
    """Sizes that reach beyond the end do no harm."""
    outline = record(0x0FF0, PLACE + text("One and more"), 0, container=True)
    assert slides_of(outline[:-10]) == [["One and"[:7]]]
    assert slides_of(b"\xff" * 100) == []
