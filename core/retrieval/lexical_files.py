"""The keyword index's files, looked at without tantivy: is each one as it was written?

tantivy ends each file with a footer that has the CRC-32 of what comes before it, and does not look
at it. Opening damaged files may panic, ask for absurd amounts of memory, or find wrong things.

    content | {"version": ..., "crc": 1234} | length of that JSON: u32 | 1337: u32

Source: tantivy 0.25, src/directory/footer.rs.
"""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path
from typing import BinaryIO

_END = struct.Struct("<II")
_MAGIC = 1337
_BLOCK = 1 << 20
COMPONENTS = ("term", "idx", "pos", "fieldnorm", "fast", "store")
"""Files that each segment has; a missing one would be noticed by the first question that needs it.
"""
META = "meta.json"
"""Names the segments; it has no footer. Files of segments that it does not name were being written
when the process ended, and nobody reads them."""


NOTED = "meta.crc"


def note_meta(folder: Path) -> None:
    """Note the checksum of what names the segments, since it has none of its own."""
    (folder / NOTED).write_text(str(zlib.crc32((folder / META).read_bytes())), "ascii")


def is_noted(folder: Path) -> bool:
    """True where that is as it was noted; after a crash or a merge it may be newer."""
    try:
        noted = (folder / NOTED).read_text("ascii")
        return noted == str(zlib.crc32((folder / META).read_bytes()))
    except (OSError, ValueError):
        return False


def damage(folder: Path) -> str | None:
    """Return what is wrong with the files of an index, None where each has its right footer."""
    name = META
    try:
        for name in _named(folder):
            if not _is_whole(folder / name):
                return f"{name} is not as it was written"
    except (OSError, ValueError, KeyError, TypeError, AttributeError, struct.error) as error:
        return f"{name} cannot be read: {error}"
    return None


def _named(folder: Path) -> list[str]:
    """Return the files of the segments that the index consists of, whether or not they exist."""
    names = []
    for each in json.loads((folder / META).read_bytes())["segments"]:
        segment = each["segment_id"].replace("-", "")
        kinds = list(COMPONENTS)
        if each.get("deletes"):
            kinds.append(f"{each['deletes']['opstamp']}.del")
        names += [f"{segment}.{kind}" for kind in kinds]
    return names


def _is_whole(path: Path) -> bool:
    size = path.stat().st_size
    if size < _END.size:
        return False
    with path.open("rb") as file:
        file.seek(size - _END.size)
        length, magic = _END.unpack(file.read())
        content = size - _END.size - length
        if magic != _MAGIC or content < 0:
            return False
        file.seek(content)
        footer = json.loads(file.read(length))
        file.seek(0)
        return bool(_crc(file, content) == footer["crc"])


def _crc(file: BinaryIO, left: int) -> int:
    crc = 0
    while left > 0:
        block = file.read(min(left, _BLOCK))
        if not block:
            return -1
        crc, left = zlib.crc32(block, crc), left - len(block)
    return crc
