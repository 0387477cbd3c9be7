"""The Settings page: limits with their meaning, the API's switch, and what was refused."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from desktop.viewmodels.base import Desk
from desktop.viewmodels.settings import ApiState
from desktop.views.pages import Pages
from desktop.views.settings import SettingsPage
from desktop.views.window import SETTINGS, MainWindow
from tests.desktop.conftest import Play, until


def opened(window: MainWindow, pages: Pages) -> SettingsPage:
    pages.open()
    window.go(SETTINGS)
    page = window.page(SETTINGS)
    assert isinstance(page, SettingsPage)
    return page


def test_a_limit_is_stored_and_says_when_it_applies(
    window: MainWindow, pages: Pages, desk: Desk, play: Play[Any]
) -> None:
    """Each limit shows what is stored, and typing another value stores that."""

    async def story() -> None:
        page = opened(window, pages)
        spin = page._more_limits["trash_days"]
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
        page = opened(window, pages)
        pages.settings.set_api(ApiState(url="http://127.0.0.1:8004"))
        assert page._api_switch.accessibleName() == "Switch off"
        QTest.mouseClick(page._api_switch, Qt.MouseButton.LeftButton)
        pages.settings.set_api(ApiState(enabled=False))
        assert page._api_switch.accessibleName() == "Switch on"
        QTest.mouseClick(page._api_switch, Qt.MouseButton.LeftButton)
        pages.settings.set_api(ApiState(problem="Port 8004 is in use.", free_port=8010))
        assert page._api_free.isVisibleTo(page)
        QTest.mouseClick(page._api_free, Qt.MouseButton.LeftButton)
        await until(lambda: desk.core.settings.port == 8010)

    port = desk.core.settings.port
    play(story())
    assert wanted == [(False, port), (True, port), (True, 8010)]


def test_refused_connections_are_told(window: MainWindow, pages: Pages, play: Play[Any]) -> None:
    """None so far reads as none; one names where to and who tried."""

    async def story() -> None:
        page = opened(window, pages)
        await until(lambda: "Nothing has tried" in page._refused.text())
        pages.settings.refused = [("192.0.2.1:80", "telemetry.py:3 in send")]
        pages.settings.changed.emit()
        assert "1 attempt" in page._refused.text()
        assert "192.0.2.1:80, by telemetry.py:3 in send" in page._refused.text()

    play(story())
