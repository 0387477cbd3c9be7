"""The probe: opens a keyword index that may be damaged, in a process that may die of it.

It reads every chunk's id, once through each segment, and says how many there are.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from core.retrieval.child import Child, ChildDied, ChildLate, Frame
from core.retrieval.opened_index import chunk_ids
from core.retrieval.worker import Handler, Lane, Limits, serve

LIMIT_S = 60.0
MEMORY_BYTES = 8 << 30
"""Address space, most of it mapped files; a damaged length asks for far more."""


def probe(folder: Path) -> str | None:
    """Return what is wrong with an index, None where it can be opened and read."""
    child = Child("lexical-probe", str(folder))
    try:
        head = child.wait_ready(LIMIT_S).head
    except (ChildDied, ChildLate) as problem:
        return str(problem)
    finally:
        child.close()
    return str(head["error"]["message"]) if "error" in head else None


def _prepare(folder: Path) -> tuple[Handler, Mapping[str, Any]]:
    return _echo, {"chunks": len(chunk_ids(folder))}


def _echo(request: Frame) -> Frame:
    return Frame({})


def main(arguments: list[str]) -> None:
    """Look into the folder that is named, say what was found, and wait to be ended."""
    lane = Lane(frozenset({"echo"}))
    serve(partial(_prepare, Path(arguments[0])), [lane], Limits(memory_bytes=MEMORY_BYTES))


if __name__ == "__main__":
    main(sys.argv[1:])
