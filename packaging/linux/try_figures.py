#!/usr/bin/env python3
"""Measures the frozen application: start to the window, size, memory at rest; JSON on stdout.

    python3 packaging/linux/try_figures.py build/bundle/outpost [STARTS]

Needs Xvfb. Cold starts empty the system's caches; where nobody may, those of the folder's files.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.request import ProxyHandler, Request, build_opener

DISPLAY = ":78"
DROP = Path("/proc/sys/vm/drop_caches")
API = "/api/v1/agent-deployment"
COLD_STARTS = 5
REST_S = 90
"""Longer than the minute after which workers end that nobody wants."""


def main() -> None:
    folder = Path(sys.argv[1]).absolute()
    starts = int(sys.argv[2]) if len(sys.argv) > 2 else 7
    screen = ["Xvfb", DISPLAY, "-screen", "0", "1280x800x24", "-nolisten", "tcp", "-noreset"]
    server = subprocess.Popen(screen, stderr=subprocess.DEVNULL)
    time.sleep(2)
    try:
        print(json.dumps(measured(folder, starts), indent=1))
    finally:
        server.terminate()
        server.wait()


def measured(folder: Path, starts: int) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as work:
        first = start(folder, Path(work))
        warm = [start(folder, Path(work)) for _ in range(starts)]
        cold = [start(folder, Path(work), cold=True) for _ in range(COLD_STARTS)]
        memory = at_rest(folder, Path(work))
    return {
        "size_mb": round(size(folder) / 1e6),
        "first_start_s": first,
        "warm_start_s": sorted(warm),
        "warm_median_s": statistics.median(warm),
        "cold_start_s": sorted(cold),
        "cold_by": empty_caches(folder),
        "memory_at_rest": memory,
        "load": os.getloadavg(),
    }


def size(folder: Path) -> int:
    files = (each for each in folder.rglob("*") if each.is_file() and not each.is_symlink())
    return sum(each.stat().st_size for each in files)


def launch(folder: Path, work: Path) -> subprocess.Popen[bytes]:
    report = work / "start.json"
    report.unlink(missing_ok=True)
    command = [folder / "outpost-desktop", "--data-dir", work / "data", "--port", "0"]
    environ = {**os.environ, "DISPLAY": DISPLAY}
    errors = (work / "stderr").open("ab")
    return subprocess.Popen([*command, "--report-start", report], env=environ, stderr=errors)


def start(folder: Path, work: Path, *, cold: bool = False) -> float:
    """Return the seconds from the start of the process to the first painted window."""
    if cold:
        empty_caches(folder, work)
    window = launch(folder, work)
    wait_for(work / "start.json", window)
    wait_for(work / "data/runtime.json", window)
    window.terminate()
    window.wait(15)
    return float(json.loads((work / "start.json").read_text())["window_shown_s"])


def empty_caches(*folders: Path) -> str:
    """Have the next start read from the disk, and tell by which way."""
    os.sync()
    try:
        DROP.write_text("3")
        return "all caches emptied"
    except OSError:
        pass
    for each in (file for folder in folders for file in folder.rglob("*") if file.is_file()):
        with each.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    return "own files evicted"


def wait_for(file: Path, window: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while not file.exists() or not file.read_text():
        assert window.poll() is None, "the window has ended"
        assert time.monotonic() < deadline, f"{file.name} did not come"
        time.sleep(0.02)


def at_rest(folder: Path, work: Path) -> dict[str, object]:
    """Return resident and proportional memory of the window with its workers, nothing deployed."""
    window = launch(folder, work)
    wait_for(work / "data/runtime.json", window)
    runtime = json.loads((work / "data/runtime.json").read_text())
    until_read(runtime)
    time.sleep(REST_S)
    each = {name: taken(pid) for pid, name in family(window.pid)}
    window.terminate()
    window.wait(15)
    rss, pss = (sum(of_each) for of_each in zip(*each.values(), strict=True))
    return {"parts_mb": each, "rss_mb": rss, "pss_mb": pss}


def until_read(runtime: dict[str, str]) -> None:
    """Wait until the starter's documents have been read."""
    head = {"Authorization": f"Bearer {runtime['owner_token']}"}
    for _ in range(300):
        request = Request(f"{runtime['url']}{API}/collections", headers=head)
        with build_opener(ProxyHandler({})).open(request) as answer:
            listed = json.load(answer)["data"]
        if listed and all(one["ready_count"] == one["document_count"] > 0 for one in listed):
            return
        time.sleep(1)


def family(pid: int) -> list[tuple[int, str]]:
    """Return a process and its workers with what they are."""
    found = [(pid, "window")]
    for child in Path(f"/proc/{pid}/task").glob("*/children"):
        for each in child.read_text().split():
            words = Path(f"/proc/{each}/cmdline").read_bytes().split(b"\0")
            found.append((int(each), words[2].decode() if len(words) > 2 else "?"))
    return found


def taken(pid: int) -> tuple[int, int]:
    """Return a process's resident and proportional memory in MB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    kib = {line.split()[0]: int(line.split()[1]) for line in lines[1:]}
    return round(kib["Rss:"] * 1024 / 1e6), round(kib["Pss:"] * 1024 / 1e6)


if __name__ == "__main__":
    main()
