"""The audit log: who changed what, each entry's hash covering the one before it.

`append` takes the connection of the write that it records, so both become durable together or
not at all. The chain shows entries that were altered, inserted or removed from the middle; an
end that was cut off shows only against a hash noted elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from sqlalchemy import Connection, Row, insert, select

from core.records import UserId, now
from core.store.database import Database
from core.store.schema import audit_event

START = "0" * 64
"""What the first entry has for its predecessor's hash."""


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One entry of the log."""

    seq: int
    at: str
    user_id: UserId | None
    action: str
    """What was done, such as 'token.add'."""
    subject: str
    """The id of the thing it was done to."""
    detail: str
    hash: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What checking the chain found; `broken_at` is the first entry that does not fit."""

    entries: int
    broken_at: int | None
    last_hash: str


def append(
    connection: Connection,
    action: str,
    subject: str,
    *,
    user_id: UserId | None = None,
    detail: str = "",
) -> None:
    """Add an entry within the transaction of the write that it records."""
    last = connection.execute(
        select(audit_event.c.seq, audit_event.c.hash).order_by(audit_event.c.seq.desc()).limit(1)
    ).first()
    values = {
        "seq": last.seq + 1 if last else 1,
        "at": now().isoformat(),
        "user_id": user_id,
        "action": action,
        "subject": subject,
        "detail": detail,
        "previous_hash": last.hash if last else START,
    }
    connection.execute(insert(audit_event).values(**values, hash=_hash(values)))


class AuditLog:
    """Reads and checks the log."""

    def __init__(self, database: Database):
        self._database = database

    def newest(self, limit: int = 100) -> list[AuditEvent]:
        """Return the latest entries, newest first."""
        query = select(audit_event).order_by(audit_event.c.seq.desc()).limit(limit)
        rows = self._database.read(lambda connection: connection.execute(query).all())
        return [_event(row) for row in rows]

    def verify(self) -> Verdict:
        """Recompute the whole chain."""
        return self._database.read(_verify)


def _verify(connection: Connection) -> Verdict:
    count, previous = 0, START
    for row in connection.execute(select(audit_event).order_by(audit_event.c.seq)):
        values = dict(row._mapping)
        kept = values.pop("hash")
        if values["seq"] != count + 1 or values["previous_hash"] != previous:
            return Verdict(count, values["seq"], previous)
        if _hash(values) != kept:
            return Verdict(count, values["seq"], previous)
        count, previous = count + 1, kept
    return Verdict(count, None, previous)


def _hash(values: dict[str, object]) -> str:
    text = json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _event(row: Row[tuple[object, ...]]) -> AuditEvent:
    values = dict(row._mapping)
    del values["previous_hash"]
    return AuditEvent(**values)
