"""Nothing leaves the machine: whole journeys watched by the kernel, and without any network.

The guard of core/offline.py sees what Python does. Qt, the embedder's and the indexes' native
code could open a socket past it; strace cannot be passed by, and neither can a network namespace
with nothing but loopback in it.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from core.config import Settings, load_settings
from tests.journeys.guide import DOCUMENT, EVIDENCE, QUESTION, page_of
from tests.journeys.served import Outpost, until
from tests.journeys.window import Window

pytestmark = [
    pytest.mark.model,
    pytest.mark.timeout(300),
    pytest.mark.skipif(sys.platform != "linux", reason="strace and namespaces are Linux's"),
]

CALLS = "connect,bind,sendto,sendmsg,sendmmsg"
"""What names an address: whom one talks to, and who could talk to us."""
STRANGER = """
import socket, threading
line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
threading.Thread(target=lambda: line.connect(("192.0.2.1", 9))).start()
"""
"""192.0.2.0/24 is nobody's: it is set aside for documentation (RFC 5737)."""


def strace(trace: Path) -> tuple[str, ...]:
    """The command that runs another one under strace, as the very process it was started as."""
    return ("strace", "-D", "-f", "--seccomp-bpf", "-o", str(trace), "-e", f"trace={CALLS}")


def without_network() -> tuple[str, ...]:
    """The command that runs another one where there is no network but loopback."""
    namespace = ("unshare", "--net") if os.geteuid() == 0 else ("unshare", "--map-root-user", "-n")
    return (*namespace, "sh", "-c", 'ip link set lo up && exec "$@"', "sh")


def works(*command: str) -> bool:
    """Whether a command is there and permitted on this machine."""
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=20).returncode == 0
    except FileNotFoundError:
        return False


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    """The file that strace writes; skips where strace is missing or not permitted."""
    if not works("strace", "-f", "--seccomp-bpf", "-o", str(tmp_path / "probe"), "true"):
        pytest.skip("strace is missing, or tracing is not permitted here")
    return tmp_path / "trace.txt"


def test_a_journey_by_rest_connects_to_nothing_but_this_machine(
    tmp_path: Path, trace: Path, lend_embedder: Callable[[Settings], None]
) -> None:
    """Serve, ingest, deploy and rag-chat under strace: every socket is Unix's or loopback.

    With the embedder's graph, as in installers: ONNX Runtime would report to its makers.
    """
    lend_embedder(load_settings({"OUTPOST_DATA_DIR": str(tmp_path / "data")}))
    outpost = Outpost(tmp_path / "data", *strace(trace))
    try:
        outpost.start()
        until(outpost.all_read)
        asked = {"agent_id": outpost.deploy("Guide"), "message": QUESTION}
        *_, (name, reply) = outpost.events("/rag-chat", asked)
        assert name == "done"
        assert reply["citations"], reply
        assert outpost.end() == 0
    finally:
        outpost.end(signal.SIGKILL)
    expect_only_this_machine(trace)


@pytest.mark.window
def test_the_window_connects_to_nothing_but_this_machine(
    tmp_path: Path, trace: Path, window_environ: dict[str, str]
) -> None:
    """First start, every page and an answer under strace: every socket is Unix's or loopback."""
    window = Window(tmp_path / "outpost", window_environ, *strace(trace))
    try:
        window.open()
        for page in ("Collections", "Models", "Settings", "Agents"):
            window.click(page, "QToolButton")
        window.click("Deploy: Assistant")
        window.click("Chat: Assistant")
        window.click("Your question", "TypingField")
        window.type("What is the capital of France?")
        window.until(lambda: window.sees("Deployed"), what="the agent deployed")
        window.press("Return")
        window.until(lambda: window.sees("Copy answer"), what="the whole answer")
        assert window.close() == 0
    finally:
        window.kill()
    expect_only_this_machine(trace)


def test_a_journey_goes_as_well_without_any_network(tmp_path: Path) -> None:
    """`outpost ask` on a first start, where the machine has nothing but loopback."""
    sealed = without_network()
    if not works(*sealed, "true"):
        pytest.skip("a network namespace is not permitted here")
    networks = subprocess.check_output([*sealed, "ip", "-o", "link"], text=True)
    assert [line.split()[1] for line in networks.splitlines()] == ["lo:"]
    command = [*sealed, sys.executable, "-m", "core", "ask", "Guide", QUESTION, "--data-dir"]
    ran = subprocess.run(
        [*command, str(tmp_path / "data")], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert f"{DOCUMENT}, page {page_of(EVIDENCE)}" in ran.stdout


def test_a_stranger_would_be_seen(trace: Path) -> None:
    """A planted socket to another machine, opened by a thread of a child, fails the same check."""
    in_child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {STRANGER!r}])"
    subprocess.run([*strace(trace), sys.executable, "-c", in_child], check=False)
    with pytest.raises(AssertionError, match=r"192\.0\.2\.1"):
        expect_only_this_machine(trace)


# ---------------------------------------------------------------- reading the trace


def expect_only_this_machine(trace: Path) -> None:
    """Fail for every call in the trace that names an address beyond this machine."""
    until(ended(trace), 20)
    lines = trace.read_text("utf-8", errors="replace").splitlines()
    named = [line for line in lines if "sa_family=" in line]
    assert named, "nothing was traced"
    beyond = [line for line in named if not local(line)]
    assert not beyond, "\n".join(beyond)


def ended(trace: Path) -> Callable[[], bool]:
    """Return what tells whether strace has written all: the first process's end comes last."""

    def last_line_is_an_end() -> bool:
        if not trace.exists():
            return False
        lines = trace.read_text("utf-8", errors="replace").splitlines()
        return bool(lines) and re.search(r"\+\+\+ (exited|killed)", lines[-1]) is not None

    return last_line_is_an_end


def local(call: str) -> bool:
    """Whether each address in a traced call is a file's, the kernel's, loopback or none."""
    addresses = re.findall(r"\{sa_family=(AF_\w+)([^}]*)", call)
    return all(
        family in ("AF_UNIX", "AF_NETLINK", "AF_UNSPEC")
        or re.search(r'inet_addr\("127\.|"::1"|"::ffff:127\.', rest) is not None
        for family, rest in addresses
    )
