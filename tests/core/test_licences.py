"""What Outpost is made of, from the packages themselves or from a packaged application's list."""

from __future__ import annotations

from pathlib import Path

import pytest

from core import licences
from core.licences import installed


def test_nearly_every_package_says_what_allows_its_use() -> None:
    """Each has a name and a version once; those that ship a text show it."""
    found = installed()
    assert len({each.name.casefold() for each in found}) == len(found) > 50
    assert all(each.version for each in found)
    named = [each for each in found if each.licence]
    assert len(named) > 0.9 * len(found)
    assert "Permission is hereby granted" in next(
        each.text for each in found if each.name == "fastapi"
    )


def test_a_packaged_application_reads_its_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was written while it was built is what it shows."""
    file = tmp_path / "licences.json"
    licences.write(file)
    monkeypatch.setattr(licences, "LIST", file)
    assert licences.licences() == installed()
