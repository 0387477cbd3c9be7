"""The doctor of the whole: what is whole says so, and what was changed is told at the start."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from core.app import Core, build
from core.config import Settings
from core.errors import StorageFailed
from core.records import HealthState, Store


def test_a_fresh_folder_is_whole(core: Core) -> None:
    """Nothing lacks anything; vectors that nobody has opened are not judged."""
    core.doctor.check()
    health = core.doctor.examine()
    states = {each.store: each.state for each in health.stores}
    assert states[Store.DATABASE] is states[Store.KEYWORDS] is HealthState.WHOLE
    assert states[Store.VECTORS] is HealthState.UNOPENED
    assert (health.repairing, health.pending, health.quarantined) == (False, 0, ())


def test_a_repair_that_is_wished_for_is_seen(core: Core) -> None:
    """It waits for the indexing thread, which has not been started here."""
    core.doctor.repair()
    assert core.doctor.examine().repairing


@pytest.fixture
def changed(core: Core, settings: Settings) -> Iterator[Core]:
    """A core whose database another program wrote to while it was closed."""
    owner_id = core.users.owner().id
    core.close()
    with closing(sqlite3.connect(settings.database_file)) as connection:
        connection.execute('UPDATE "user" SET name = ? WHERE id = ?', ("Eve", owner_id))
        connection.commit()
    made = build(settings)
    yield made
    made.close()


def test_a_database_that_was_changed_is_told_once(changed: Core) -> None:
    """With what to do; from then on it is the database."""
    with pytest.raises(StorageFailed, match="not as Outpost left it") as told:
        changed.doctor.check()
    assert "backup" in told.value.advice
    changed.doctor.check()


def test_a_damaged_database_is_told(core: Core) -> None:
    """Rows that refer to nothing are damage: something was lost."""
    path: Path = core.settings.database_file
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO agent_tag VALUES ('nobody', 'tag')")
        connection.commit()
    with pytest.raises(StorageFailed, match="agent_tag") as told:
        core.doctor.check()
    assert "--repair" in told.value.advice
    assert core.doctor.examine().stores[0].state is HealthState.DAMAGED
