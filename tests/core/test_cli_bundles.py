"""`outpost bundle`: out of one instance and into another, by its commands."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from core.__main__ import main
from core.app import Core
from core.records import AgentDraft, AgentType
from tests.core.api.conftest import until
from tests.core.test_cli import here, printed, served

__all__ = ["here", "served"]

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def stocked(served: Core) -> Core:
    """An instance with a collection, and an agent on the starter model."""
    owner, model = served.users.owner().id, served.models.starter()
    assert model is not None
    served.collections.create(owner, "Reports")
    served.agents.create(owner, AgentDraft("Clerk", AgentType.FINE_TUNED, model.id))
    return served


def test_a_bundle_goes_out_and_comes_back(stocked: Core, tmp_path: Path, capsys: Capture) -> None:
    """What was deleted since is new, is shown as such, and is there again."""
    file = tmp_path / "all.outpost-bundle"
    assert main(["bundle", "export", str(file)]) == 0
    assert str(file) in capsys.readouterr().out
    if sys.platform != "win32":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    until(lambda: not list(stocked.settings.bundle_dir.iterdir()))
    owner = stocked.users.owner().id
    (clerk,) = stocked.agents.list(owner)
    stocked.agents.delete(owner, clerk.id)
    shown = printed(capsys, "bundle", "inspect", str(file))
    assert isinstance(shown, dict)
    differences = {each["name"]: each["difference"] for each in shown["items"]}
    assert differences == {"Reports": "same", "Clerk": "new"}
    assert main(["bundle", "import", str(file)]) == 0
    assert "Brought in: 'Clerk'." in capsys.readouterr().out
    assert [each.name for each in stocked.agents.list(owner)] == ["Clerk"]
    assert main(["bundle", "import", str(file)]) == 0
    assert "nothing new" in capsys.readouterr().out


def test_only_what_is_named_goes_in(stocked: Core, tmp_path: Path, capsys: Capture) -> None:
    """One agent by its name, and no collection that was not named."""
    file = tmp_path / "some.outpost-bundle"
    stocked.collections.create(stocked.users.owner().id, "Other")
    assert main(["bundle", "export", str(file), "--collection", "Reports"]) == 0
    capsys.readouterr()
    shown = printed(capsys, "bundle", "inspect", str(file))
    assert isinstance(shown, dict)
    assert {each["name"] for each in shown["items"]} == {"Reports", "Clerk"}


def test_what_is_no_bundle_is_refused(stocked: Core, tmp_path: Path, capsys: Capture) -> None:
    """Status 1 and a sentence; a file that is there is not written over."""
    file = tmp_path / "notes.txt"
    file.write_text("my notes")
    for verb in ("inspect", "import"):
        assert main(["bundle", verb, str(file)]) == 1
        assert "This is no bundle" in capsys.readouterr().err
    assert main(["bundle", "export", str(file)]) == 1
    assert file.read_text() == "my notes"
