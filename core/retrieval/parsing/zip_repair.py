"""A zip file that was cut off, put together again from the parts that are still in it.

Its directory stands at its end and is lost, but each part begins with a header of its own. The
part in which the cut lies is unpacked as far as it goes; the XML parser copes with the rest.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

MAX_PARTS = 5000
MAX_UNPACKED_BYTES = 128 << 20

_HEADER = b"PK\x03\x04"
_NEXT = (b"PK\x03\x04", b"PK\x07\x08", b"PK\x01\x02")
_STORED, _DEFLATED = 0, 8


def repaired(content: bytes) -> bytes | None:
    """Return a zip file with all parts that can be found, None where there are none."""
    made = io.BytesIO()
    left, count = MAX_UNPACKED_BYTES, 0
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        at = content.find(_HEADER)
        while at >= 0 and at + 30 <= len(content) and count < MAX_PARTS and left > 0:
            flags, method, packed_size, name_size, extra_size = struct.unpack_from(
                "<HH8xI4xHH", content, at + 6
            )
            body = at + 30 + name_size + extra_size
            name = content[at + 30 : at + 30 + name_size].decode("utf-8", "replace")
            part = _unpacked(
                content[body : body + packed_size]
                if packed_size
                else content[body : _end(content, body)],
                method,
                left,
            )
            if part and not flags & 1 and not name.endswith("/"):
                file.writestr(name, part)
                left -= len(part)
                count += 1
            at = content.find(_HEADER, max(body + packed_size, at + 4))
    return made.getvalue() if count else None


def _end(content: bytes, body: int) -> int:
    """Return where a part of unknown size ends: at the next header, else at the cut."""
    places = [place for mark in _NEXT if (place := content.find(mark, body)) >= 0]
    return min(places, default=len(content))


def _unpacked(packed: bytes, method: int, limit: int) -> bytes:
    """Return a part's content as far as it goes; a packed part stops at damage by itself."""
    if method == _STORED:
        return packed[:limit]
    if method != _DEFLATED:
        return b""
    try:
        return zlib.decompressobj(-15).decompress(packed, limit)
    except zlib.error:
        return b""
