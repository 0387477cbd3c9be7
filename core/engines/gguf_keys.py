"""The key-value pairs of a GGUF header, read by name with their types and ranges checked."""

from __future__ import annotations

import re
from typing import Any, TypeVar

from core.engines.gguf_reader import Opaque, refuse
from core.errors import UnusableModel

T = TypeVar("T")


class Keys:
    """The header's key-value pairs, read by name with their types checked."""

    def __init__(self, file: str, values: dict[str, Any]):
        self._file = file
        self._values = values
        self.architecture = self._architecture()

    def _architecture(self) -> str:
        name = self.text("general.architecture")
        if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,63}", name):
            raise refuse(self._file, "damaged", "it names no architecture")
        return name

    def text(self, key: str, default: str = "") -> str:
        return self._typed(key, str, default)

    def number(self, key: str, default: int) -> int:
        """Return a whole number below 2^31, as llama.cpp holds it."""
        value = self._typed(key, int, default)
        if isinstance(value, bool) or not 0 <= value < 2**31:
            raise refuse(self._file, "damaged", f"'{key}' is {value}")
        return value

    def own(self, key: str, default: int = 0) -> int:
        """Return a number of the model's own architecture."""
        return self.number(f"{self.architecture}.{key}", default)

    def alignment(self) -> int:
        """Return the alignment of the tensor data: a power of two."""
        value = self.number("general.alignment", 32)
        if value < 1 or value & (value - 1) or value > 2**20:
            raise refuse(self._file, "damaged", f"its alignment is {value}")
        return value

    def per_layer(self, key: str, layers: int, default: int) -> tuple[int, ...]:
        """Return a number that the header gives once or for each layer."""
        value = self._values.get(f"{self.architecture}.{key}", default)
        if not isinstance(value, list):
            return (self.own(key, default),) * layers
        if len(value) < layers or not all(_is_small(item) for item in value):
            raise refuse(self._file, "damaged", f"'{key}' does not fit its {layers} layers")
        return tuple(value[:layers])

    def length(self, key: str) -> int:
        """Return how many entries an array has, 0 where there is none."""
        value = self._values.get(key)
        if value is None:
            return 0
        if not isinstance(value, (list, Opaque)):
            raise refuse(self._file, "damaged", f"'{key}' is not an array")
        return len(value) if isinstance(value, list) else value.count

    def damaged(self, why: str) -> UnusableModel:
        return refuse(self._file, "damaged", why)

    def unsupported(self, why: str) -> UnusableModel:
        return refuse(self._file, "unsupported_kind", why)

    def _typed(self, key: str, kind: type[T], default: T) -> T:
        value = self._values.get(key, default)
        if not isinstance(value, kind):
            raise refuse(self._file, "damaged", f"'{key}' has the wrong type")
        return value


def _is_small(item: object) -> bool:
    return isinstance(item, int) and not isinstance(item, bool) and 0 <= item < 2**31
