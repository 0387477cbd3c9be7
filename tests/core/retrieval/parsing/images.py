"""PNG files read back without an imaging library."""

from __future__ import annotations

import struct
import zlib


def pixels(png: bytes) -> tuple[int, int, list[bytes]]:
    """Return width, height and the rows of an RGB picture without filters; checks all sums."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    at, parts = 8, {}
    while at < len(png):
        size, name = struct.unpack_from(">I4s", png, at)
        content = png[at + 8 : at + 8 + size]
        (crc,) = struct.unpack_from(">I", png, at + 8 + size)
        assert crc == zlib.crc32(name + content)
        parts[name] = content
        at += 12 + size
    width, height, depth, colour = struct.unpack_from(">IIBB", parts[b"IHDR"])
    assert (depth, colour) == (8, 2)
    rows, step = zlib.decompress(parts[b"IDAT"]), 3 * width + 1
    lines = [rows[start : start + step] for start in range(0, len(rows), step)]
    assert len(lines) == height
    assert all(line[0] == 0 for line in lines)
    return width, height, [line[1:] for line in lines]


def dark_places(png: bytes) -> list[tuple[int, int]]:
    """Return column and row of each dark pixel."""
    width, _, rows = pixels(png)
    return [
        (x, y)
        for y, row in enumerate(rows)
        for x in range(width)
        if sum(row[3 * x : 3 * x + 3]) < 380
    ]
