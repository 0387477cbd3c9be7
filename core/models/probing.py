"""A foreign model file is loaded in a process of its own before it is loaded here.

llama.cpp trusts a file further than it should, and what it does not expect aborts the process.
Header checks find most of that; this finds the rest, at the price of one worker's life.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from core.errors import Cancelled, EngineFailed, UnusableModel
from core.retrieval.child import Child, ChildDied, ChildLate, Frame
from core.streams import Cancel

log = logging.getLogger(__name__)

Probe = Callable[[Sequence[Path], Cancel], None]
START_LIMIT_S = 60.0
LIMIT_S = 60.0
SLOWEST_BYTES_PER_S = 20 << 20
"""A large file on a slow disk may take longer than the limit."""


def probed(files: Sequence[Path], cancel: Cancel) -> None:
    """Load a model, and the adapters after it, in a worker that may die of it.

    Raises UnusableModel where it does, or takes too long; Cancelled on request.
    """
    size_bytes = sum(path.stat().st_size for path in files)
    child = Child("model", str(size_bytes))
    cancel.on_set(child.kill)
    request = {"kind": "load", "files": [str(path) for path in files]}
    try:
        child.wait_ready(START_LIMIT_S)
        reply = child.ask(request, LIMIT_S + size_bytes / SLOWEST_BYTES_PER_S)
    except ChildLate:
        raise _refused(files[0], "timed_out", "loading it takes too long") from None
    except ChildDied as death:
        if cancel:
            raise Cancelled("The agent was stopped while its model was looked at.") from None
        log.info("a worker did not survive %s: %s", files[0].name, death)
        raise _refused(files[0], "crashes", "a process that loaded it did not survive") from death
    finally:
        child.close()
    _read(reply, files[0])


def _read(reply: Frame, path: Path) -> None:
    """Raise what the worker says of the file."""
    if "error" not in reply.head:
        return
    error = reply.head["error"]
    if error["reason"] == "bug":
        raise EngineFailed(f"'{path.name}' could not be looked at: {error['message']}")
    if error["reason"] == "too_big":
        raise _refused(path, "too_big", "loading it takes more memory than a file of its size")
    raise UnusableModel(error["message"], reason=error["reason"], advice=error.get("advice"))


def _refused(path: Path, reason: str, why: str) -> UnusableModel:
    return UnusableModel(f"'{path.name}' cannot be used: {why}.", reason=reason)
