"""How much of a prompt to read beside running streams, so that they keep half their speed.

On processors a step takes longer with every token in it, and a token costs more the more text is
before it; on graphics cards hundreds of tokens may cost next to nothing. So nothing is assumed:
what steps take is measured all the time, and reading gets a fixed share of the time on top.
"""

from __future__ import annotations

READING_SHARE = 0.8
"""How much longer than usual a step may take, on average, because prompts are read in it."""
FIRST_PIECE_TOKENS = 4
"""What is read beside streams before anything is known of what reading costs."""
SMOOTHING = 0.3
"""Weight of the newest step in the running averages."""
LEAST_COST_SHARE = 0.1
"""Least share of a step's time that is put down to reading: times are noisy."""


class Pace:
    """Learns what steps cost; used by the owner thread of a context alone."""

    def __init__(self) -> None:
        self._usual_s: dict[int, float] = {}
        """Seconds of a step without reading, by the number of streams in it."""
        self._token_s = 0.0
        """Seconds that one more prompt token adds to a step; 0 while unknown."""
        self._due = 0.0
        """Prompt tokens that may be read now; what is left of one is kept for the next step."""

    def piece(self, writing: int, most: int) -> int:
        """Return how many prompt tokens, 0 to `most`, to read beside `writing` streams."""
        if not writing:
            return most
        usual_s = self._usual_s.get(writing)
        if usual_s is None:
            return 0  # so that this step tells
        if not self._token_s:
            return min(most, FIRST_PIECE_TOKENS)
        self._due = min(self._due % 1 + READING_SHARE * usual_s / self._token_s, most)
        return int(self._due)

    def learn(self, writing: int, reading: int, seconds: float) -> None:
        """Take in what a step took that wrote and read so many tokens."""
        if not reading:
            before = self._usual_s.get(writing)
            self._usual_s[writing] = _smoothed(before, seconds)
            return
        own_s = max(seconds - self._usual_s.get(writing, 0.0), LEAST_COST_SHARE * seconds)
        self._token_s = _smoothed(self._token_s or None, own_s / reading)


def _smoothed(before: float | None, newest: float) -> float:
    return newest if before is None else before + SMOOTHING * (newest - before)
