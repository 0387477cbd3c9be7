#!/usr/bin/env python3
"""Watches the frozen application by strace: whom it talks to, and where it writes.

    python3 packaging/linux/try_trace.py build/bundle/outpost

A first start without a window up to an answer with its sources, then the window for some seconds.
Fails for a socket that is neither a Unix one nor loopback, and for a write outside the data folder
and the system's temporary one.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CALLS = (
    "connect,bind,sendto,sendmsg,sendmmsg,open,openat,creat,mkdir,mkdirat,rename,renameat,"
    "renameat2,unlink,unlinkat,link,linkat,symlink,symlinkat,truncate,chmod,fchmodat"
)
QUESTION = "How many agents can be deployed at once?"
DISPLAY = ":79"
ALLOWED = (
    "/dev/null",
    "/dev/shm/",
    "/proc/self/",
    "/dev/tty",
    "/tmp",
    "/var/tmp/etilqs_",
    "/dev/dri/",
)
READ_ONLY = re.compile(r"\b(O_RDONLY|O_PATH)\b")


def main() -> None:
    folder = Path(sys.argv[1]).absolute()
    with tempfile.TemporaryDirectory(dir="/var/tmp") as work:
        data_dir = Path(work, "data")
        asked = [folder / "outpost", "ask", "Guide", QUESTION, "--data-dir", data_dir]
        lines = traced(asked, Path(work, "ask.txt"))
        lines += traced_window(folder, data_dir, Path(work, "window.txt"))
        wrong = [line for line in lines if talks_beyond(line) or writes_beyond(line, data_dir)]
    named = sum("sa_family=" in line for line in lines)
    print(f"{len(lines)} calls looked at, {named} with an address; wrong: {len(wrong)}")
    print("\n".join(wrong[:40]))
    sys.exit(1 if wrong or not named else 0)


def strace(trace: Path) -> list[str]:
    return ["strace", "-f", "-y", "--seccomp-bpf", "-o", str(trace), "-e", f"trace={CALLS}"]


def traced(command: list[str | Path], trace: Path) -> list[str]:
    done = subprocess.run([*strace(trace), *map(str, command)], capture_output=True, text=True)
    print(done.stdout.strip())
    assert done.returncode == 0, done.stderr
    return trace.read_text("utf-8", "replace").splitlines()


def traced_window(folder: Path, data_dir: Path, trace: Path) -> list[str]:
    """Open the window on what the first start left, and close it in order."""
    screen = subprocess.Popen(["Xvfb", DISPLAY, "-nolisten", "tcp"], stderr=subprocess.DEVNULL)
    time.sleep(2)
    command = [*strace(trace), folder / "outpost-desktop", "--data-dir", data_dir, "--port", "0"]
    window = subprocess.Popen(list(map(str, command)), env={**os.environ, "DISPLAY": DISPLAY})
    runtime = data_dir / "runtime.json"
    while not runtime.exists():
        assert window.poll() is None
        time.sleep(0.2)
    time.sleep(5)
    pid = int(re.search(r'"pid": (\d+)', runtime.read_text())[1])  # type: ignore[index]
    os.kill(pid, 15)
    assert window.wait(30) == 0
    screen.terminate()
    screen.wait()
    return trace.read_text("utf-8", "replace").splitlines()


def talks_beyond(line: str) -> bool:
    """Tell whether a call names an address that is not on this machine."""
    for family, rest in re.findall(r"\{sa_family=(AF_\w+)([^}]*)", line):
        local = family in ("AF_UNIX", "AF_NETLINK", "AF_UNSPEC")
        if not local and not re.search(r'inet_addr\("127\.|"::1"|"::ffff:127\.', rest):
            return True
    return False


def writes_beyond(line: str, data_dir: Path) -> bool:
    """Tell whether a call that succeeded changes something outside the allowed folders."""
    call = re.search(r"\b(\w+)\((.*)\) += (-?\d+)", line)
    if call is None or call[3].startswith("-") or call[1] in ("connect", "bind", "sendto"):
        return False
    name, given = call[1], call[2]
    if name in ("open", "openat") and not re.search(r"O_(WRONLY|RDWR|CREAT|TRUNC)", given):
        return False
    if name.startswith("send"):
        return False
    paths = re.findall(r'"((?:[^"\\]|\\.)*)"', given)
    inside = re.search(r"<([^>]*)>", given)
    whole = [
        each if each.startswith("/") else f"{inside[1] if inside else '?'}/{each}" for each in paths
    ]
    return any(not each.startswith((str(data_dir), *ALLOWED)) for each in whole)


if __name__ == "__main__":
    main()
