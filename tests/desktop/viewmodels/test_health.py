"""What the doctor finds beside the stores, as the Health section tells it."""

from __future__ import annotations

from typing import Any

import pytest

from desktop.viewmodels.base import Desk
from desktop.viewmodels.health import HealthViewModel
from tests.desktop.conftest import Play, until


def test_start_log_and_disk_are_looked_at(desk: Desk, play: Play[Any]) -> None:
    """All is well in a fresh data folder, and the log's entries are counted."""
    desk.core.collections.create(desk.owner.id, "Manuals")
    model = HealthViewModel(desk, desk.bridge)

    async def story() -> None:
        model.reload()
        await until(lambda: model.findings and not model.looking)

    play(story())
    assert [each.name for each in model.findings] == ["Start", "Audit log", "Disk"]
    assert model.findings[1].words == "2 entries, none altered."
    assert model.findings[2].words.endswith(" free")
    assert {each.tone for each in model.findings[:2]} == {"success"}


@pytest.mark.parametrize("free", [1 << 20, 1 << 40])
def test_little_room_and_an_altered_log_are_told(
    desk: Desk, play: Play[Any], monkeypatch: pytest.MonkeyPatch, free: int
) -> None:
    """An entry changed behind Outpost's back is named; so is a disk that is nearly full."""
    desk.core.collections.create(desk.owner.id, "Manuals")
    tamper = "UPDATE audit_event SET action = 'nothing.happened'"
    desk.core._database.write(lambda connection: connection.exec_driver_sql(tamper).close())
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": free}))
    model = HealthViewModel(desk, desk.bridge)

    async def story() -> None:
        model.reload()
        await until(lambda: model.findings and not model.looking)

    play(story())
    _, log, disk = model.findings
    assert (log.tone, disk.tone) == ("danger", "warning" if free < 1 << 30 else "success")
    assert "entry 1" in log.words
