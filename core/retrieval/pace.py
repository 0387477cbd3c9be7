"""How fast each embedder has been on this machine, so that waiting can be foretold."""

from __future__ import annotations

import threading

WEIGHT = 0.2
"""Of the newest batch in the running average."""


class Pace:
    """Seconds for a chunk by embedder; safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._each_s: dict[str, float] = {}

    def note(self, embedder_id: str, chunks: int, seconds: float) -> None:
        """Learn from a batch."""
        each_s = seconds / chunks
        with self._lock:
            before = self._each_s.get(embedder_id, each_s)
            self._each_s[embedder_id] = before + WEIGHT * (each_s - before)

    def seconds(self, embedder_id: str, chunks: float) -> float | None:
        """Return how long that many chunks will take, None where there is nothing to go by."""
        with self._lock:
            each_s = self._each_s.get(embedder_id)
        return None if each_s is None else chunks * each_s
