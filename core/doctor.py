"""The doctor: whether the three stores are whole and agree, and what is done where they do not.

SQLite is the truth. It is checked in the background of each start; the indexes are compared with
it wherever they were not closed in order, and whenever somebody asks. What can be made again from
SQLite is repaired while Outpost goes on; a damaged database comes back from a backup only by the
hand of its owner.
"""

from __future__ import annotations

from dataclasses import replace

from core.errors import StorageFailed
from core.records import Health, HealthState, Store, StoreHealth
from core.retrieval.collections import Collections
from core.store.checkup import complaints
from core.store.database import Database

DAMAGED = "Restore a backup: 'outpost doctor --repair' does it where Outpost does not start."
CHANGED = (
    "The disk may be losing data, or another program wrote to the file. Make a backup under a new "
    "name, and compare what matters; restore an older backup if something is wrong."
)


class Doctor:
    """Examines and repairs the stores; safe from any thread."""

    def __init__(self, database: Database, collections: Collections):
        self._database = database
        self._collections = collections

    def check(self) -> None:
        """Check the database as a whole, once for each start.

        Raises StorageFailed where it is damaged, or is not what was there when Outpost closed.
        """
        changed = self._database.was_changed()
        if found := complaints(self._database.path):
            raise StorageFailed(f"The database is damaged: {found[0]}.", advice=DAMAGED)
        if changed:
            raise StorageFailed(
                "The database is not as Outpost left it when it was closed.", advice=CHANGED
            )

    def examine(self) -> Health:
        """Look at everything; takes seconds where much is stored. Raises StorageFailed."""
        health = self._collections.examine()
        return replace(health, stores=(self._database_health(), *health.stores))

    def repair(self) -> None:
        """Have the indexes put right from the database, in the background."""
        self._collections.repair()

    def _database_health(self) -> StoreHealth:
        found = complaints(self._database.path)
        if found:
            return StoreHealth(Store.DATABASE, HealthState.DAMAGED, problem=found[0])
        return StoreHealth(Store.DATABASE, HealthState.WHOLE)
