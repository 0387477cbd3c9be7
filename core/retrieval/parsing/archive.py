"""Zip files as office formats use them, opened so that a zip bomb is refused before it unfolds.

Only single parts are read, into memory, under a cap; nothing is ever written to disk, so a part
named `../x` is no danger. An archive inside the archive is not opened.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.retrieval.parsing.reasons import unreadable
from core.retrieval.parsing.zip_repair import repaired

MAX_PARTS = 20_000
MAX_DIRECTORY_BYTES = 8 << 20
MAX_PART_BYTES = 128 << 20
MAX_TOTAL_BYTES = 1 << 30
MAX_REPAIRED_BYTES = 100 << 20
MAX_RATIO = 150
"""How often a part may be larger than its compressed bytes; office files reach some 40."""
RATIO_COUNTS_FROM_BYTES = 16 << 20
"""Small parts may be anything: a page of spaces compresses a thousandfold."""

_END_MARK = b"PK\x05\x06"
_LARGE_END_MARK = b"PK\x06\x06"
_SEE_LARGE_END = 0xFFFF_FFFF
_LONGEST_COMMENT = 65_535
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, struct.error, NotImplementedError, ValueError)


class Archive:
    """An opened zip file whose directory has been checked."""

    def __init__(self, file: zipfile.ZipFile, name: str):
        self._file = file
        self._name = name
        self._parts = {_plain(part.filename): part for part in file.infolist()}
        self._lower = {key.lower(): key for key in self._parts}
        self._check()

    def __contains__(self, part: str) -> bool:
        return part.lower() in self._lower

    def names(self) -> list[str]:
        """Return the parts' names in the order of the directory."""
        return list(self._parts)

    def read(self, part: str) -> bytes | None:
        """Return a part's bytes; None where it is missing or damaged.

        Raises UnreadableDocument for one that is too big or needs a password.
        """
        key = self._lower.get(part.lower())
        if key is None:
            return None
        entry = self._parts[key]
        if entry.flag_bits & 1:
            raise unreadable("encrypted", self._name)
        if entry.file_size > MAX_PART_BYTES:
            raise unreadable("too_big", self._name)
        try:
            with self._file.open(entry) as content:
                return content.read(MAX_PART_BYTES)
        except (*_BROKEN, OSError, RuntimeError):
            return None

    def _check(self) -> None:
        """Refuse what the directory itself says to be a bomb."""
        parts = self._parts.values()
        if len(self._file.infolist()) > MAX_PARTS or any(map(_is_bomb, parts)):
            raise unreadable("bomb", self._name)
        if sum(part.file_size for part in parts) > MAX_TOTAL_BYTES:
            raise unreadable("bomb", self._name)


def _plain(name: str) -> str:
    """Return a part's name as relations spell it; some writers use backslashes."""
    return name.replace("\\", "/").lstrip("/")


def _is_bomb(part: zipfile.ZipInfo) -> bool:
    return part.file_size > RATIO_COUNTS_FROM_BYTES and part.file_size > MAX_RATIO * max(
        part.compress_size, 1
    )


@contextmanager
def opened(path: Path, name: str) -> Iterator[Archive]:
    """Open a zip file, of one that was cut off what is left; raises UnreadableDocument."""
    if _directory_bytes(path) > MAX_DIRECTORY_BYTES:
        raise unreadable("bomb", name)
    try:
        file = zipfile.ZipFile(path if is_whole(path) else _repaired(path))
    except (*_BROKEN, OSError) as error:
        raise unreadable("damaged", name) from error
    with file:
        yield Archive(file, name)


def is_whole(path: Path) -> bool:
    """Tell whether a zip file has its directory, which stands at the end."""
    return _directory_bytes(path) > 0


def _repaired(path: Path) -> io.BytesIO:
    """Return what is left of a file that was cut off; raises BadZipFile where that is nothing."""
    found = repaired(path.read_bytes()) if path.stat().st_size <= MAX_REPAIRED_BYTES else None
    if found is None:
        raise zipfile.BadZipFile
    return io.BytesIO(found)


def _directory_bytes(path: Path) -> int:
    """Return the size of the zip's directory as its last record states it, 0 without one."""
    with path.open("rb") as file:
        end = file.seek(0, 2)
        file.seek(max(0, end - _LONGEST_COMMENT - 98))
        tail = file.read()
    place = tail.rfind(_END_MARK)
    if place < 0 or len(tail) < place + 16:
        return 0
    size = int(struct.unpack_from("<I", tail, place + 12)[0])
    large = tail.rfind(_LARGE_END_MARK, 0, place)
    if size == _SEE_LARGE_END and large >= 0:
        size = int(struct.unpack_from("<Q", tail, large + 40)[0])
    return size
