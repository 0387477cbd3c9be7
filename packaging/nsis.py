"""The installer for Windows, compiled by NSIS from packaging/windows/outpost.nsi."""

from __future__ import annotations

from pathlib import Path

from ground import BUILD, DIST, HERE, NAME, ROOT, needed, run, version


def make(folder: Path) -> Path:
    """Make the installer of the frozen application's folder and return its file."""
    target = DIST / f"{NAME}-{version()}-setup.exe"
    given = {
        "VERSION": version(),
        "FOLDER": folder,
        "ICON": BUILD / "icons" / "outpost.ico",
        "LICENCE": ROOT / "LICENSE",
        "OUT": target,
    }
    defined = [f"-D{name}={value}" for name, value in given.items()]
    run([needed("makensis", "nsis"), "-V2", *defined, HERE / "windows" / "outpost.nsi"])
    return target
