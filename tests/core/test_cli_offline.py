"""`outpost offline-report` and its route, with a dependency that phones home."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.__main__ import main
from core.app import Core
from core.offline import NOBODYS_ADDRESS
from tests.core.test_cli import here, printed, served

__all__ = ["here", "served"]

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def planted(served: Core, tmp_path: Path) -> Iterator[Path]:
    """A library that connects to another machine and hides that it could not."""
    file = tmp_path / "phones_home.py"
    file.write_text(
        "import contextlib, socket\n"
        "def track():\n"
        "    with contextlib.suppress(OSError), socket.socket() as s:\n"
        f"        s.connect(('{NOBODYS_ADDRESS}', 443))\n"
    )
    spec = importlib.util.spec_from_file_location("phones_home", file)
    assert spec is not None
    assert spec.loader is not None
    library = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(library)
    library.track()
    yield file
    served.offline.forget()


def test_a_clean_report_is_one_page(served: Core, capsys: Capture) -> None:
    """Where nobody tried anything it says so, with the API as the only listener."""
    assert main(["offline-report"]) == 0
    text = capsys.readouterr().out
    assert len(text.splitlines()) < 40
    assert "Attempts to reach another machine:          none" in text
    assert "was refused" in text
    assert "listen 127.0.0.1:" in text
    assert "LEAVES" not in text


def test_a_planted_connect_stands_in_the_report(
    served: Core, planted: Path, capsys: Capture
) -> None:
    """Address and line of a dependency that phoned home are named, with exit status 1."""
    assert main(["offline-report"]) == 1
    text = capsys.readouterr().out
    assert f"socket.connect to {NOBODYS_ADDRESS}" in text
    assert f"by {planted}:4 in track" in text


def test_the_json_has_the_same(served: Core, planted: Path, capsys: Capture) -> None:
    """For programs: one attempt, and what is open."""
    assert main(["offline-report", "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["refused"], report["clean"], report["bites"]) == (1, False, True)
    assert report["attempts"][0]["address"] == NOBODYS_ADDRESS


def test_where_nothing_runs_one_is_started_for_it(here: object, capsys: Capture) -> None:
    """The report of an instance of its own says that it is one."""
    report = printed(capsys, "offline-report")
    assert isinstance(report, dict)
    assert report["clean"]
