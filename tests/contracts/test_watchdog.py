"""The watchdog bites where pytest-timeout cannot, and tells what hung."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PLANTED = """
import ctypes, time
import pytest

def test_harmless():
    pass

@pytest.mark.timeout({limit})
def test_hangs():
    {hang}

def test_another():
    pass
"""
HOLDS_THE_GIL = "ctypes.PyDLL(None).sleep(30)"
LETS_GO_OF_IT = "time.sleep(30)"


@pytest.mark.parametrize(
    ("limit", "hang", "environ", "told"),
    [
        (0.2, HOLDS_THE_GIL, {"OUTPOST_TEST_LATER_S": "0.3"}, "Timeout (0:00:00.500000)!"),
        (0, LETS_GO_OF_IT, {"OUTPOST_TEST_RUN_S": "8"}, "The run took more than 8 s"),
    ],
    ids=["a test that holds the GIL", "a run without an end"],
)
@pytest.mark.skipif(sys.platform == "win32", reason="the planted sleep is POSIX's")
def test_a_hang_ends_with_its_stacks(
    limit: float, hang: str, environ: dict[str, str], told: str, tmp_path: Path
) -> None:
    """The run ends as failed within its limit, and says in which test it stood."""
    (tmp_path / "test_planted.py").write_text(PLANTED.format(limit=limit, hang=hang), "utf-8")
    command = [sys.executable, "-m", "pytest", "-c", os.devnull, f"--rootdir={tmp_path}"]
    command += ["-p", "xdist.plugin", "-p", "pytest_timeout", "-p", "tests.watchdog"]
    command += ["-n", "1", "--max-worker-restart", "0", "-o", "timeout_method=thread", "."]
    quick = {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    ended = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, **quick, **environ},
        capture_output=True,
        text=True,
        timeout=60,
    )
    printed = ended.stdout + ended.stderr
    assert ended.returncode, printed
    assert told in printed
    assert "in test_hangs" in printed
