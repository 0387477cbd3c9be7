"""The reserve: it takes real room, is given up once, and comes back when there is room."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from core import reserve
from core.reserve import RESERVE_BYTES, Reserve

pytestmark = pytest.mark.allow_log("is full")


@pytest.fixture(autouse=True)
def free(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A disk whose free room a test decides; one looks at it often."""
    room = SimpleNamespace(free=1 << 40)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: room)
    monkeypatch.setattr(reserve, "LOOK_EVERY_S", 0.01)
    return room


@pytest.fixture
def told() -> list[bool]:
    """What was told of the disk: True for full."""
    return []


@pytest.fixture
def kept(tmp_path: Path, told: list[bool]) -> Iterator[Reserve]:
    """A reserve that is there."""
    made = Reserve(tmp_path / "reserve", lambda: told.append(made.is_used_up))
    made.keep()
    yield made
    made.close()


def test_it_takes_room(kept: Reserve, tmp_path: Path) -> None:
    """On the disk, not only in the size of the file."""
    status = (tmp_path / "reserve").stat()
    assert status.st_size == RESERVE_BYTES
    assert status.st_blocks * 512 >= RESERVE_BYTES


def test_it_is_given_up_and_comes_back(
    kept: Reserve, tmp_path: Path, told: list[bool], free: SimpleNamespace
) -> None:
    """Given up once; everybody is told when the disk is full, and when it is not any more."""
    free.free = 0
    assert kept.release()
    assert not kept.release()
    assert told == [True]
    assert not (tmp_path / "reserve").exists()
    free.free = 1 << 40
    watching = [each for each in threading.enumerate() if each.name == "outpost-reserve"]
    watching[0].join(5)
    assert (tmp_path / "reserve").exists()
    assert told == [True, False]


def test_a_start_on_a_full_disk_gives_it_up_at_once(tmp_path: Path, free: SimpleNamespace) -> None:
    """Else the database could not even be opened."""
    (tmp_path / "reserve").write_bytes(bytes(100))
    free.free = 0
    made = Reserve(tmp_path / "reserve")
    assert made.is_used_up
    assert not (tmp_path / "reserve").exists()
    made.close()
