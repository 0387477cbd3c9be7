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
import logging, socket, threading, time, warnings
import pytest
from PySide6.QtCore import QThread, QTimer, qWarning
import tests.guards

tests.guards.GRACE_S = 0.5
stop = threading.Event()

def test_offends_by_a_thread():
    threading.Thread(target=stop.wait, name="planted", daemon=True).start()

def test_harmless_thread():
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

def test_offends_by_the_first_thread_which_outlives_the_session():
    assert any(thread.name == "planted" for thread in threading.enumerate())
"""
NAMES = re.findall(r"def (test_\w+)", PLANTED)


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What pytest says of each planted test, under the project's own settings and guards."""
    file = tmp_path_factory.mktemp("planted") / "test_planted.py"
    file.write_text(PLANTED, "utf-8")
    command = [sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml")]
    command += ["-p", "tests.guards", "-p", "no:cacheprovider", "-rA", "--tb=no", str(file)]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True)
    found = re.findall(r"^(PASSED|FAILED|ERROR) \S*::(\w+)", ran.stdout, re.MULTILINE)
    assert found, ran.stdout + ran.stderr
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
