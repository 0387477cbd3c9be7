"""The locked window: nothing of what is behind it is seen, heard or reached."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QSystemTrayIcon, QWidget

from core.records import Deployment, DeploymentState
from desktop.viewmodels.base import Desk
from desktop.viewmodels.notices import Notice
from desktop.views.collections import CollectionsPage
from desktop.views.dialogs import Question, ask_text
from desktop.views.idle import Idle
from desktop.views.pages import Pages
from desktop.views.settings import SectionKey
from desktop.views.settings.lock import LockSection, PassphraseSheet
from desktop.views.window import AGENTS, CHAT, COLLECTIONS, SETTINGS, MainWindow
from tests.desktop.conftest import Play, make_agent, until
from tests.desktop.views.test_models import press
from tests.desktop.views.test_tray import Seen, entries

PASSPHRASE = "correct horse"
SECRET = "Zanzibar"


@pytest.fixture
def secretive(desk: Desk) -> Desk:
    """A desk with a passphrase, and a name that nobody may see."""
    make_agent(desk, SECRET)
    desk.core.collections.create(desk.owner.id, SECRET)
    desk.core.window_lock.set(PASSPHRASE)
    return desk


def seen(window: MainWindow) -> str:
    """All words that are on show in the window and in the sheets over it."""
    return " ".join(_words(window))


def _words(window: QWidget) -> Iterator[str]:
    for each in window.findChildren(QWidget):
        if each.isVisible():
            yield each.accessibleName()
            yield each.windowTitle()
            if isinstance(each, (QLabel, QLineEdit)):
                yield each.text()


async def furnish(window: MainWindow, pages: Pages) -> None:
    pages.open()
    window.activateWindow()
    pages.lock.reload()
    await until(lambda: pages.agents.agents and pages.lock.is_set)


def type_in(pages: Pages, text: str) -> None:
    QTest.keyClicks(pages.locking.screen.field, text)
    QTest.keyClick(pages.locking.screen.field, Qt.Key.Key_Return)


def reaches(window: MainWindow, event: QEvent) -> bool:
    """Send input as the window system does; QTest would run other tasks within this one."""
    handle = window.windowHandle()
    return handle is not None and QCoreApplication.sendEvent(handle, event)


def test_nothing_is_seen_and_no_key_reaches_what_is_behind(
    window: MainWindow, pages: Pages, secretive: Desk, play: Play[Any]
) -> None:
    """Ctrl+L locks; then names, sheets and shortcuts are gone, and the field has the focus.

    A wrong passphrase is told, the right one brings everything back, a half-typed sheet included.
    """

    async def story() -> None:
        await furnish(window, pages)
        window.go(COLLECTIONS)
        page = window.page(COLLECTIONS)
        assert isinstance(page, CollectionsPage)
        await until(lambda: SECRET in seen(window))
        sheet = ask_text(window, window.look, f"Rename {SECRET}", "", "Go", lambda _: None, "Zan")
        QTest.keySequence(sheet, QKeySequence("Ctrl+L"))  # not while one is asked something
        sheet_field = sheet.findChild(QLineEdit)
        pages.lock_window()
        assert window.is_covered
        assert not sheet.isVisible()
        assert SECRET not in seen(window)
        assert "Zan" not in seen(window)
        assert window.windowTitle() == "Outpost"
        field = pages.locking.screen.field
        await until(field.hasFocus)
        for keys in ("Ctrl+K", "Ctrl+1", "Ctrl+N", "F1", "Ctrl+L"):
            QTest.keySequence(window, QKeySequence(keys))
        await asyncio.sleep(0.05)
        assert not [each for each in window.findChildren(Question) if each.isVisible()]
        assert window.page(COLLECTIONS) is window._stack.currentWidget()
        late = ask_text(window, window.look, SECRET, "", "Go", lambda _: None)
        await until(lambda: not late.isVisible())
        type_in(pages, "wrong one")
        await until(lambda: "wrong" in pages.locking.screen.problem.text())
        assert (field.text(), window.is_covered) == ("", True)
        type_in(pages, PASSPHRASE)
        await until(lambda: not window.is_covered)
        assert sheet.isVisible()
        assert sheet.isModal()
        assert sheet_field is not None
        assert sheet_field.text() == "Zan"
        assert late.isVisible()
        sheet.reject()
        late.reject()
        window.activateWindow()
        await until(window.isActiveWindow)
        QTest.keySequence(window, QKeySequence("Ctrl+1"))
        await until(lambda: window.page(AGENTS) is window._stack.currentWidget())

    play(story())


def test_a_window_that_starts_locked_shows_nothing_at_all(
    window: MainWindow, pages: Pages, secretive: Desk, play: Play[Any]
) -> None:
    """No page is seen before the passphrase; then the first page is there, with the focus."""
    opened: list[str] = []

    async def story() -> None:
        await pages.lock.begin()
        pages.open(CHAT)
        pages.locking.when_open(lambda: opened.append("file"))
        window.activateWindow()
        assert window.is_covered
        await until(pages.locking.screen.field.hasFocus)
        await until(lambda: pages.agents.agents)
        QTest.keySequence(window, QKeySequence("Ctrl+K"))
        await asyncio.sleep(0.05)
        assert not window.findChildren(Question)
        assert SECRET not in seen(window)
        assert opened == []
        type_in(pages, PASSPHRASE)
        await until(lambda: not window.is_covered)
        assert opened == ["file"]
        assert window.page(CHAT).isAncestorOf(window.focusWidget())

    play(story())


def test_the_tray_names_nobody_while_it_is_locked(
    window: MainWindow,
    pages: Pages,
    secretive: Desk,
    play: Play[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Menu, tip and notifications have no names; before, the menu offers to lock."""
    shown = Seen(monkeypatch)
    monkeypatch.setattr(QSystemTrayIcon, "isVisible", lambda _: True)
    monkeypatch.setattr(QSystemTrayIcon, "supportsMessages", lambda: True)

    async def story() -> None:
        await furnish(window, pages)
        await until(lambda: "Lock the window" in entries(pages.tray))
        (agent,) = pages.agents.agents
        pages.running.agents = [replace(agent, deployment=Deployment(DeploymentState.DEPLOYED))]
        pages.running.changed.emit()
        assert f"Stop {SECRET}" in entries(pages.tray)
        monkeypatch.setattr(window, "isActiveWindow", lambda: False)
        pages.lock.lock()
        assert entries(pages.tray) == ["Open Outpost", "Quit"]
        assert pages.tray.icon.toolTip() == "Outpost"
        pages.endings.ended.emit(Notice(f"The study “{SECRET}” is ready", SECRET))
        assert shown.messages == ["Outpost"]

    play(story())


def test_it_locks_itself_after_some_minutes_without_input(
    window: MainWindow,
    pages: Pages,
    secretive: Desk,
    play: Play[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not without the setting, not while somebody types or moves the mouse, and not before."""
    now = [1000.0]
    monkeypatch.setattr("desktop.views.idle.time", lambda: now[0])
    idle: Idle = pages.locking.idle
    nothing = Qt.KeyboardModifier.NoModifier
    key = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Shift, nothing)
    button, place = Qt.MouseButton.NoButton, QPointF(30, 40)
    mouse = QMouseEvent(QEvent.Type.MouseMove, place, place, button, button, nothing)

    def pass_by(minutes: float) -> bool:
        now[0] += 60 * minutes
        idle.look()
        return pages.lock.locked

    async def story() -> None:
        await furnish(window, pages)
        stored: list[bool] = []
        pages.settings.stored.connect(stored.append)
        assert not idle._timer.isActive()
        pages.settings.store(lock_after_min=10)
        await until(lambda: stored)
        assert idle._timer.isActive()
        assert not pass_by(9)
        assert reaches(window, key)
        assert not pass_by(9)
        assert reaches(window, mouse)
        assert not pass_by(9)
        assert not pass_by(-60)  # somebody has set the clock
        assert not pass_by(9)
        assert pass_by(2)
        pages.lock.unlock(PASSPHRASE)
        await until(lambda: not pages.lock.locked)
        assert not pass_by(9)
        pages.settings.store(lock_after_min=0)
        await until(lambda: len(stored) == 2)
        assert not idle._timer.isActive()

    play(story())


def test_the_passphrase_is_set_changed_and_removed_in_the_settings(
    window: MainWindow, pages: Pages, desk: Desk, play: Play[Any]
) -> None:
    """By keys alone; the section says that nothing is encrypted, and what helps who forgets."""

    def actions() -> list[str]:
        return [event.action for event in desk.core.audit.newest(2)]

    def fill(*texts: str) -> None:
        (sheet,) = (each for each in window.findChildren(PassphraseSheet) if each.isVisible())
        fields = [each for each in sheet.findChildren(QLineEdit) if each.isVisible()]
        for field, text in zip(fields, texts, strict=True):
            field.setFocus()
            QTest.keyClicks(field, text)
        QTest.keyClick(fields[-1], Qt.Key.Key_Return)
        assert not sheet.isVisible()

    async def story() -> None:
        pages.open()
        window.activateWindow()
        await until(lambda: window._stack.currentWidget() is window.page(AGENTS))
        QTest.keySequence(window, QKeySequence("Ctrl+L"))  # there is nothing to lock with yet
        section = pages.show_settings(SectionKey.LOCK)
        assert isinstance(section, LockSection)
        assert window._stack.currentWidget() is window.page(SETTINGS)
        assert "encrypts nothing" in seen(window)
        assert "outpost lock remove" in seen(window)
        await press(section, "Set passphrase…")
        fill("correct horse", "correct horse")
        await until(lambda: pages.lock.is_set)
        await press(section, "Change…")
        fill("correct horse", "battery staple", "battery staple")
        await until(lambda: actions() == ["window_lock.set"] * 2)
        desk.core.window_lock.check("battery staple")
        await press(section, "Remove…")
        fill("battery staple")
        await until(lambda: not pages.lock.is_set)
        await until(lambda: "No passphrase is set" in seen(window))

    play(story())
