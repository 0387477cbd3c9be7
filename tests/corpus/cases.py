"""What a case of the corpus is, which of them run, and how a good file is spoiled."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

EVERY = 1 if os.environ.get("OUTPOST_CORPUS") == "all" else 12
"""One of so many cases of a slow family runs."""


@dataclass(frozen=True)
class Case:
    """A file by its name, and what writes it there."""

    name: str
    make: Callable[[Path], object]

    def written(self, folder: Path) -> Path:
        """Write the file into a folder and return its path."""
        path = folder / self.name
        self.make(path)
        return path


def sample(cases: Sequence[Case]) -> Sequence[Case]:
    """Return the cases that run this time."""
    return cases[::EVERY]


def of_bytes(name: str, content: bytes | str) -> Case:
    """A file with this content."""
    raw = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    return Case(name, lambda path: path.write_bytes(raw))


def cut(name: str, whole: Callable[[], bytes], shares: Sequence[float]) -> Iterator[Case]:
    """Files that end too early, after these shares of a good one."""
    stem, dot, ending = name.rpartition(".")
    for share in shares:

        def write(path: Path, share: float = share) -> None:
            content = whole()
            path.write_bytes(content[: int(len(content) * share)])

        yield Case(f"{stem}-cut-{share}{dot}{ending}", write)


def spoiled(name: str, whole: Callable[[], bytes], count: int) -> Iterator[Case]:
    """Files with some bytes changed, taken away or doubled somewhere."""
    stem, dot, ending = name.rpartition(".")
    for seed in range(count):

        def write(path: Path, seed: int = seed) -> None:
            path.write_bytes(_spoil(whole(), random.Random(f"{name} {seed}")))

        yield Case(f"{stem}-spoiled-{seed}{dot}{ending}", write)


def _spoil(content: bytes, dice: random.Random) -> bytes:
    spoilt = bytearray(content)
    for _ in range(dice.choice((1, 3, 20, 200))):
        at, length = dice.randrange(len(spoilt)), dice.randrange(1, 16)
        piece = spoilt[at : at + length]
        what = dice.choice(("change", "change", "remove", "double", "zero"))
        if what == "change":
            spoilt[at : at + length] = dice.randbytes(len(piece))
        elif what == "remove":
            del spoilt[at : at + length]
        elif what == "double":
            spoilt[at:at] = piece * dice.choice((1, 50))
        else:
            spoilt[at : at + length] = bytes(len(piece))
    return bytes(spoilt)
