"""Files that ship with Outpost: found through the package, so that a checkout, an installed
distribution and a frozen bundle all read them from the same place.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

_DOCUMENT_SUFFIXES = (".pdf", ".md", ".txt")


def guide_dir() -> Path:
    """Return the folder of the starter collection: Outpost's own user guide."""
    return Path(str(files(__name__))) / "guide"


def guide_documents() -> tuple[Path, ...]:
    """Return the documents of the starter collection, in the order of their names."""
    found = (path for path in guide_dir().iterdir() if path.suffix in _DOCUMENT_SUFFIXES)
    return tuple(sorted(found))
