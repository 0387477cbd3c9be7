"""The audit log: who changed what by which way, each entry's hash covering the one before it.

`append` takes the connection of the write that it records, so both become durable together or
not at all. An entry names things by their ids and holds nothing of their content. The chain shows
entries that were altered, inserted or removed from the middle; an end that was cut off, or a
chain that was made again from some point on, shows only against a hash that was noted elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from datetime import datetime

from sqlalchemy import Connection, Row, insert, select

from core.actor import actor
from core.errors import DiskFull
from core.records import AuditEvent, AuditVerdict, UserId, now
from core.store.database import Database
from core.store.schema import audit_event

START = "0" * 64
"""What the first entry has for its predecessor's hash."""


def append(
    connection: Connection,
    action: str,
    subject: str,
    owner_id: UserId | None,
    *,
    detail: str = "",
    at: datetime | None = None,
) -> None:
    """Add an entry within the transaction of the write that it records.

    `owner_id` is whose thing it is; an actor that does not know its user acts for that one. `at`
    is when it happened, if not now.
    """
    last = connection.execute(
        select(audit_event.c.seq, audit_event.c.hash).order_by(audit_event.c.seq.desc()).limit(1)
    ).first()
    who = actor()
    values = {
        "seq": last.seq + 1 if last else 1,
        "at": (at or now()).isoformat(),
        "user_id": who.user_id or owner_id,
        "token_id": who.token_id,
        "route": who.route,
        "action": action,
        "subject": subject,
        "detail": detail,
        "previous_hash": last.hash if last else START,
    }
    connection.execute(insert(audit_event).values(**values, hash=_hash(values)))


class AuditLog:
    """Reads, checks and adds to the log."""

    def __init__(self, database: Database):
        self._database = database
        self._owed: list[Callable[[Connection], None]] = []
        self._lock = threading.Lock()

    def note(self, action: str, subject: str, owner_id: UserId | None, detail: str = "") -> None:
        """Add an entry for something that is not written to the database itself."""
        self._database.write(
            lambda connection: append(connection, action, subject, owner_id, detail=detail)
        )

    def owe(self, action: str, subject: str, owner_id: UserId | None) -> None:
        """Add an entry for what may be done on a full disk; there, it waits until it is paid."""
        at, context = now(), copy_context()

        def entry(connection: Connection) -> None:
            context.run(append, connection, action, subject, owner_id, at=at)

        with self._lock:
            self._owed.append(entry)
        with suppress(DiskFull):
            self.pay()

    def pay(self) -> None:
        """Add the entries that waited for room; raises StorageFailed where it cannot."""
        with self._lock:
            if self._owed:
                self._database.write(self._append_owed)
                self._owed.clear()

    def _append_owed(self, connection: Connection) -> None:
        for entry in self._owed:
            entry(connection)

    def newest(self, limit: int = 100, before: int | None = None) -> list[AuditEvent]:
        """Return the latest entries, newest first; `before` is the seq where they end."""
        query = select(audit_event).order_by(audit_event.c.seq.desc()).limit(limit)
        if before is not None:
            query = query.where(audit_event.c.seq < before)
        rows = self._database.read(lambda connection: connection.execute(query).all())
        return [_event(row) for row in rows]

    def verify(self, noted_hash: str = "") -> AuditVerdict:
        """Recompute the whole chain; `noted_hash`, where given, has to be an entry's."""
        return self._database.read(lambda connection: _verify(connection, noted_hash))


def _verify(connection: Connection, noted_hash: str) -> AuditVerdict:
    count, previous, known = 0, START, noted_hash in ("", START)
    for row in connection.execute(select(audit_event).order_by(audit_event.c.seq)):
        values = dict(row._mapping)
        kept = values.pop("hash")
        fits = values["seq"] == count + 1 and values["previous_hash"] == previous
        if not fits or _hash(values) != kept:
            return AuditVerdict(False, count, values["seq"], previous)
        count, previous, known = count + 1, kept, known or kept == noted_hash
    return AuditVerdict(known, count, None, previous)


def _hash(values: dict[str, object]) -> str:
    text = json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _event(row: Row[tuple[object, ...]]) -> AuditEvent:
    values = dict(row._mapping)
    del values["previous_hash"]
    return AuditEvent(**values)
