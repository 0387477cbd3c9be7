"""Seals: whether files are, byte for byte, as Outpost left them when it closed.

Neither SQLite nor Chroma has checksums of its own, so a disk that loses bits goes unseen. A seal
beside a file or folder names what was there with sizes and CRC-32; it is broken when the files
are opened for writing. Where there is none, as after a crash, nothing is known, and whoever opens
them has to look more closely.
"""

from __future__ import annotations

import json
import os
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

Sums = dict[str, tuple[int, int]]
"""Size and CRC-32 by name."""

LIMIT_S = 1.0
"""Longer than this nobody waits for an application to close."""
_BLOCK = 1 << 20


def seal(place: Path, limit_s: float = LIMIT_S) -> bool:
    """Note what is there now; False, and no seal, where reading it would take too long."""
    try:
        sums = _sums(place, time.monotonic() + limit_s)
        if sums is None:
            return False
        _write(_seal_of(place), json.dumps(sums))
    except OSError:
        return False
    return True


def is_sealed(place: Path) -> bool:
    """True where there is a seal, whether or not it holds."""
    return _seal_of(place).exists()


def holds(place: Path) -> bool:
    """Tell whether there is a seal and everything is as it says."""
    try:
        noted = json.loads(_seal_of(place).read_text("utf-8"))
        found = _sums(place, None)
    except (OSError, ValueError):
        return False
    assert found is not None
    return bool(noted == {name: list(sums) for name, sums in found.items()})


def break_seal(place: Path) -> None:
    """Take the seal away, before anything there is changed."""
    _seal_of(place).unlink(missing_ok=True)


def _seal_of(place: Path) -> Path:
    return place.with_name(f"{place.name}.seal")


def _sums(place: Path, deadline: float | None) -> Sums | None:
    """Return size and CRC-32 of each file, None where the deadline passed."""
    sums: Sums = {}
    for path in _files(place):
        size = crc = 0
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                size += len(block)
                crc = zlib.crc32(block, crc)
                if deadline is not None and time.monotonic() > deadline:
                    return None
        sums[path.relative_to(place).as_posix()] = (size, crc)
    return sums


def _files(place: Path) -> Iterator[Path]:
    if place.is_file():
        yield place
    else:
        yield from sorted(path for path in place.rglob("*") if path.is_file())


def _write(path: Path, text: str) -> None:
    part = path.with_name(f"{path.name}.part")
    with part.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
