"""What others on this machine can get: no files, no images of memory, nothing by a second start."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.api.server import ApiServer
from core.app import build
from core.config import load_settings
from core.records import AgentDraft, AgentType

STARTS = int(os.environ.get("OUTPOST_STARTS", "4"))
"""Simultaneous starts; fifty of them take a minute."""
NOBODY = 65534
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="Linux's users and limits")
AS_NOBODY = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
TRY_ALL = """
import os, sys
got = []
for path in sys.stdin.read().split("\\0"):
    for what in (os.stat, os.listdir, lambda p: open(p, "rb"), lambda p: open(p, "ab")):
        try:
            what(path)
        except PermissionError:
            continue
        except OSError:
            pass
        got.append(path)
print(os.getuid(), got)
"""
LOSER = """
import sys
opened = []
def hook(event, arguments):
    if event == "sqlite3.connect":
        opened.append(arguments[0])
sys.addaudithook(hook)
from core.__main__ import main
code = main(sys.argv[1:])
print(opened)
sys.exit(code)
"""


@LINUX
def test_a_crash_leaves_no_image_of_the_memory(tmp_path: Path) -> None:
    """Neither as a file nor for a program that collects them; workers inherit that."""
    code = (
        "import os, resource; from core.privacy import forbid_core_dumps; forbid_core_dumps();"
        "print(resource.getrlimit(resource.RLIMIT_CORE), flush=True); os.abort()"
    )
    environ = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environ, capture_output=True, text=True
    )
    assert ran.returncode == -6
    assert ran.stdout.strip() == "(1, 1)"
    assert list(tmp_path.iterdir()) == []


@LINUX
def test_a_core_forbids_them_for_its_process(tmp_path: Path) -> None:
    """It is done before anything is opened."""
    import resource

    build(load_settings({"OUTPOST_DATA_DIR": str(tmp_path / "outpost")})).close()
    assert resource.getrlimit(resource.RLIMIT_CORE)[0] <= 1


@pytest.fixture
def open_to_all() -> Iterator[Path]:
    """A folder that every user may enter and write, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


@LINUX
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user_gets_at_nothing(open_to_all: Path) -> None:
    """Every file and folder refuses them: to be seen, listed, read and written."""
    data_dir = open_to_all / "outpost"
    core = build(load_settings({"OUTPOST_DATA_DIR": str(data_dir), "OUTPOST_PORT": "0"}))
    server = ApiServer(core, 0)
    server.start()
    try:
        core.models.scan()
        model, owner = core.models.starter(), core.users.owner().id
        assert model is not None
        core.agents.create(owner, AgentDraft("A", AgentType.FINE_TUNED, model.id))
        core.backups.make()
        there = [str(path) for path in data_dir.rglob("*")]
        assert core.settings.runtime_file.exists()
        assert len(there) > 10
        own = open_to_all / "own"
        own.touch(mode=0o666)
        own.chmod(0o666)
        tried = _tried([*there, str(own)])
    finally:
        server.stop()
        core.close()
    assert tried == f"{NOBODY} {[str(own)] * 4}"


def _tried(paths: list[str]) -> str:
    """Return who could do what, after asking another user's process."""
    ran = subprocess.run(
        [*AS_NOBODY, "/usr/bin/env", "python3", "-c", TRY_ALL],
        input="\0".join(paths),
        capture_output=True,
        text=True,
        check=True,
        cwd="/",
    )
    return ran.stdout.strip()


@pytest.mark.timeout(60 + 4 * STARTS)
def test_of_many_starts_one_wins(tmp_path: Path) -> None:
    """The others end with a sentence and status 1, and have opened no database."""
    command = [sys.executable, "-c", LOSER, "serve", "--port", "0"]
    command += ["--data-dir", str(tmp_path / "outpost")]
    starts = [
        subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(STARTS)
    ]
    deadline_s = time.monotonic() + 50 + 4 * STARTS
    while sum(each.poll() is None for each in starts) > 1 and time.monotonic() < deadline_s:
        time.sleep(0.1)
    winners = [each for each in starts if each.poll() is None]
    for each in winners:
        each.kill()
    told = {each: each.communicate(timeout=30) for each in starts}
    assert len(winners) == 1
    for each in set(starts) - set(winners):
        opened, problem = told[each]
        assert each.returncode == 1
        assert opened.strip() == "[]"
        assert problem.startswith("outpost: Outpost is already running on the data folder")
