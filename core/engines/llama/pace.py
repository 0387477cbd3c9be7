"""How much of a prompt to read beside running streams, so that they keep half their speed.

On processors a step takes longer with every token in it, and a token costs more the more text is
before it; on graphics cards hundreds of tokens may cost next to nothing. So nothing is assumed:
what steps take is measured all the time, and reading gets a fixed share of the time on top.
"""

from __future__ import annotations

READING_SHARE = 0.7
"""How much longer than usual a step may take, on average, because prompts are read in it."""
FIRST_PIECE_TOKENS = 4
"""What is read beside streams before anything is known of what reading costs."""
SMOOTHING = 0.2
"""Weight of the newest step in the running averages."""
MOST_GROWTH = 1.5
"""A step counts for at most this multiple of the average: hiccups of the machine are no news."""
CHECK_EVERY = 16
"""After so many steps with reading comes one without, since streams get slower as they grow."""
LEAST_COST_SHARE = 0.1
"""Least share of a step's time that is put down to reading: times are noisy."""


class Pace:
    """Learns what steps cost; used by the owner thread of a context alone."""

    def __init__(self) -> None:
        self._usual_s: dict[int, float] = {}
        """Seconds of a step without reading, by the number of streams in it."""
        self._reading_s = self._read = 0.0
        """Seconds that reading added to a step, and the tokens read in it. Averaged one by one: the
        mean of their quotients would make the noise of small pieces look like cheap tokens."""
        self._due = 0.0
        """Prompt tokens that may be read now; what is left of one is kept for the next step."""
        self._steps_since_check = 0

    def piece(self, writing: int, most: int) -> int:
        """Return how many prompt tokens, 0 to `most`, to read beside `writing` streams."""
        if not writing:
            return most
        usual_s = self._usual_s.get(writing)
        if usual_s is None or self._steps_since_check >= CHECK_EVERY:
            return 0  # so that this step tells
        if not self._read:
            return min(most, FIRST_PIECE_TOKENS)
        token_s = self._reading_s / self._read
        self._due = min(self._due % 1 + READING_SHARE * usual_s / token_s, most)
        return int(self._due)

    def learn(self, writing: int, reading: int, seconds: float) -> None:
        """Take in what a step took that wrote and read so many tokens."""
        if not reading:
            before_s = self._usual_s.get(writing, seconds)
            self._usual_s[writing] = _smoothed(before_s, min(seconds, MOST_GROWTH * before_s))
            self._steps_since_check = 0
            return
        own_s = max(seconds - self._usual_s.get(writing, 0.0), LEAST_COST_SHARE * seconds)
        self._reading_s = _smoothed(self._reading_s or own_s, own_s)
        self._read = _smoothed(self._read or reading, reading)
        self._steps_since_check += 1


def _smoothed(before: float, newest: float) -> float:
    return before + SMOOTHING * (newest - before)
