"""The audit log: the newest entries, older ones on request, and whether the chain is whole."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from core.records import AuditEvent, AuditVerdict, UserId
from desktop.viewmodels.base import Desk, ViewModel

AT_ONCE = 100


class AuditViewModel(ViewModel):
    """Reads the log when it is looked at; entries are never announced."""

    changed = Signal()
    """`events`, `names` or `has_more`."""
    verified = Signal(object)
    """AuditVerdict: what checking the chain found."""

    def __init__(self, desk: Desk, parent: QObject | None = None):
        super().__init__(desk, parent)
        self.events: list[AuditEvent] = []
        self.has_more = False
        self.names: dict[UserId, str] = {}

    async def load(self) -> None:
        """Read the newest entries anew."""
        self.names = {each.id: each.name for each in await self.call(self.desk.core.users.list)}
        self.events = []
        await self._read(None)

    def older(self) -> None:
        """Read the entries before the ones on show."""
        if self.has_more:
            self.do(self._read(self.events[-1].seq))

    async def _read(self, before: int | None) -> None:
        found = await self.call(self.desk.core.audit.newest, AT_ONCE + 1, before)
        self.has_more = len(found) > AT_ONCE
        self.events = [*self.events, *found[:AT_ONCE]]
        self.changed.emit()

    def verify(self) -> None:
        """Recompute the whole chain; `verified` tells."""
        self.do(self._verify())

    async def _verify(self) -> None:
        verdict: AuditVerdict = await self.call(self.desk.core.audit.verify)
        self.verified.emit(verdict)

    def who(self, event: AuditEvent) -> str:
        """Return the name of who did something, their id where they are gone."""
        if event.user_id is None:
            return ""
        return self.names.get(event.user_id, event.user_id)
