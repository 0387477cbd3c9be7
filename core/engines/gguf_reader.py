"""Bounded reading of GGUF's little-endian values from a file.

Reads go through one small buffer and never past the file's end. The file is not mapped: one
that another program shortens meanwhile would end the process with SIGBUS.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any, BinaryIO

from core.errors import UnusableModel

BUFFER_BYTES = 1 << 20
MAX_HEADER_BYTES = 1 << 29
"""Far above any known vocabulary; a larger header is a wrong length, not a model."""
MAX_TEXT_BYTES = 1 << 26
MAX_DECODED_ITEMS = 4096
"""Longer arrays (vocabularies) are stepped over and only counted."""

SCALARS = {
    0: "<B",
    1: "<b",
    2: "<H",
    3: "<h",
    4: "<I",
    5: "<i",
    6: "<f",
    7: "<?",
    10: "<Q",
    11: "<q",
    12: "<d",
}
BOOL, STRING, ARRAY = 7, 8, 9


@dataclass(frozen=True, slots=True)
class Opaque:
    """An array that was stepped over: its element type and how many there are."""

    kind: int
    count: int


def refuse(name: str, reason: str, why: str) -> UnusableModel:
    """Word the refusal of a model file."""
    return UnusableModel(f"'{name}' cannot be used as a model: {why}.", reason=reason)


class Cursor:
    """A position in a GGUF file from which values are read one after the other."""

    def __init__(self, file: BinaryIO, size_bytes: int, name: str):
        self.size_bytes = size_bytes
        self.name = name
        self._file = file
        self._buffer = b""
        self._start = 0
        self._at = 0

    @property
    def position(self) -> int:
        """Where the next value begins, in bytes from the file's start."""
        return self._start + self._at

    def take(self, length: int, reason: str = "truncated") -> bytes:
        """Read exactly so many bytes."""
        self._require(length, reason)
        taken = self._buffer[self._at : self._at + length]
        self._at += length
        return taken

    def number(self, form: str) -> Any:
        """Read one number of the given struct format."""
        length = struct.calcsize(form)
        self._require(length)
        (value,) = struct.unpack_from(form, self._buffer, self._at)
        self._at += length
        return value

    def count(self, limit: int, noun: str) -> int:
        """Read a 64-bit count that may not exceed the limit."""
        value = int(self.number("<Q"))
        if value > limit:
            raise refuse(self.name, "damaged", f"it claims {value} {noun}")
        return value

    def text(self, noun: str, limit: int = MAX_TEXT_BYTES, *, strict: bool = True) -> str:
        """Read a string: its length in bytes, then UTF-8."""
        length = self.number("<Q")
        self._check_length(length, limit, noun)
        try:
            return self.take(length).decode("utf-8", "strict" if strict else "replace")
        except UnicodeDecodeError as error:
            raise refuse(self.name, "damaged", f"{noun} is not text") from error

    def value(self, kind: int) -> Any:
        """Read a value of GGUF's type `kind`; long arrays are counted, not kept."""
        if kind == STRING:
            return self.text("a value", strict=False)
        if kind == ARRAY:
            return self._array()
        return self._scalar(kind)

    def _scalar(self, kind: int) -> Any:
        if kind not in SCALARS:
            raise refuse(self.name, "damaged", f"a value has the unknown type {kind}")
        if kind == BOOL and self._peek() > 1:
            raise refuse(self.name, "damaged", "a truth value is neither true nor false")
        return self.number(SCALARS[kind])

    def _array(self) -> Any:
        kind, count = self.number("<I"), self.number("<Q")
        if kind == STRING:
            self._check_length(count * 8, MAX_HEADER_BYTES, "an array")
            self._step_over_texts(count)
            return Opaque(kind, count)
        if kind not in SCALARS:
            raise refuse(self.name, "damaged", f"an array has the unusable type {kind}")
        length = count * struct.calcsize(SCALARS[kind])
        self._check_length(length, MAX_HEADER_BYTES, "an array")
        if count > MAX_DECODED_ITEMS:
            self._skip(length)
            return Opaque(kind, count)
        return [self._scalar(kind) for _ in range(count)]

    def _step_over_texts(self, count: int) -> None:
        for _ in range(count):
            length = self.number("<Q")
            self._check_length(length, MAX_TEXT_BYTES, "a text in an array")
            self._skip(length)

    def _check_length(self, length: int, limit: int, noun: str) -> None:
        if length > limit:
            raise refuse(self.name, "damaged", f"{noun} claims {length} bytes")
        if length > self.size_bytes - self.position:
            raise refuse(self.name, "truncated", f"it ends within {noun}")

    def _peek(self) -> int:
        self._require(1)
        return self._buffer[self._at]

    def _skip(self, length: int) -> None:
        if self._at + length <= len(self._buffer):
            self._at += length
            return
        self._start, self._at, self._buffer = self.position + length, 0, b""
        self._file.seek(self._start)

    def _require(self, length: int, reason: str = "truncated") -> None:
        """Make sure that the buffer holds the next bytes."""
        if self._at + length <= len(self._buffer):
            return
        if self.position + length > MAX_HEADER_BYTES:
            raise refuse(self.name, "damaged", "its header has no end")
        rest = self._buffer[self._at :]
        self._start, self._at = self.position, 0
        self._buffer = rest + self._file.read(max(BUFFER_BYTES, length - len(rest)))
        if len(self._buffer) < length:
            raise refuse(self.name, reason, "it ends too early")
