"""How fast each embedder has been on this machine, so that waiting can be foretold."""

from __future__ import annotations

import threading

WEIGHT = 0.2
"""Of the newest batch in the running average."""


class Pace:
    """Chunks a second by embedder; safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._per_s: dict[str, float] = {}

    def note(self, embedder_id: str, chunks: int, seconds: float) -> None:
        """Learn from a batch."""
        rate = chunks / max(seconds, 1e-6)
        with self._lock:
            before = self._per_s.get(embedder_id, rate)
            self._per_s[embedder_id] = before + WEIGHT * (rate - before)

    def seconds(self, embedder_id: str, chunks: float) -> float | None:
        """Return how long that many chunks will take, None where there is nothing to go by."""
        with self._lock:
            rate = self._per_s.get(embedder_id)
        return chunks / rate if rate else None
