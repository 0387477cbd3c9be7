"""Paths of this machine that a client names: for the owner alone, and only what is there."""

from __future__ import annotations

import os
from pathlib import Path

from core.errors import Forbidden, NotFound

ABSOLUTE = r"^/" if os.name == "posix" else r"^([A-Za-z]:[\\/]|\\\\)"


def existing(path: str) -> Path:
    """Return the file or folder; raises NotFound where there is none."""
    named = Path(path)
    try:
        there = named.exists()
    except OSError:  # a name that is too long, for example
        there = False
    if not there:
        raise NotFound("file or folder", path)
    return named


def outside(path: str, data_dir: Path) -> Path:
    """Return what can be read as documents; raises NotFound, Forbidden for Outpost's own data."""
    named = existing(path)
    if data_dir.resolve().is_relative_to(named.resolve()):
        raise Forbidden(
            f"'{path}' holds Outpost's own data folder.",
            advice="Choose a folder in it that holds nothing but documents.",
        )
    return named
