"""`outpost doctor`: what it reports, and that it finds what is wrong."""

from __future__ import annotations

import json
import platform
import sqlite3
import sys

import pytest

from core.__main__ import main
from core.app import Core
from core.config import Settings
from tests.core.test_cli import here, served

__all__ = ["here", "served"]

Capture = pytest.CaptureFixture[str]


def report(capture: Capture, status: int = 0) -> dict[str, dict[str, str]]:
    """What the doctor says about each thing."""
    assert main(["doctor", "--json"]) == status
    return {each["about"]: each for each in json.loads(capture.readouterr().out)}


def test_a_fresh_folder_is_healthy(here: Settings, capsys: Capture) -> None:
    """The machine and the engine are described; nothing is made in the folder by looking."""
    before = sorted(here.data_dir.rglob("*"))
    found = report(capsys)
    assert platform.python_version() in found["system"]["text"]
    assert "cores" in found["processor cores"]["text"]
    assert found["engine"]["text"]
    assert found["graphics"]["text"]
    assert "GB free" in found["disk"]["text"]
    assert found["instance"]["state"] == found["database"]["state"] == "note"
    assert sorted(here.data_dir.rglob("*")) == before


def test_a_running_instance_is_examined_too(served: Core, capsys: Capture) -> None:
    """Its database is whole although it is in use, and so is its audit log."""
    served.users.owner()
    found = report(capsys)
    assert found["database"]["text"].endswith("whole")
    assert found["audit log"]["text"] == "1 entries fit"
    assert main(["doctor"]) == 0
    assert "is running on this folder" in capsys.readouterr().out


def test_a_damaged_database_is_found(here: Settings, capsys: Capture) -> None:
    """Exit status 1 and a sentence that says which file is damaged."""
    with sqlite3.connect(here.database_file) as connection:
        connection.execute("CREATE TABLE t (a TEXT)")
        connection.executemany("INSERT INTO t VALUES (?)", [("x" * 500,)] * 200)
    connection.close()
    content = bytearray(here.database_file.read_bytes())
    content[8192:12288] = b"\xff" * 4096
    here.database_file.write_bytes(content)
    found = report(capsys, status=1)
    assert found["database"]["state"] == "problem"
    assert str(here.database_file) in found["database"]["text"]


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX's")
def test_an_open_folder_is_noted(here: Settings, capsys: Capture) -> None:
    """A data folder that others may read is said."""
    here.data_dir.chmod(0o755)
    assert report(capsys)["data folder"]["state"] == "note"
