"""Notices above the page: passing ones make room for each other, lasting ones stay."""

from __future__ import annotations

from typing import Any

from core.changes import Topic
from core.records import Health
from desktop.viewmodels.base import Desk
from desktop.viewmodels.notices import Notice
from desktop.views.banners import MOST
from desktop.views.pages import Pages
from desktop.views.window import MainWindow
from tests.desktop.conftest import Play, until
from tests.desktop.views.test_models import press


def names(window: MainWindow) -> list[str]:
    return [banner.notice.title for banner in window.banners.banners()]


def test_a_full_disk_is_told_until_there_is_room(
    window: MainWindow, pages: Pages, desk: Desk, play: Play[Any]
) -> None:
    """It stands above everything, leads to the storage, and goes by itself."""

    async def story() -> None:
        pages.open()
        desk.core.reserve._full = True  # as after a write that failed; filling a disk is slow
        desk.core.changes.announce(Topic.STORAGE)
        await until(lambda: names(window) == ["The disk is full"])
        for number in range(MOST + 1):
            window.tell(Notice(f"Another {number}"))
        assert names(window)[0] == "The disk is full"
        assert len(names(window)) == MOST + 1
        await press(window.banners, "Show storage")
        assert pages.settings is not None
        desk.core.reserve._full = False
        desk.core.changes.announce(Topic.STORAGE)
        await until(lambda: "The disk is full" not in names(window))

    play(story())


def test_a_repair_is_told_while_it_lasts(window: MainWindow, pages: Pages, play: Play[Any]) -> None:
    """Once, however often it is looked at."""

    async def story() -> None:
        pages.open()
        for repairing in (True, True, False):
            pages.health.health = Health((), repairing, 0, ())
            pages.health.changed.emit()
            assert names(window).count("The search indexes are being put right") == repairing

    play(story())
