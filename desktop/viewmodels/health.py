"""Whether the stores are whole and agree, and their repair."""

from __future__ import annotations

import shutil
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal

from core.records import AuditVerdict, Health, HealthState, Store, StoreHealth
from desktop.viewmodels.base import Desk, ViewModel, tr
from desktop.viewmodels.core_words import told
from desktop.viewmodels.figures import count
from desktop.viewmodels.notices import step
from desktop.viewmodels.wording import file_size

LOOK_AGAIN_MS = 1500
"""How long to wait before looking again while a repair is under way."""


LITTLE_ROOM_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class Finding:
    """What else the doctor looks at: a name, what was found, and how it is told."""

    name: str
    words: str
    tone: str = "success"


class HealthViewModel(ViewModel):
    """Examines on request, and follows a repair to its end."""

    changed = Signal()
    """`health`, `findings` or `looking`."""
    machine_known = Signal(object)
    """Hardware: what this machine offers."""

    def __init__(self, desk: Desk, parent: QObject | None = None):
        super().__init__(desk, parent)
        self.health: Health | None = None
        self.findings: list[Finding] = []
        self.looking = False
        self._again = QTimer(self, singleShot=True, interval=LOOK_AGAIN_MS)
        self._again.timeout.connect(self.reload)

    async def load(self) -> None:
        """Compare the stores; takes seconds where much is stored."""
        self.looking = True
        self.changed.emit()
        try:
            self.health = await self.call(self.desk.core.doctor.examine)
            self.changed.emit()
            if not self.health.repairing or not self.findings:
                self.findings = await self._look_around()
        finally:
            self.looking = False
            self.changed.emit()
        if self.health.repairing:
            self._again.start()

    async def _look_around(self) -> list[Finding]:
        """Look at what is no store: the start, the audit log, and the room on the disk."""
        core = self.desk.core
        steps = await self.call(core.startup.steps)
        failed = [(each.name, each.note) for each in steps if each.state == "failed"]
        verdict = await self.call(core.audit.verify)
        disk = await self.call(shutil.disk_usage, core.settings.data_dir)
        return [_start(failed), _log(verdict), _room(disk.free)]

    def look_at_machine(self) -> None:
        """Ask what the machine offers; `machine_known` tells."""
        self.do(self._look_at_machine())

    async def _look_at_machine(self) -> None:
        self.machine_known.emit(await self.call(self.desk.core.hardware))

    def repair(self) -> None:
        """Have the indexes put right from the database, in the background."""
        self.do(self._repair())

    async def _repair(self) -> None:
        await self.call(self.desk.core.doctor.repair)
        self.reload()


def _start(failed: list[tuple[str, str]]) -> Finding:
    words = "; ".join(f"{step(name)}: {told(note)}" for name, note in failed)
    return Finding(tr("Start"), words or tr("Every step succeeded."), _tone(bool(failed)))


def _log(verdict: AuditVerdict) -> Finding:
    if not verdict.whole:
        broken = tr("Broken at entry {number}: it was altered, or one before it is missing.")
        return Finding(tr("Audit log"), broken.format(number=verdict.broken_at), "danger")
    entries = count(verdict.entries, "entry", "entries")
    return Finding(tr("Audit log"), tr("{entries}, none altered.").format(entries=entries))


def _room(free_bytes: int) -> Finding:
    words = tr("{size} free").format(size=file_size(free_bytes))
    return Finding(tr("Disk"), words, _tone(free_bytes < LITTLE_ROOM_BYTES))


def _tone(warns: bool) -> str:
    return "warning" if warns else "success"


def store_name(store: Store) -> str:
    return {
        Store.DATABASE: tr("Database"),
        Store.KEYWORDS: tr("Keyword index"),
        Store.VECTORS: tr("Vectors"),
    }[store]


def store_state(state: HealthState) -> str:
    return {
        HealthState.WHOLE: tr("Whole"),
        HealthState.INCOMPLETE: tr("Incomplete"),
        HealthState.DAMAGED: tr("Damaged"),
        HealthState.UNOPENED: tr("Not open"),
    }[state]


def store_tone(state: HealthState) -> str:
    return {
        HealthState.WHOLE: "success",
        HealthState.INCOMPLETE: "warning",
        HealthState.DAMAGED: "danger",
        HealthState.UNOPENED: "outline",
    }[state]


def store_words(found: StoreHealth) -> str:
    """Return how a store is, in one line."""
    if found.problem:
        return told(found.problem)
    if found.store is Store.DATABASE:
        return tr("SQLite has checked the whole file.")
    parts = [count(found.expected, "chunk", "chunks")]
    if found.missing:
        parts.append(tr("{count} missing").format(count=found.missing))
    if found.orphaned:
        parts.append(tr("{count} too many").format(count=found.orphaned))
    return " · ".join(parts)


def advice(health: Health) -> str:
    """Return what is to be done, in one sentence."""
    if health.repairing:
        return tr("The indexes are being made again; everything can be used meanwhile.")
    if health.is_whole:
        return tr("Everything is whole, and the indexes agree with the database.")
    database = next((each for each in health.stores if each.store is Store.DATABASE), None)
    if database is not None and database.state is HealthState.DAMAGED:
        return tr("The database is damaged. Restore a backup; nothing else brings it back.")
    if any(each.state in (HealthState.DAMAGED, HealthState.INCOMPLETE) for each in health.stores):
        return tr("An index has to be put right. Nothing is lost: the database has it all.")
    return tr("An index is not open yet; it is opened when it is needed.")
