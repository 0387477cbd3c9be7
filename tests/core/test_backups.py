"""Backups: daily ones come and go by themselves, and a restore loses nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.app import Core, build
from core.backups import DAYS, WEEKS, superfluous
from core.config import Settings
from core.errors import NotFound, StorageFailed
from core.records import Backup, UserId


@pytest.fixture
def owner_id(core: Core) -> UserId:
    return core.users.owner().id


@pytest.fixture
def reopened(core: Core, settings: Settings) -> Iterator[Core]:
    """The core of the next start, opened when it is asked for."""
    made: list[Core] = []

    class _Reopened:
        def __getattr__(self, name: str) -> object:
            if not made:
                core.close()
                made.append(build(settings))
            return getattr(made[0], name)

    yield _Reopened()  # type: ignore[misc]
    for each in made:
        each.close()


def test_a_restore_brings_back_what_was_and_sets_aside_what_is(
    core: Core, reopened: Core, settings: Settings, owner_id: UserId
) -> None:
    """The next start has the backup's collections; the state before it is kept in a folder."""
    core.collections.create(owner_id, "Before")
    backup = core.backups.make()
    core.collections.create(owner_id, "After")
    assert core.backups.restore(backup.name).collections == 1
    assert core.backups.wished == backup.name
    assert [each.name for each in reopened.collections.list(owner_id)] == ["Before"]
    assert reopened.backups.wished is None
    (aside,) = settings.backup_dir.glob("before-restore-*")
    assert (aside / "outpost.sqlite").exists()


def test_a_restore_that_was_cut_short_goes_on(
    core: Core, reopened: Core, settings: Settings, owner_id: UserId
) -> None:
    """Killed after the present database was moved away, the next start completes the restore."""
    core.collections.create(owner_id, "Before")
    core.backups.restore(core.backups.make().name)
    core.close()
    settings.database_file.unlink()
    assert [each.name for each in reopened.collections.list(owner_id)] == ["Before"]


def test_a_damaged_backup_is_refused_and_the_present_stays(
    core: Core, reopened: Core, settings: Settings, owner_id: UserId
) -> None:
    """Damaged after it was chosen, a backup leaves everything as it is, and the start says so."""
    name = core.backups.make().name
    core.collections.create(owner_id, "After")
    core.backups.restore(name)
    (settings.backup_dir / name).write_bytes(b"damaged")
    with pytest.raises(StorageFailed):
        core.backups.look(name)
    assert [each.name for each in reopened.collections.list(owner_id)] == ["After"]
    with pytest.raises(StorageFailed, match="was not restored"):
        reopened._tell_restored()
    assert reopened.backups.wished is None


def test_a_newer_backup_is_refused_when_it_is_chosen(core: Core, settings: Settings) -> None:
    """A schema that this version does not know would leave Outpost unable to start."""
    import sqlite3
    from contextlib import closing

    name = core.backups.make().name
    path = settings.backup_dir / name
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    path.with_name(f"{name}.sha256").unlink()
    with pytest.raises(StorageFailed, match="newer"):
        core.backups.restore(name)
    assert core.backups.wished is None


def test_a_wish_can_be_taken_back(core: Core, reopened: Core, owner_id: UserId) -> None:
    """Until the next start a restore can be called off; deleting its backup does that too."""
    name = core.backups.make().name
    core.collections.create(owner_id, "After")
    core.backups.restore(name)
    core.backups.keep_present(name)
    with pytest.raises(NotFound):
        core.backups.keep_present(name)
    core.backups.restore(name)
    core.backups.delete(name)
    assert [each.name for each in reopened.collections.list(owner_id)] == ["After"]


@pytest.mark.parametrize("name", ["", "../outpost.sqlite", "outpost-1.sqlite", "runtime.json"])
def test_only_backups_can_be_named(core: Core, name: str) -> None:
    """A name cannot reach another file."""
    for action in (core.backups.look, core.backups.delete, core.backups.restore):
        with pytest.raises(NotFound):
            action(name)


def test_an_automatic_backup_is_made_once_a_day(core: Core, settings: Settings) -> None:
    """The first is made at once, the next a day later; what is kept by hand does not count."""
    core.backups.make()
    first = core.backups.make_due()
    assert first is not None
    assert first.automatic
    assert core.backups.make_due() is None
    old = settings.backup_dir / first.name
    yesterday = (first.created_at - timedelta(days=1, minutes=1)).strftime("%Y%m%d-%H%M%S")
    old.rename(settings.backup_dir / f"outpost-{yesterday}-auto.sqlite")
    assert core.backups.make_due() is not None


def test_a_week_of_days_and_a_month_of_weeks_are_kept() -> None:
    """Of a hundred days' automatic backups the newest days and weeks stay; no other is touched."""
    start = datetime(2026, 11, 22, 12, tzinfo=UTC)
    backups = [_made(start - timedelta(days=day)) for day in range(100)]
    by_hand = _made(start - timedelta(days=50), automatic=False)
    gone = set(superfluous([*backups, by_hand]))
    kept = [each for each in backups if each.name not in gone]
    assert kept[:DAYS] == backups[:DAYS]
    assert len(kept) == DAYS + WEEKS
    assert by_hand.name not in gone
    weeks = [each.created_at.isocalendar()[:2] for each in kept[DAYS:]]
    assert len(set(weeks)) == WEEKS
    assert superfluous(kept) == []


def _made(at: datetime, *, automatic: bool = True) -> Backup:
    end = "-auto" if automatic else ""
    return Backup(f"outpost-{at.strftime('%Y%m%d-%H%M%S')}{end}.sqlite", at, 1, automatic)


def test_other_files_in_the_folder_are_no_backups(core: Core, settings: Settings) -> None:
    """What lies there under another name is neither listed nor deleted."""
    made = core.backups.make()
    other = Path(settings.backup_dir / "outpost-holiday.sqlite")
    other.write_bytes(b"")
    assert core.backups.list() == [made]
