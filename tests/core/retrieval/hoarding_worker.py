"""A worker whose work takes 100 MB for a while, in blocks too small for pages of their own."""

from __future__ import annotations

import sys

from core.retrieval.child import Frame
from core.retrieval.worker import Lane, serve

BLOCK_BYTES = 100_000
BLOCKS = 1000
_kept: list[bytes] = []


def _hoard(request: Frame) -> Frame:
    """Take much, and keep the last block: what lies below it is freed, but not given back."""
    blocks = [b"x" * BLOCK_BYTES for _ in range(BLOCKS)]
    _kept.append(blocks.pop())
    return Frame({})


def main(arguments: list[str]) -> None:
    """Serve until the parent closes the pipe."""
    serve(lambda: (_hoard, {}), [Lane(frozenset({"hoard"}))])


if __name__ == "__main__":
    main(sys.argv[1:])
