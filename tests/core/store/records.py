"""Hypothesis strategies that build any record of core.records from its annotations."""

from __future__ import annotations

import types
import typing
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

_KNOWN: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(st.characters(codec="utf-8"), max_size=12),
    int: st.integers(-(2**40), 2**40),
    float: st.floats(allow_nan=False),
    bool: st.booleans(),
    Path: st.text("abc/ü ", min_size=1, max_size=8).map(Path),
    datetime: st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.replace(fold=0)),
}


def records(kind: Any) -> st.SearchStrategy[Any]:
    """Return a strategy for a record type, or for the type of one of its fields."""
    if kind not in _KNOWN:
        _KNOWN[kind] = _made(kind)
    return _KNOWN[kind]


def _made(kind: Any) -> st.SearchStrategy[Any]:
    if isinstance(kind, typing.NewType):
        return records(kind.__supertype__)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return st.sampled_from(list(kind))
    if is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return st.builds(
            typing.cast(Any, kind),
            **{field.name: records(hints[field.name]) for field in fields(kind)},
        )
    origin, arms = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return st.one_of([st.none() if arm is type(None) else records(arm) for arm in arms])
    if origin is tuple and arms[-1] is Ellipsis:
        return st.lists(records(arms[0]), max_size=3).map(tuple)
    if origin is tuple:
        return st.tuples(*map(records, arms))
    raise TypeError(f"no strategy for {kind}")
