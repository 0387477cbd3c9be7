"""Where the items of a long column lie: heights that are guessed until they were measured.

Asked several times for each picture while one scrolls, so nothing here goes over all items unless
they are other ones; a column of thousands costs as much as a short one.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate


class Places:
    """Knows for each item of a column, in pixels, where it begins and ends."""

    def __init__(self, guess: Callable[[str, int], int], lead: int):
        self._guess, self._lead = guess, lead
        self.keys: list[str] = []
        self._at: dict[str, int] = {}
        self._measured: dict[str, int] = {}
        self._heights: list[int] = []
        self._tops = [lead]

    def show(self, keys: Sequence[str], width: int) -> None:
        """Take these items, in their order; the measured ones keep their heights."""
        self.keys = list(keys)
        self._at = {key: at for at, key in enumerate(self.keys)}
        self._heights = [self._measured.get(key) or self._guess(key, width) for key in self.keys]
        self._add_up(0)

    def measure(self, key: str, height: int) -> None:
        """Note how tall an item really is; one that is not shown is ignored."""
        at = self._at.get(key)
        if at is None:
            return
        self._measured[key] = height
        if height != self._heights[at]:
            self._heights[at] = height
            self._add_up(at)

    def forget(self, width: int) -> None:
        """Guess every height again, because the column's width or its content changed."""
        self._measured.clear()
        self.show(self.keys, width)

    def _add_up(self, start: int) -> None:
        """Find where the items behind one begin anew."""
        ends = accumulate(self._heights[start:], initial=self._tops[start])
        self._tops[start:] = ends

    # ------------------------------------------------------------ asking

    @property
    def end(self) -> int:
        """Where the last item ends."""
        return self._tops[-1]

    def index(self, key: str) -> int:
        """Return the place of an item in the order; raises KeyError for one that is not shown."""
        return self._at[key]

    def top(self, at: int) -> int:
        """Return where an item begins; behind the last one, where the column ends."""
        return self._tops[min(at, len(self.keys))]

    def bottom(self, at: int) -> int:
        return self._tops[at + 1]

    def at(self, height: int) -> int:
        """Return the index of the item that lies at a height; len(keys) behind the last one."""
        return min(max(0, bisect_right(self._tops, height) - 1), len(self.keys))

    def between(self, low: int, high: int) -> range:
        """Return the indices of the items that lie, if in part, between two heights."""
        return range(self.at(low), min(bisect_left(self._tops, high), len(self.keys)))
