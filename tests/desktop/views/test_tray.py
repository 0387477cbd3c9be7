"""The tray: what it offers, when it is shown, and when it keeps quiet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtWidgets import QSystemTrayIcon, QWidget

from core.records import Deployment, DeploymentState
from desktop.viewmodels.base import Desk
from desktop.viewmodels.lock import LockViewModel
from desktop.viewmodels.notices import Notice
from desktop.viewmodels.running import RunningViewModel
from desktop.viewmodels.settings import SettingsViewModel
from desktop.views.tray import Tray
from tests.desktop.conftest import Play, make_agent, until


class Seen:
    """What the desktop was asked to show."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch):
        self.messages: list[str] = []
        self.alerts: list[QWidget] = []
        monkeypatch.setattr(
            QSystemTrayIcon, "showMessage", lambda _, title, *__: self.messages.append(title)
        )
        monkeypatch.setattr(
            "desktop.views.tray.QApplication.alert", lambda window: self.alerts.append(window)
        )


@pytest.fixture
def tray(desk: Desk, qapp: object) -> Iterator[Tray]:
    window = QWidget()
    running, settings = RunningViewModel(desk, window), SettingsViewModel(desk, window)
    made = Tray(window, running, settings, LockViewModel(desk, window))
    yield made
    made.close()
    window.deleteLater()


async def store(within: Tray, **changes: object) -> None:
    """Change settings, to the very end: the window may go after it."""
    stored: list[bool] = []
    within._settings.stored.connect(stored.append)
    within._settings.store(**changes)
    await until(lambda: stored)


def entries(tray: Tray) -> list[str]:
    return [action.text() for action in tray.menu.actions() if action.text()]


def test_it_opens_stops_and_quits(tray: Tray, desk: Desk, play: Play[Any]) -> None:
    """Its menu names each agent that runs; without one it says so."""
    wished: list[str] = []
    tray.open_wanted.connect(lambda: wished.append("open"))
    tray.quit_wanted.connect(lambda: wished.append("quit"))
    assert entries(tray) == ["Open Outpost", "No agent is deployed", "Quit"]
    agent = replace(make_agent(desk, "Writer"), deployment=Deployment(DeploymentState.DEPLOYED))
    tray._running.agents = [agent]
    tray._running.changed.emit()
    assert entries(tray) == ["Open Outpost", "Stop Writer", "Quit"]
    assert "1 agent deployed" in tray.icon.toolTip()
    for action in tray.menu.actions():
        if action.text() in ("Open Outpost", "Quit"):
            action.trigger()
    assert wished == ["open", "quit"]


def test_it_hides_where_there_is_no_tray_or_none_is_wanted(
    tray: Tray, desk: Desk, play: Play[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """This platform has none; where there is one, the setting decides."""
    assert not tray.icon.isVisible()
    shown: list[bool] = []
    monkeypatch.setattr(QSystemTrayIcon, "isSystemTrayAvailable", lambda: True)
    monkeypatch.setattr(tray.icon, "setVisible", shown.append)
    tray._show()

    async def story() -> None:
        await store(tray, tray=False)

    play(story())
    assert shown == [True, False]


def test_it_tells_of_an_end_only_where_nobody_looks(
    tray: Tray, desk: Desk, play: Play[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not while the window is active, not where it is switched off; without a tray it asks."""
    seen = Seen(monkeypatch)
    tray.notify(Notice("The documents have been read"))
    assert (seen.messages, len(seen.alerts)) == ([], 1)
    monkeypatch.setattr(QSystemTrayIcon, "isVisible", lambda _: True)
    monkeypatch.setattr(QSystemTrayIcon, "supportsMessages", lambda: True)
    tray.notify(Notice("The documents have been read"))
    assert seen.messages == ["The documents have been read"]
    monkeypatch.setattr(tray._window, "isActiveWindow", lambda: True)
    tray.notify(Notice("Not this one"))
    monkeypatch.setattr(tray._window, "isActiveWindow", lambda: False)

    async def story() -> None:
        await store(tray, notifications=False)

    play(story())
    tray.notify(Notice("Nor this one"))
    assert (len(seen.messages), len(seen.alerts)) == (1, 1)
