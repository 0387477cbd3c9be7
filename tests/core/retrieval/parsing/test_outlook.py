"""Outlook's compressed RTF is unpacked; whole messages are tested with files of other projects."""

from __future__ import annotations

import struct

from core.retrieval.parsing.outlook import unpacked


def test_the_example_of_the_specification() -> None:
    """[MS-OXRTFCP] 3.1.1: a run of literals and references into the dictionary."""
    packed = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af320"
        "68656c090020627705b06c647d0a800fa0"
    )
    assert unpacked(packed) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"


def test_plain_and_broken_bodies() -> None:
    """What is not compressed is taken as it is; what ends early gives what it has."""
    assert unpacked(struct.pack("<II4sI", 20, 4, b"MELA", 0) + b"{rtf") == b"{rtf"
    assert unpacked(struct.pack("<II4sI", 20, 9, b"LZFu", 0) + b"\0abc") == b"abc"
    assert unpacked(b"short") == b""
