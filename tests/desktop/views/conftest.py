"""What tests of views share: the main window over a real core, with its pages."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from desktop.theme import Theme
from desktop.viewmodels.base import Desk
from desktop.views.pages import Pages
from desktop.views.window import AGENTS, CHAT, COLLECTIONS, MODELS, SETTINGS, MainWindow
from tests.desktop.conftest import Play

ALL = (AGENTS, CHAT, COLLECTIONS, MODELS, SETTINGS)


@pytest.fixture
def window(theme: Theme, desk: Desk, play: Play[Any]) -> Iterator[MainWindow]:
    """The main window, shown and not yet open; closed as the application closes it.

    Not given to qtbot, which would delete it while the bridge still works for it.
    """
    made = MainWindow(theme)
    desk.bridge.failed.connect(made.show_error)
    made.show()
    yield made
    play(desk.bridge.close())
    made.allow_close()
    made.deleteLater()


@pytest.fixture
def pages(window: MainWindow, desk: Desk) -> Pages:
    return Pages(window, desk)


async def open_all(window: MainWindow, pages: Pages) -> None:
    pages.open()
    for page in ALL:
        window.go(page)
        await asyncio.sleep(0.05)
