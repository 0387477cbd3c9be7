"""`outpost doctor --repair`: puts right what can be, and says what was done.

Indexes are repaired by the running instance, or by one that is started for it. A database that is
so damaged that nothing starts is exchanged for the newest backup that is whole; it is set aside,
not overwritten.
"""

from __future__ import annotations

import time
from typing import Any

from filelock import FileLock, Timeout

from core.backups import newest_usable, restore_wished
from core.cli.instance import instance
from core.config import Settings
from core.errors import AlreadyRunning, NotFound
from core.seals import is_sealed
from core.store.checkup import complaints

POLL_S = 0.3
PATH = "/doctor"


def repair(settings: Settings) -> dict[str, Any]:
    """Repair and return what the doctor says afterwards, with the restored backup if any.

    Raises NotFound where a damaged database has no backup to come back from.
    """
    restored = _exchange(settings) if _is_damaged(settings) else None
    with instance(settings, started=True) as there:
        health = there.client.post(f"{PATH}/repair")
        while health["repairing"]:
            time.sleep(POLL_S)
            health = there.client.get(PATH)
    return {**health, "restored": restored}


def told(health: dict[str, Any]) -> list[str]:
    """Put what the doctor says in lines."""
    lines = [_line(each) for each in health["stores"]]
    if health["restored"]:
        lines.insert(0, f"The database was damaged; '{health['restored']}' was restored.")
    lines += [f"Put aside: {each}" for each in health["quarantined"]]
    return lines


def _line(store: dict[str, Any]) -> str:
    if store["state"] == "whole":
        return f"{store['store']}: whole"
    wrong = f"{store['missing']} missing, {store['orphaned']} too many"
    return f"{store['store']}: {store['state']}; {store['problem'] or wrong}"


def _is_damaged(settings: Settings) -> bool:
    file = settings.database_file
    return bool(complaints(file)) if file.exists() else is_sealed(file)


def _exchange(settings: Settings) -> str:
    """Restore the newest backup that is whole; raises NotFound, AlreadyRunning."""
    lock = FileLock(settings.lock_file)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise AlreadyRunning(
            "The database is damaged, and Outpost is running on it.",
            advice="Close Outpost first, then repeat this.",
        ) from None
    with lock:
        name = newest_usable(settings)
        if name is None:
            raise NotFound("backup that is whole in", str(settings.backup_dir))
        settings.restore_file.write_text(name, "utf-8")
        restore_wished(settings)
    return name
