"""The guard against Qt's events within a task bites."""

from __future__ import annotations

import asyncio

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desktop.bridge import run_loop
from tests.desktop.conftest import one_task_at_a_time


def test_waiting_within_a_task_is_refused(qapp: QApplication) -> None:
    """What another callback does within a task's step is told with the task's name."""
    ran: list[str] = []

    async def story() -> int:
        asyncio.current_task().set_name("story")  # type: ignore[union-attr]
        asyncio.get_event_loop().call_soon(ran.append, "within")
        QTest.qWait(20)
        return 0

    with pytest.raises(AssertionError, match="story"), one_task_at_a_time():
        run_loop(qapp, story)
    assert ran == ["within"]
