"""Each guard of tests/guards.py bites: a planted offender fails, its harmless twin passes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PLANTED = """
import logging, socket, subprocess, sys, threading, time, warnings
import pytest
from PySide6.QtCore import QThread, QTimer, qWarning
import tests.guards

tests.guards.GRACE_S = 0.5
stop = threading.Event()

def test_offends_by_a_thread():
    threading.Thread(target=stop.wait, name="planted", daemon=True).start()

def test_harmless_thread():
    stop.set()
    threading.Thread(target=time.sleep, args=(0.1,)).start()

def test_offends_by_a_socket_whose_refusal_is_swallowed():
    with socket.socket() as probe, pytest.raises(OSError):
        probe.connect(("192.0.2.1", 80))

def test_harmless_socket():
    with socket.socket() as server, socket.socket() as client:
        server.bind(("127.0.0.1", 0))
        server.listen()
        client.connect(server.getsockname())

def test_offends_by_a_logged_warning():
    log = logging.getLogger("planted.alone")
    log.propagate = False
    log.warning("not %s", "announced")

@pytest.mark.allow_log("planted:ERROR:announced")
def test_harmless_announced_error():
    logging.getLogger("planted").error("announced")

def test_harmless_log():
    logging.getLogger("planted").info("all is well")

def test_offends_by_a_qt_warning(qapp):
    qWarning("planted")

def test_offends_by_a_timer(qapp):
    timer = QTimer(qapp)
    timer.start(60_000)

def test_harmless_timer(qapp):
    timer = QTimer(qapp)
    timer.start(60_000)
    timer.stop()

def test_offends_by_a_qthread(qapp):
    global kept
    kept = QThread()
    kept.start()

def test_harmless_qthread(qapp):
    kept.quit()
    kept.wait()
    thread = QThread()
    thread.start()
    thread.quit()
    thread.wait()

def test_offends_by_a_python_warning():
    warnings.warn("planted", DeprecationWarning)

def test_harmless_child_process():
    subprocess.run([sys.executable, "-c", "pass"])
"""
NAMES = re.findall(r"def (test_\w+)", PLANTED)


# Seen only once the session is over, which is why the one test of each session passes itself.
OUTLIVING = {
    "thread": """
import threading
import pytest
import tests.guards
tests.guards.GRACE_S = 0.2

@pytest.fixture(scope="module", autouse=True)
def planted():
    threading.Thread(target=threading.Event().wait, name="planted", daemon=True).start()

def test_passes():
    pass
""",
    "child process": """
import subprocess, sys
import tests.guards
tests.guards.GRACE_S = 0.2

def test_passes():
    global kept
    kept = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(5) # planted"])
""",
}


def run_planted(folder: Path, source: str) -> str:
    """Run planted tests under the project's own settings and guards; returns pytest's output."""
    file = folder / "test_planted.py"
    file.write_text(source, "utf-8")
    command = [sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml")]
    command += ["-p", "tests.guards", "-p", "no:cacheprovider", "-rA", "--tb=short", str(file)]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True)
    return ran.stdout + ran.stderr


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What pytest says of each planted test."""
    output = run_planted(tmp_path_factory.mktemp("planted"), PLANTED)
    found = re.findall(r"^(PASSED|FAILED|ERROR) \S*::(\w+)", output, re.MULTILINE)
    assert found, output
    # A guard that fails at teardown is reported after the test's own PASSED.
    passed = {name: outcome for outcome, name in found if outcome == "PASSED"}
    return passed | {name: outcome for outcome, name in found if outcome != "PASSED"}


@pytest.mark.parametrize("name", [name for name in NAMES if "_offends_" in name])
def test_offender_fails(name: str, outcomes: dict[str, str]) -> None:
    """What a guard is there for fails the test that does it."""
    assert outcomes[name] in ("FAILED", "ERROR")


@pytest.mark.parametrize("name", [name for name in NAMES if "_harmless_" in name])
def test_harmless_passes(name: str, outcomes: dict[str, str]) -> None:
    """The same done properly is left alone, so that a guard proves something by failing."""
    assert outcomes[name] == "PASSED"


@pytest.mark.parametrize("kind", OUTLIVING)
def test_what_outlives_the_session_fails_it(kind: str, tmp_path: Path) -> None:
    """A thread of a wider fixture and a child process are found at the very end."""
    output = run_planted(tmp_path, OUTLIVING[kind])
    assert "1 passed, 1 error" in output
    assert re.search(rf"{kind}.*\n.*planted", output), output
