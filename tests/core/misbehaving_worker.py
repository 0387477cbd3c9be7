"""Stands for a library that a model file brings down: what it does is in the file's name."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from core.retrieval.child import Frame
from core.retrieval.worker import Lane, Limits, serve


def _load(request: Frame) -> Frame:
    name = Path(request.head["files"][0]).stem
    if name == "abort":
        os.abort()
    if name == "hang":
        time.sleep(600)
    if name == "grow":
        kept = [bytearray(1 << 30) for _ in range(100)]
        return Frame({"kept": len(kept)})
    return Frame({})


def main(arguments: list[str]) -> None:
    """Serve until the parent closes the pipe, with limits like the real one's."""
    limits = Limits(memory_bytes=2 << 30, writes_files=False)
    serve(lambda: (_load, {}), [Lane(frozenset({"load"}))], limits)


if __name__ == "__main__":
    main(sys.argv[1:])
