"""ARCHITECTURE.md leads newcomers through the files, so these have to be there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "ARCHITECTURE.md").read_text("utf-8")


def test_every_file_it_names_exists() -> None:
    """Each path in backticks is a file or folder of the repository."""
    named = set(re.findall(r"`((?:core|desktop|tests|resources)/[\w./]+)", TEXT))
    assert len(named) > 15
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def test_every_room_of_the_core_is_described() -> None:
    """The tree of rooms names each module and package directly under core/ and desktop/."""
    tree = TEXT.partition("```")[2].partition("```")[0]
    for room in ("core", "desktop"):
        for path in (ROOT / room).iterdir():
            if path.suffix == ".py" or (path / "__init__.py").exists():
                name = path.name + ("/" if path.is_dir() else "")
                assert path.name == "__init__.py" or re.search(rf"^  {name} ", tree, re.MULTILINE)
