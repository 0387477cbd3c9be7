"""Whether the stores are whole and agree, and their repair."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from core.records import Health, HealthState, Store, StoreHealth
from desktop.viewmodels.base import Desk, ViewModel, tr
from desktop.viewmodels.core_words import told
from desktop.viewmodels.figures import count

LOOK_AGAIN_MS = 1500
"""How long to wait before looking again while a repair is under way."""


class HealthViewModel(ViewModel):
    """Examines on request, and follows a repair to its end."""

    changed = Signal()
    """`health` or `looking`."""
    machine_known = Signal(object)
    """Hardware: what this machine offers."""

    def __init__(self, desk: Desk, parent: QObject | None = None):
        super().__init__(desk, parent)
        self.health: Health | None = None
        self.looking = False
        self._again = QTimer(self, singleShot=True, interval=LOOK_AGAIN_MS)
        self._again.timeout.connect(self.reload)

    async def load(self) -> None:
        """Compare the stores; takes seconds where much is stored."""
        self.looking = True
        self.changed.emit()
        try:
            self.health = await self.call(self.desk.core.doctor.examine)
        finally:
            self.looking = False
            self.changed.emit()
        if self.health.repairing:
            self._again.start()

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
