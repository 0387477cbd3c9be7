"""The commands for backups."""

from __future__ import annotations

import pytest

from core.__main__ import main
from core.app import Core
from tests.core.test_cli import here, printed, served

__all__ = ["here", "served"]

Capture = pytest.CaptureFixture[str]


def test_a_backup_is_made_shown_chosen_and_deleted(served: Core, capsys: Capture) -> None:
    """Each verb does what it says, and says it."""
    served.collections.create(served.users.owner().id, "Reports")
    assert main(["backup", "make"]) == 0
    name = capsys.readouterr().out.strip()
    listed = printed(capsys, "backup", "list")
    assert isinstance(listed, list)
    assert [each["id"] for each in listed] == [name]
    assert main(["backup", "show", name]) == 0
    assert "1 collections" in capsys.readouterr().out
    assert main(["backup", "restore", name]) == 0
    assert served.backups.wished == name
    assert main(["backup", "keep", name]) == 0
    assert not served.backups.wished
    assert main(["backup", "delete", name]) == 0
    assert served.backups.list() == []


def test_a_backup_that_is_not_there_is_an_error(served: Core, capsys: Capture) -> None:
    """Status 1, with a sentence; no other file can be named."""
    assert served.backups.list() == []
    for name in ("outpost-20200101-000000.sqlite", "runtime.json"):
        assert main(["backup", "restore", name]) == 1
        assert "There is no backup" in capsys.readouterr().err
