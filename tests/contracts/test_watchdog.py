"""The watchdog ends what pytest-timeout cannot, tells what hung, and forgets no test."""

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
DIES_ONCE = """
import os
from pathlib import Path

def test_harmless():
    pass

def test_dies():
    if not Path("died").exists():
        Path("died").touch()
        os._exit(9)

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
    status, printed = run(tmp_path, "-n", "1", **environ)
    assert status, printed
    assert told in printed
    assert "in test_hangs" in printed


def test_what_a_dead_process_left_undone_counts_as_failed(tmp_path: Path) -> None:
    """It is named, and the next run of what failed runs it."""
    (tmp_path / "test_planted.py").write_text(DIES_ONCE, "utf-8")
    status, printed = run(tmp_path, "-n", "1")
    assert status == pytest.ExitCode.TESTS_FAILED, printed
    assert "LEFT UNDONE test_planted.py::test_another" in printed
    status, printed = run(tmp_path, "--lf", "--lfnf=none")
    assert status == pytest.ExitCode.OK, printed
    assert "2 passed" in printed


def run(folder: Path, *arguments: str, **environ: str) -> tuple[int, str]:
    """Run a folder's tests with the watchdog; returns the exit status and what was printed."""
    command = [sys.executable, "-m", "pytest", "-c", os.devnull, f"--rootdir={folder}"]
    command += ["-p", "xdist.plugin", "-p", "pytest_timeout", "-p", "tests.watchdog"]
    command += ["--max-worker-restart", "0", "-o", "timeout_method=thread", *arguments, "."]
    quick = {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    ended = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **quick, **environ},
        capture_output=True,
        text=True,
        timeout=60,
    )
    return ended.returncode, ended.stdout + ended.stderr
