"""Model files on their way into the models folder, and what they are as bytes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from core.errors import Cancelled, Conflict
from core.streams import Cancel

BLOCK_BYTES = 4 << 20

Progress = Callable[[int, int], None]
"""Called with the bytes done and the bytes in all."""


def sha256_of(path: Path, cancel: Cancel) -> str:
    """Return the SHA-256 of a file in hex; raises OSError, and Cancelled on request."""
    digest = hashlib.sha256()
    for block in blocks_of(path):
        if cancel:
            raise Cancelled()
        digest.update(block)
    return digest.hexdigest()


def blocks_of(path: Path) -> Iterator[bytes]:
    """Yield a file's content."""
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            yield block


def write(blocks: Iterable[bytes], target: Path, cancel: Cancel) -> None:
    """Write a new file and make it durable; raises OSError, and Cancelled on request."""
    with target.open("xb") as file:
        for block in blocks:
            if cancel:
                raise Cancelled()
            file.write(block)
        file.flush()
        os.fsync(file.fileno())


def publish(partial: Path, target: Path) -> None:
    """Give the finished copy its name, durably and without replacing another file."""
    try:
        os.link(partial, target)
    except FileExistsError as error:
        raise Conflict(f"There is already a model file '{target.name}'.") from error
    except OSError:  # a file system without hard links
        partial.rename(target)
    if os.name == "posix":
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
