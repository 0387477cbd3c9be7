"""What all steps of packaging stand on: the version, the date, and where things are made."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HERE = ROOT / "packaging"
BUILD = ROOT / "build"
"""What is made on the way; may be deleted at any time."""
DIST = ROOT / "dist"
"""What is given to people."""
NAME = "outpost"


class PackagingError(Exception):
    """A step cannot be done; the message says why and what to do."""


@cache
def version() -> str:
    """Return the version, which stands in core/__init__.py and nowhere else."""
    found = re.search(
        r'^__version__ = "(.+)"$', (ROOT / "core/__init__.py").read_text("utf-8"), re.M
    )
    assert found, "core/__init__.py says no version"
    return found[1]


@cache
def epoch() -> int:
    """Return the time that all files get: SOURCE_DATE_EPOCH, else when the last commit was made."""
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(given)
    command = ["git", "log", "-1", "--format=%ct"]
    return int(subprocess.check_output(command, cwd=ROOT, text=True))


def cache_dir() -> Path:
    """Return the folder for what takes long to make and changes seldom, outside the project."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "outpost-packaging"


def run(command: Sequence[str | Path], *, where: Path = ROOT, **environ: str) -> None:
    """Run a program; raises PackagingError where it fails."""
    words = [str(each) for each in command]
    say(" ".join(words[:6]) + (" …" if len(words) > 6 else ""))
    settings: Mapping[str, str] = {
        **os.environ,
        "SOURCE_DATE_EPOCH": str(epoch()),
        "PYTHONHASHSEED": "0",
        "LC_ALL": "C.UTF-8",
        **environ,
    }
    if subprocess.call(words, cwd=where, env=settings) != 0:
        raise PackagingError(f"This failed, see above: {' '.join(words)}")


def needed(program: str, package: str) -> str:
    """Return a program's path; raises PackagingError naming the Debian package that has it."""
    found = shutil.which(program)
    if found is None:
        raise PackagingError(f"'{program}' is needed; on Debian: apt-get install {package}")
    return found


def fresh(folder: Path) -> Path:
    """Make a folder anew, empty."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def size_mb(path: Path) -> float:
    """Return how much a file or folder holds, in millions of bytes; links count nothing."""
    files = [path] if path.is_file() else path.rglob("*")
    return sum(each.lstat().st_size for each in files if not each.is_symlink()) / 1e6


def settle(folder: Path) -> None:
    """Give everything in a folder one date and plain rights, so that archives of it are alike."""
    for each in sorted(folder.rglob("*"), reverse=True):
        if each.is_symlink():
            os.utime(each, (epoch(), epoch()), follow_symlinks=False)
            continue
        runs = each.is_dir() or bool(each.stat().st_mode & 0o100)
        each.chmod(0o755 if runs else 0o644)
        os.utime(each, (epoch(), epoch()))
    folder.chmod(0o755)
    os.utime(folder, (epoch(), epoch()))


def say(text: str) -> None:
    print(f"package: {text}", file=sys.stderr, flush=True)
