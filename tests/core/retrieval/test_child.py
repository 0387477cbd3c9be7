"""Workers answer, die alone, and never outlive their parent."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from core.offline import NOBODYS_ADDRESS, guard
from core.retrieval import child as child_module
from core.retrieval.child import WORKER_SWITCH, WORKERS, Child, ChildDied, ChildLate, worker_command
from core.retrieval.worker import main_if_worker
from tests.core.retrieval.hoarding_worker import BLOCK_BYTES, BLOCKS

HOARD_BYTES = BLOCK_BYTES * BLOCKS
REQUEST = {"kind": "parse", "path": "no-such-file", "name": "a"}


@pytest.fixture
def child(embedder_dir: Path) -> Iterator[Child]:
    """A parsing worker that has started."""
    made = Child("parsing", str(embedder_dir))
    made.wait_ready(30)
    yield made
    made.close()


def test_a_request_gets_its_reply(child: Child) -> None:
    """What the worker answers comes back, also when it is a refusal."""
    assert child.ask(REQUEST, 10).head["error"]["reason"] == "missing"


@pytest.mark.allow_log("the parsing worker ended with code -9")
@pytest.mark.skipif(sys.platform == "win32", reason="exit codes differ there")
def test_a_dead_worker_is_told_to_who_waits_and_who_comes_later(child: Child) -> None:
    """A worker that was killed by somebody else makes its requests fail and is not alive."""
    assert child.pid is not None
    psutil.Process(child.pid).kill()
    for _ in ("who waits", "who comes later"):
        with pytest.raises(ChildDied, match="code -9"):
            child.ask(REQUEST, 10)
    assert not child.alive


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals there")
def test_a_late_reply_is_dropped_and_the_next_one_is_right(child: Child) -> None:
    """Who did not wait is not answered later with what was meant for somebody else."""
    assert child.pid is not None
    worker = psutil.Process(child.pid)
    worker.suspend()
    with pytest.raises(ChildLate):
        child.ask({**REQUEST, "name": "late"}, 0.1)
    worker.resume()
    assert "'next'" in child.ask({**REQUEST, "name": "next"}, 10).head["error"]["message"]


def test_what_a_worker_tried_stands_in_the_parents_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker is refused like its parent, which hears of it with the next reply."""
    monkeypatch.setitem(WORKERS, "phoning", "tests.core.retrieval.phoning_worker")
    child = Child("phoning")
    try:
        child.ask({"kind": "phone"}, 30)
        child.ask({"kind": "phone"}, 30)
        attempts = guard().report()
    finally:
        child.close()
        guard().forget()
    assert [each.address for each in attempts] == [NOBODYS_ADDRESS] * 2
    assert "phoning_worker.py" in attempts[0].site
    assert attempts[0].site.endswith("in the phoning worker")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems' allocators differ")
def test_a_worker_without_work_gives_its_memory_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a request took for a while is the system's again soon after the last one."""
    monkeypatch.setitem(WORKERS, "hoarding", "tests.core.retrieval.hoarding_worker")
    child = Child("hoarding")
    try:
        child.wait_ready(30)
        assert child.pid is not None
        worker = psutil.Process(child.pid)
        before = worker.memory_info().rss
        child.ask({"kind": "hoard"}, 30)
        deadline = time.monotonic() + 30
        while worker.memory_info().rss > before + HOARD_BYTES / 10:
            assert time.monotonic() < deadline, "the worker keeps what it took"
            time.sleep(0.05)
    finally:
        child.close()


def test_a_worker_that_cannot_start_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing executable is an error of the request, not of the thread."""
    monkeypatch.setattr(child_module, "worker_command", lambda *_: ["/no/such/program"])
    made = Child("parsing")
    with pytest.raises(ChildDied, match="could not be started"):
        made.wait_ready(10)
    made.close()


SPAWN = """
import sys, time
from core.retrieval.child import Child
child = Child("parsing", ".")
child.wait_ready(30)
print(child.pid, flush=True)
time.sleep(60)
"""


def test_a_worker_dies_with_its_parent() -> None:
    """After the parent was killed without a chance to clean up, the worker goes too."""
    root = Path(__file__).parents[3]
    parent = subprocess.Popen(
        [sys.executable, "-c", SPAWN], stdout=subprocess.PIPE, text=True, cwd=root
    )
    with parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert psutil.pid_exists(pid)
        parent.kill()
    deadline = time.monotonic() + 5
    while psutil.pid_exists(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not psutil.pid_exists(pid)


def test_a_frozen_program_is_its_own_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Frozen, the command is the program itself with the switch, which the worker understands."""
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    command = worker_command("parsing", "folder")
    assert command == [sys.executable, WORKER_SWITCH, "parsing", "folder"]
    assert not main_if_worker(["serve", "--port", "1"])
    assert not main_if_worker([])


def test_the_switch_runs_the_worker(embedder_dir: Path) -> None:
    """Started as a frozen program would be, a worker says that it is ready."""
    code = "import sys; from core.retrieval.worker import main_if_worker as m; m(sys.argv[1:])"
    ran = subprocess.run(
        [sys.executable, "-c", code, WORKER_SWITCH, "parsing", str(embedder_dir)],
        input=b"",
        capture_output=True,
        cwd=Path(__file__).parents[3],
        timeout=30,
    )
    assert ran.stderr == b""


@pytest.mark.skipif(sys.platform != "linux", reason="sessions and autogroups are Linux's")
def test_a_worker_shares_the_session_but_not_the_terminals_signals(child: Child) -> None:
    """In a session of its own its low priority would not count against Outpost's threads."""
    child.wait_ready(60)
    assert child.pid is not None
    assert os.getsid(child.pid) == os.getsid(0)
    assert os.getpgid(child.pid) == child.pid != os.getpgid(0)


def test_every_worker_has_a_main() -> None:
    """Each name that a worker can be started by leads to a module with a `main`."""
    for module in WORKERS.values():
        source = Path(*module.split(".")).with_suffix(".py")
        assert "def main(" in (Path(__file__).parents[3] / source).read_text("utf-8")
