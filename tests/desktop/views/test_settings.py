"""The Settings page: its sections, each setting with its meaning, and what cannot be undone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from core.records import Health, HealthState, Store, StoreHealth
from desktop.viewmodels.base import Desk
from desktop.viewmodels.offline import OfflineState, Refusal, Socket
from desktop.viewmodels.settings import ApiState
from desktop.views.dialogs import Question
from desktop.views.pages import Pages
from desktop.views.settings import SectionKey, SettingsPage
from desktop.views.settings.about import AboutSection
from desktop.views.settings.api import ApiSection
from desktop.views.settings.audit import AuditSection
from desktop.views.settings.health import HealthSection
from desktop.views.settings.limits import LimitsSection
from desktop.views.settings.log import LogSection
from desktop.views.settings.offline import OfflineSection
from desktop.views.settings.section import Pane
from desktop.views.settings.users import UsersSection
from desktop.views.window import SETTINGS, MainWindow
from tests.desktop.conftest import Play, until
from tests.desktop.views.test_models import press, words

P = TypeVar("P", bound=Pane)


def opened(window: MainWindow, pages: Pages) -> SettingsPage:
    pages.open()
    window.go(SETTINGS)
    page = window.page(SETTINGS)
    assert isinstance(page, SettingsPage)
    return page


def section(page: SettingsPage, key: SectionKey, kind: type[P]) -> P:
    page.open_section(key)
    found = page.section(key)
    assert isinstance(found, kind)
    return found


def names(widget: QWidget) -> list[str]:
    return [each.accessibleName() for each in widget.findChildren(QWidget)]


def sheet(window: MainWindow) -> Question:
    return next(each for each in window.findChildren(Question) if each.isVisible())


def test_the_arrow_keys_go_through_the_sections(
    window: MainWindow, pages: Pages, play: Play[Any]
) -> None:
    """Each is built when it is first reached, and stands on show with its title."""

    async def story() -> list[str]:
        page = opened(window, pages)
        page.list.setFocus()
        seen = []
        for _ in SectionKey:
            shown = page._stack.currentWidget()
            assert shown is not None
            seen.append(words(shown).split("\n")[0])
            QTest.keyClick(page.list, Qt.Key.Key_Down)
        return seen

    seen = play(story())
    assert seen[0] == "Appearance"
    assert seen[-1] == "About"
    assert len(set(seen)) == len(SectionKey)


def test_a_limit_is_stored_and_says_when_it_applies(
    window: MainWindow, pages: Pages, desk: Desk, play: Play[Any]
) -> None:
    """Each limit shows what is stored, and typing another value stores that."""

    async def story() -> None:
        limits = section(opened(window, pages), SectionKey.LIMITS, LimitsSection)
        spin = limits.later["trash_days"]
        assert spin.value() == desk.core.settings.trash_days
        spin.setValue(7)
        spin.editingFinished.emit()
        await until(lambda: desk.core.settings.trash_days == 7)
        await until(window.banners.banners)
        assert "started again" in window.banners.banners()[0].accessibleName()

    play(story())


def test_the_api_is_switched_and_moved(
    window: MainWindow, pages: Pages, desk: Desk, play: Play[Any]
) -> None:
    """The button says what it does; a port in use offers one that is free."""
    wanted: list[tuple[bool, int]] = []
    pages.settings.api_wanted.connect(lambda on, port: wanted.append((on, port)))

    async def story() -> None:
        api = section(opened(window, pages), SectionKey.API, ApiSection)
        pages.settings.set_api(ApiState(url="http://127.0.0.1:8004"))
        assert api.switch.accessibleName() == "Switch off"
        QTest.mouseClick(api.switch, Qt.MouseButton.LeftButton)
        pages.settings.set_api(ApiState(enabled=False))
        assert api.switch.accessibleName() == "Switch on"
        QTest.mouseClick(api.switch, Qt.MouseButton.LeftButton)
        pages.settings.set_api(ApiState(problem="Port 8004 is in use.", free_port=8010))
        assert api.free.isVisibleTo(api)
        QTest.mouseClick(api.free, Qt.MouseButton.LeftButton)
        await until(lambda: desk.core.settings.port == 8010)

    port = desk.core.settings.port
    play(story())
    assert wanted == [(False, port), (True, port), (True, 8010)]


def test_refused_connections_are_told(window: MainWindow, pages: Pages, play: Play[Any]) -> None:
    """None so far reads as none; one names where to and who tried."""

    async def story() -> None:
        offline = section(opened(window, pages), SectionKey.OFFLINE, OfflineSection)
        await until(lambda: "Nothing has tried" in offline.verdict.text())
        at = datetime(2026, 11, 23, tzinfo=UTC)
        refusal = Refusal(at, "192.0.2.1:80", "telemetry.py:3 in send")
        here = Socket("outpost", "127.0.0.1:8004", leaves=False)
        pages.offline.state = OfflineState(True, at, 1, (refusal,), (here,))
        pages.offline.changed.emit()
        assert "1 attempt was refused" in offline.verdict.text()
        names = {each.accessibleName() for each in offline.findChildren(QWidget)}
        assert "192.0.2.1:80" in names
        assert any("telemetry.py:3 in send" in name for name in names)

    play(story())


def test_a_user_is_added_and_removed_by_the_sheet(
    window: MainWindow, pages: Pages, desk: Desk, play: Play[Any]
) -> None:
    """Two equal passwords of enough letters are asked for; removing is asked about first."""

    async def story() -> None:
        users = section(opened(window, pages), SectionKey.USERS, UsersSection)
        await until(lambda: pages.users.users)
        asked = users.ask_user()
        QTest.keyClicks(asked.name, "Ada")
        QTest.keyClicks(asked.password, "long enough")
        QTest.keyClicks(asked.repeated, "long")
        assert not asked._go.isEnabled()
        assert "not the same" in words(asked)
        QTest.keyClicks(asked.repeated, " enough")
        QTest.keyClick(asked.repeated, Qt.Key.Key_Return)
        await until(lambda: len(pages.users.users) == 2)
        await press(users, "Remove Ada")
        assert "deleted for good" in words(sheet(window))
        await press(sheet(window), "Remove user")
        await until(lambda: len(pages.users.users) == 1)

    play(story())
    assert [each.is_owner for each in desk.core.users.list()] == [True]


def test_a_backup_is_restored_only_after_it_was_looked_into(
    window: MainWindow, pages: Pages, desk: Desk, play: Play[Any]
) -> None:
    """The sheet tells what is in it; the page says what the next start does, with a way back."""
    backup = desk.core.backups.make()

    async def story() -> None:
        page = opened(window, pages)
        page.open_section(SectionKey.BACKUPS)
        await until(lambda: pages.backups.backups)
        pages.backups.look(backup)
        await until(lambda: any(each.isVisible() for each in window.findChildren(Question)))
        assert "0 conversations" in words(sheet(window))
        await press(sheet(window), "Restore at the next start")
        await until(lambda: desk.core.backups.wished == backup.name)
        await press(page, "Keep the present data")
        await until(lambda: desk.core.backups.wished is None)

    play(story())


def test_storage_log_audit_and_licences_are_there(
    window: MainWindow, pages: Pages, desk: Desk, play: Play[Any]
) -> None:
    """Each section fetches what it shows when it is opened."""

    async def story() -> None:
        page = opened(window, pages)
        page.open_section(SectionKey.STORAGE)
        await until(lambda: "free on the disk" in words(page))
        log = section(page, SectionKey.LOG, LogSection)
        await until(log.text.toPlainText)
        audit = section(page, SectionKey.AUDIT, AuditSection)
        await until(lambda: audit.table.rowCount() == len(desk.core.audit.newest()))
        await press(audit, "Verify")
        await until(lambda: "Whole" in audit.verdict.text())
        about = section(page, SectionKey.ABOUT, AboutSection)
        pages.installation.find_licences()
        await until(lambda: pages.installation.licences)
        shown = about.show_licences()
        shown.search.setText("pyside6_ess")
        shown.search.searched.emit("pyside6_ess")
        assert shown.list.count() == 1
        shown.reject()

    play(story())


def test_health_tells_the_stores_and_follows_a_repair(
    window: MainWindow, pages: Pages, desk: Desk, play: Play[Any]
) -> None:
    """A fresh database is whole; an index that lacks something can be put right by a button."""

    async def story() -> None:
        health = section(opened(window, pages), SectionKey.HEALTH, HealthSection)
        await until(lambda: pages.health.health)
        assert "SQLite has checked the whole file." in "\n".join(names(health))
        assert health.repair.isHidden()
        await until(lambda: all(each in words(health) for each in ("Start", "Audit log", "Disk")))
        await until(lambda: "This machine" in words(health), 60)
        words_index = StoreHealth(Store.KEYWORDS, HealthState.INCOMPLETE, 10, missing=2)
        pages.health.health = Health((words_index,), repairing=False, pending=0, quarantined=())
        pages.health.changed.emit()
        assert "10 chunks · 2 missing" in "\n".join(names(health))
        assert "Nothing is lost" in health.verdict.text()
        await press(health, "Repair")
        await until(lambda: desk.core.doctor.examine().repairing)

    play(story())
