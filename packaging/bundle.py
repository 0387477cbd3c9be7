"""The frozen application: one folder that needs neither Python nor anything else of the project."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from embedder import folder_with_graph
from ground import BUILD, NAME, ROOT, PackagingError, fresh, run, say, settle, size_mb, version
from papers import write_licences
from variants import libraries

FOLDER = BUILD / "bundle" / NAME
PARTS = BUILD / "parts.txt"


def make() -> Path:
    """Freeze the application, add its papers, try it, and return its folder."""
    BUILD.mkdir(exist_ok=True)
    fresh(FOLDER.parent)
    run(
        [
            *(sys.executable, "-m", "PyInstaller", "--noconfirm", "--clean", "--log-level", "WARN"),
            *("--distpath", FOLDER.parent, "--workpath", BUILD / "pyinstaller"),
            ROOT / "build.spec",
        ],
        OUTPOST_VARIANTS=str(libraries()),
        OUTPOST_EMBEDDER=str(folder_with_graph()),
        OUTPOST_PARTS=str(PARTS),
    )
    write_licences(PARTS, FOLDER / "_internal" / "resources" / "licences.json")
    settle(FOLDER)
    try_out(FOLDER)
    say(f"the application's folder holds {size_mb(FOLDER):.0f} MB")
    return FOLDER


def try_out(folder: Path) -> None:
    """See that the frozen program starts, knows its version and finds its engine."""
    program = str(folder / NAME)
    told = subprocess.run([program, "--version"], capture_output=True, text=True)
    if told.stdout.split()[-1:] != [version()]:
        raise PackagingError(f"The frozen program says {told.stdout!r}: {told.stderr}")
    with tempfile.TemporaryDirectory() as empty:
        command = [program, "doctor", "--json", "--data-dir", empty]
        found = subprocess.run(command, capture_output=True, text=True)
    if found.returncode != 0:
        raise PackagingError(f"The frozen program's doctor complains: {found.stdout}{found.stderr}")
    for each in json.loads(found.stdout):
        if each["about"] in ("engine", "processor", "starter model"):
            say(f"{each['about']}: {each['text']}")


if __name__ == "__main__":
    print(make())
