#!/usr/bin/env python3
"""Takes what the frozen application stored to a later schema and back, killed in the middle once.

    .venv/bin/python packaging/linux/try_upgrade.py build/bundle/outpost

The frozen application answers a question and stores it. A later Outpost, the project's own code
with the later schema of tests/packaging/test_upgrade.py, is killed while it migrates; the frozen
one has to find everything as it was. Then the migration is made in peace: the conversation has to
be there, and the frozen one has to refuse what is newer than itself and leave it alone.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from core.store.migration import MIGRATIONS
from tests.packaging.test_upgrade import LATER, REVISION, START

ROOT = Path(sys.path[0])
QUESTION = "How many agents can be deployed at once?"
KILLED_AT = "migration.upgraded"


def main() -> None:
    program = Path(sys.argv[1]).absolute() / "outpost"
    with tempfile.TemporaryDirectory() as work:
        migrations, place = later_schema(Path(work)), Path(work, "data")
        asked = frozen(program, place, "ask", "Guide", QUESTION)
        expect(asked.returncode == 0, f"the frozen application answers: {asked.stdout.strip()!r}")
        before = stored(place)

        killed = later(migrations, place, OUTPOST_CRASH_AT=KILLED_AT)
        expect(killed.returncode == -signal.SIGKILL, f"the later one is killed at {KILLED_AT}")
        expect(stored(place) == before, "schema and conversation are as they were")
        expect(frozen(program, place, "doctor").returncode == 0, "the frozen one finds all well")

        done = later(migrations, place)
        expect(done.returncode == 0, f"the later one migrates: {done.stdout.strip()}{done.stderr}")
        expect(stored(place) == (LATER, before[1]), f"schema {LATER}, the same conversation")
        expect((place / f"outpost-before-{LATER}.sqlite").exists(), "a backup lies beside it")

        digest = hashlib.sha256((place / "outpost.sqlite").read_bytes()).digest()
        refused = frozen(program, place, "ask", "Guide", QUESTION)
        expect(refused.returncode != 0, f"the frozen one refuses: {refused.stderr.strip()[-200:]}")
        same = hashlib.sha256((place / "outpost.sqlite").read_bytes()).digest() == digest
        expect(same, "and changes nothing")


def later_schema(work: Path) -> Path:
    """Return the migrations of a later Outpost."""
    folder = work / "migrations"
    shutil.copytree(MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / f"v{LATER}.py").write_text(REVISION, "utf-8")
    return folder


def frozen(program: Path, place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [program, *arguments, "--data-dir", place]
    return subprocess.run(command, capture_output=True, text=True)


def later(migrations: Path, place: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Start the later Outpost on the data folder and end it again."""
    command = [sys.executable, "-c", START, str(migrations), LATER, str(place)]
    told = {**os.environ, **environ}
    return subprocess.run(command, env=told, cwd=ROOT, capture_output=True, text=True)


def stored(place: Path) -> tuple[str, list[tuple[str, ...]]]:
    """Return the schema and all messages, as they are in the file."""
    with closing(sqlite3.connect(place / "outpost.sqlite")) as connection:
        revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]
        messages = connection.execute("SELECT role, text FROM message ORDER BY id").fetchall()
    return str(revision), messages


def expect(true: bool, what: str) -> None:
    if not true:
        raise SystemExit(f"FAILED: not so: {what}")
    print(f"ok: {what}", flush=True)


if __name__ == "__main__":
    main()
