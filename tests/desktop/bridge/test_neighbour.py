"""A second start of the window opens nothing that belongs to the first."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from desktop.bridge.neighbour import Doorbell
from tests.core.test_privacy import LINUX, LOSER


@LINUX
def test_a_second_window_opens_no_store(tmp_path: Path, qapp: object) -> None:
    """It raises the first one and ends with status 1 before a database is opened."""
    doorbell = Doorbell(tmp_path)
    command = [sys.executable, "-c", LOSER, "--data-dir", str(tmp_path)]
    environ = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    second = subprocess.run(command, env=environ, text=True, capture_output=True, timeout=60)
    doorbell.close()
    assert second.returncode == 1
    assert "its window has been raised" in second.stderr
    assert second.stdout.strip() == "[]"
    assert [each.name for each in tmp_path.iterdir()] == []
