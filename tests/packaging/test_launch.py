"""The first lines of a packaged Outpost: too old processors, workers, crashes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from tests.packaging.conftest import FOLDER

Step = Callable[[str], ModuleType]
LAUNCH = FOLDER / "launch.py"


def launched(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run lines of code in a process of its own, with the program imported as `launch`."""
    lines = f"import sys; sys.path.insert(0, {str(FOLDER)!r}); import launch\n{code}"
    return subprocess.run(
        [sys.executable, "-c", lines, *arguments], capture_output=True, text=True, cwd=FOLDER.parent
    )


def test_this_processor_is_new_enough(step: Step) -> None:
    """Whatever runs the tests has numpy, so nothing is missing."""
    assert step("processor").missing_instructions() == []


def test_an_old_processor_is_told_plainly() -> None:
    """A Core 2 (SSSE3 and SSE4.1 at most) gets a sentence, and nothing more is loaded."""
    if sys.platform != "linux":
        pytest.skip("CPUID is asked through glibc")
    code = (
        "import processor; processor.platform.machine = lambda: 'x86_64'; processor.DIALOGS = ();"
        "processor._cpuid_leaf_1_ecx = lambda: 1 << 9 | 1 << 13 | 1 << 19;"
        "processor.stop_if_too_old(); print('went on')"
    )
    done = launched(code)
    assert (done.returncode, done.stdout) == (1, "")
    assert "lacks SSE4.2, POPCNT" in done.stderr


def test_a_command_goes_to_the_command_line() -> None:
    """What is no worker is the ordinary program, with its status."""
    done = subprocess.run(
        [sys.executable, LAUNCH, "--version"], capture_output=True, text=True,
        env={"PYTHONPATH": str(FOLDER.parent)},
    )  # fmt: skip
    assert (done.returncode, done.stdout.split()[0]) == (0, "outpost")


def test_a_worker_is_a_worker() -> None:
    """The switch of a frozen build runs the worker, which greets, and ends with its input."""
    worker = subprocess.Popen(
        [sys.executable, LAUNCH, "--outpost-worker", "parsing", "/nowhere"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={"PYTHONPATH": str(FOLDER.parent)},
    )  # fmt: skip
    with worker:
        assert worker.stdout is not None
        assert worker.stdout.readline().startswith(b"{")
        worker.communicate(timeout=20)
    assert worker.returncode == 0


def test_what_nobody_caught_is_kept(tmp_path: Path) -> None:
    """An error that ends the process is in the crash log, with its trace."""
    code = "launch.keep_crashes(sys.argv[1:]); raise RuntimeError('planted')"
    done = launched(code, "--data-dir", str(tmp_path))
    assert done.returncode == 1
    assert "planted" in (tmp_path / "logs" / "crash.log").read_text("utf-8")
    assert "planted" in done.stderr


def test_a_crash_of_native_code_is_kept(tmp_path: Path) -> None:
    """A segmentation fault leaves the stack of every thread behind."""
    code = "launch.keep_crashes(sys.argv[1:]); import faulthandler; faulthandler._sigsegv()"
    done = launched(code, f"--data-dir={tmp_path}")
    assert done.returncode != 0
    assert "Segmentation fault" in (tmp_path / "logs" / "crash.log").read_text("utf-8")


def test_a_folder_that_cannot_be_written_is_left_to_the_application(tmp_path: Path) -> None:
    """The crash log is no reason not to start."""
    (tmp_path / "file").touch()
    code = "launch.keep_crashes(sys.argv[1:]); print('went on')"
    assert launched(code, "--data-dir", str(tmp_path / "file")).stdout == "went on\n"
