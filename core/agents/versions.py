"""What differs between two versions of an agent, field by field. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict

from core.records import AgentDraft, FieldChange


def differences(before: AgentDraft, after: AgentDraft) -> tuple[FieldChange, ...]:
    """Return every field that differs, in the order of the draft; parts by dotted names."""
    old, new = dict(_flat(asdict(before))), dict(_flat(asdict(after)))
    return tuple(
        FieldChange(name, _words(old.get(name)), _words(new.get(name)))
        for name in {**old, **new}
        if old.get(name) != new.get(name)
    )


def _flat(values: dict[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _words(value: object) -> str:
    """Write a value for a person; '' for none."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, tuple) and all(isinstance(each, str) for each in value):
        return ", ".join(value)
    return json.dumps(value, ensure_ascii=False)
