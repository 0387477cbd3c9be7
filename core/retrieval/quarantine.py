"""Where broken indexes go: what is replaced is kept as evidence and never overwritten."""

from __future__ import annotations

import logging
from contextlib import suppress
from pathlib import Path

from core.crashpoints import reached
from core.records import now

log = logging.getLogger(__name__)

FOLDER = "quarantine"
REASON = "reason.txt"


def put_aside(index: Path, beside: Path, why: str) -> Path:
    """Move an index into the quarantine beside a folder, with the reason; returns where to.

    Raises OSError where it cannot be moved; it is then as it was.
    """
    place = _new_folder(beside)
    with suppress(FileNotFoundError):
        index.rename(place / index.name)
    reached("repair.aside")
    with suppress(OSError):  # the evidence counts, not the note
        (place / REASON).write_text(f"{why}\n", "utf-8")
    log.warning("a broken index was put aside in %s: %s", place, why)
    return place


def quarantined(beside: Path) -> list[Path]:
    """Return what was put aside, oldest first."""
    return sorted((beside.parent / FOLDER).glob("*"))


def _new_folder(beside: Path) -> Path:
    stamp = now().strftime("%Y%m%d-%H%M%S")
    for number in range(1000):
        mark = f"-{number}" if number else ""
        place = beside.parent / FOLDER / f"{stamp}-{beside.name}{mark}"
        with suppress(FileExistsError):
            place.mkdir(mode=0o700, parents=True)
            return place
    raise OSError(f"{beside.parent / FOLDER} is full of broken indexes")
