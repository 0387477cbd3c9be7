"""Seals: they hold for what was not touched, and for nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from core import seals


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with some files."""
    made = tmp_path / "place"
    (made / "below").mkdir(parents=True)
    (made / "one").write_bytes(b"1" * 5000)
    (made / "below" / "two").write_bytes(b"22")
    return made


def test_what_was_not_touched_is_as_it_was(place: Path) -> None:
    """The seal of a folder and that of a file hold until they are broken."""
    for each in (place, place / "one"):
        assert not seals.is_sealed(each)
        assert seals.seal(each)
        assert seals.holds(each)
        seals.break_seal(each)
        assert not seals.holds(each)


@pytest.mark.parametrize(
    "change",
    [
        lambda place: (place / "one").write_bytes(b"1" * 4999 + b"0"),
        lambda place: (place / "one").write_bytes(b"1" * 4999),
        lambda place: (place / "three").write_bytes(b"3"),
        lambda place: (place / "below" / "two").unlink(),
        lambda place: place.with_name("place.seal").write_text("{ no JSON"),
    ],
)
def test_any_change_is_seen(place: Path, change: Callable[[Path], object]) -> None:
    """A byte, a length, a new file, a missing one, a damaged seal."""
    assert seals.seal(place)
    change(place)
    assert seals.is_sealed(place)
    assert not seals.holds(place)


def test_nobody_waits_for_a_large_place(place: Path) -> None:
    """Where reading would take too long there is no seal, and nothing is known."""
    assert not seals.seal(place, limit_s=-1.0)
    assert not seals.is_sealed(place)
