"""Users, backups, storage, log, licences and the audit log as the Settings page sees them."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from core.passwords import MIN_LENGTH
from core.records import AuditVerdict, Backup, BackupContents, PlaceKind
from desktop.viewmodels.audit import AT_ONCE, AuditViewModel
from desktop.viewmodels.backups import BackupsViewModel, contents_words
from desktop.viewmodels.base import Desk
from desktop.viewmodels.installation import (
    InstallationViewModel,
    place_meaning,
    place_name,
    serious,
)
from desktop.viewmodels.users import (
    PASSWORD_LENGTH,
    UsersViewModel,
    password_problem,
    user_problem,
)
from tests.desktop.conftest import Play, until


def test_users_come_change_and_go(desk: Desk, play: Play[Any]) -> None:
    """The list follows each wish by itself, and also what others write."""
    model = UsersViewModel(desk, desk.bridge)

    async def story() -> None:
        model.reload()
        await until(lambda: [each.is_owner for each in model.users] == [True])
        model.add("Ada", None)
        await until(lambda: len(model.users) == 2)
        ada = model.users[1]
        assert not ada.has_password
        model.set_password(ada.id, "correct horse")
        await until(lambda: model.users[1].has_password)
        await desk.bridge.run(desk.core.users.add, "Boole")
        await until(lambda: len(model.users) == 3)
        model.remove(ada.id)
        await until(lambda: [each.name for each in model.users[1:]] == ["Boole"])

    play(story())


def test_a_password_is_judged_while_it_is_typed() -> None:
    """Too short, not repeated, or a name that is taken; the length is the core's."""
    assert PASSWORD_LENGTH == MIN_LENGTH
    assert "at least 8" in password_problem("short", "short")
    assert "not the same" in password_problem("long enough", "long enougj")
    assert password_problem("long enough", "long enough") == password_problem("", "") == ""
    assert user_problem(" ADA ", ["ada"])
    assert not user_problem("Ada", ["boole"])


def test_a_backup_is_made_looked_into_wished_for_and_deleted(desk: Desk, play: Play[Any]) -> None:
    """Each step shows in the list; a restore waits for the next start and can be taken back."""
    model = BackupsViewModel(desk, desk.bridge)
    looked: list[tuple[Backup, BackupContents]] = []
    model.looked_into.connect(lambda backup, found: looked.append((backup, found)))
    desk.core.collections.create(desk.owner.id, "Manuals")

    async def story() -> None:
        model.make()
        assert model.making
        model.make()
        await until(lambda: model.backups and not model.making)
        (backup,) = model.backups
        model.look(backup)
        await until(lambda: looked)
        model.restore(backup.name)
        await until(lambda: model.wished == backup.name)
        model.keep_present()
        await until(lambda: model.wished is None)
        model.delete(backup.name)
        await until(lambda: model.backups == [])

    play(story())
    assert "1 collection" in contents_words(looked[0][1])


def test_every_place_is_measured_and_explained(desk: Desk, play: Play[Any]) -> None:
    """Each has a name and a meaning; the database takes room from the start."""
    model = InstallationViewModel(desk, desk.bridge)

    async def story() -> None:
        model.measure()
        await until(lambda: model.storage.places)

    play(story())
    sizes = {each.kind: each.size_bytes for each in model.storage.places}
    assert set(sizes) == set(PlaceKind)
    assert sizes[PlaceKind.DATABASE] > 10_000
    assert model.storage.free_bytes > 0
    assert all(place_name(kind) and place_meaning(kind) for kind in PlaceKind)


@pytest.mark.allow_log("outpost.test:WARNING")
def test_the_log_is_read_and_narrowed(desk: Desk, play: Play[Any]) -> None:
    """What was logged stands at its end; a trace stays with its error."""
    model = InstallationViewModel(desk, desk.bridge)
    logging.getLogger("outpost.test").warning("the disk is slow")

    async def story() -> None:
        model.read_log()
        await until(lambda: model.log)

    play(story())
    assert model.log[-1].endswith("WARNING outpost.test: the disk is slow")
    lines = ["2026-11-23 04:00:00,1 INFO a: fine", "2026-11-23 04:00:01,2 ERROR b: bad", "  trace"]
    assert serious(lines) == lines[1:]


def test_every_part_tells_its_licence(desk: Desk, play: Play[Any]) -> None:
    """Qt and llama.cpp's binding are among the parts, with words and text of their licences."""
    model = InstallationViewModel(desk, desk.bridge)

    async def story() -> None:
        model.find_licences()
        await until(lambda: model.licences)

    play(story())
    found = {each.name.casefold(): each for each in model.licences}
    assert "LGPL" in found["pyside6_essentials"].licence
    assert "MIT License" in found["llama_cpp_python"].text


def test_the_audit_log_is_read_in_pieces_and_verified(desk: Desk, play: Play[Any]) -> None:
    """The newest entries come first, older ones on request; the chain is whole."""
    model = AuditViewModel(desk, desk.bridge)
    verdicts: list[AuditVerdict] = []
    model.verified.connect(verdicts.append)
    for number in range(AT_ONCE + 5):
        desk.core.audit.note("test.note", f"thing {number}", desk.owner.id)

    async def story() -> None:
        model.reload()
        await until(lambda: len(model.events) == AT_ONCE)
        assert model.events[0].subject == f"thing {AT_ONCE + 4}"
        assert model.who(model.events[0]) == desk.owner.name
        assert model.has_more
        model.older()
        await until(lambda: not model.has_more)
        model.verify()
        await until(lambda: verdicts)

    play(story())
    assert verdicts[0].whole
    assert verdicts[0].entries == len(model.events)


def test_who_manages_users_in_the_window_is_their_owner(desk: Desk, play: Play[Any]) -> None:
    """The audit log names who acted, not who was added."""

    async def story() -> None:
        ada = await desk.bridge.run(desk.core.users.add, "Ada")
        await desk.bridge.run(desk.core.users.set_password, ada.id, "correct horse")

    play(story())
    newest = desk.core.audit.newest(2)
    assert [each.action for each in newest] == ["user.password", "user.add"]
    assert {each.user_id for each in newest} == {desk.owner.id}
