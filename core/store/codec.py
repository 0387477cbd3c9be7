"""Records to JSON and back, for the columns that hold a whole record.

Driven by the records' own annotations, so a new field needs no code here. A field that an older
version did not write takes its default; one that a newer version wrote is ignored.
"""

from __future__ import annotations

import json
import types
import typing
from dataclasses import asdict, fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")


def to_json(record: Any) -> str:
    """Write a record (a dataclass instance, or a tuple of them) as compact JSON."""
    plain = [asdict(item) for item in record] if isinstance(record, tuple) else asdict(record)
    return json.dumps(plain, default=_plain, ensure_ascii=False, separators=(",", ":"))


def from_json(kind: type[T], text: str) -> T:
    """Read a record of the given type; raises ValueError or TypeError for a damaged text."""
    return typing.cast(T, _decode(kind, json.loads(text)))


def tuple_from_json(kind: type[T], text: str) -> tuple[T, ...]:
    """Read a tuple of records of the given type."""
    return tuple(typing.cast(T, _decode(kind, item)) for item in json.loads(text))


def conforms(record: Any) -> bool:
    """Return whether each value of a record is of the kind its annotation says.

    Reading does not look, since what Outpost wrote itself fits; what came from elsewhere may not.
    """
    hints = _hints(record.__class__)
    return all(_fits(hint, getattr(record, name)) for name, hint in hints.items())


def _fits(kind: Any, value: Any) -> bool:
    if isinstance(kind, typing.NewType):
        kind = kind.__supertype__
    origin, arms = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return any(_fits(arm, value) for arm in arms)
    if origin is tuple:
        kinds = [arms[0]] * len(value) if arms[-1] is ... else arms
        return (
            isinstance(value, tuple) and len(kinds) == len(value) and all(map(_fits, kinds, value))
        )
    if is_dataclass(kind):
        return isinstance(value, typing.cast(type, kind)) and conforms(value)
    if kind is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, kind)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"a record holds a {type(value).__name__}, which JSON cannot hold")


@cache
def _hints(kind: type[Any]) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _decode(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(kind, typing.NewType):
        return value
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        (kind,) = [arm for arm in typing.get_args(kind) if arm is not type(None)]
        return _decode(kind, value)
    if origin is tuple:
        return tuple(_decode(typing.get_args(kind)[0], item) for item in value)
    if is_dataclass(kind) and isinstance(kind, type):
        hints = _hints(kind)
        known = {spec.name for spec in fields(kind)} & value.keys()
        return kind(**{name: _decode(hints[name], value[name]) for name in known})
    if isinstance(kind, type) and issubclass(kind, (Enum, Path)):
        return kind(value)
    if kind is datetime:
        return datetime.fromisoformat(value)
    return value
