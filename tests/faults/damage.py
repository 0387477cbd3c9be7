"""Ways in which a disk, or somebody, damages files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

Damage = Callable[[Path, Random], None]


def flip(path: Path, source: Random) -> None:
    """Change a few bits."""
    content = bytearray(path.read_bytes())
    for _ in range(source.randrange(1, 20)):
        content[source.randrange(len(content))] ^= 1 << source.randrange(8)
    path.write_bytes(content)


def scribble(path: Path, source: Random) -> None:
    """Write nonsense over a block."""
    content = bytearray(path.read_bytes())
    start = source.randrange(len(content))
    end = min(len(content), start + source.choice((16, 512, 4096)))
    content[start:end] = source.randbytes(end - start)
    path.write_bytes(content)


def blank(path: Path, source: Random) -> None:
    """Put zeros where a block was, as after a power failure."""
    content = bytearray(path.read_bytes())
    start = source.randrange(len(content)) // 512 * 512
    end = min(len(content), start + 4096)
    content[start:end] = bytes(end - start)
    path.write_bytes(content)


def cut(path: Path, source: Random) -> None:
    """Take the end away."""
    content = path.read_bytes()
    path.write_bytes(content[: source.randrange(len(content))])


def lengthen(path: Path, source: Random) -> None:
    """Add something at the end."""
    path.write_bytes(path.read_bytes() + source.randbytes(source.choice((1, 512, 5000))))


def remove(path: Path, source: Random) -> None:
    """Delete it."""
    path.unlink()


DAMAGES: tuple[Damage, ...] = (flip, scribble, blank, cut, lengthen, remove)


def damage_one(files: list[Path], source: Random) -> str:
    """Damage one of the files that have any content; returns what was done."""
    path = source.choice([file for file in sorted(files) if file.stat().st_size])
    before = path.read_bytes()
    while path.exists() and path.read_bytes() == before:  # zeros in a file of zeros are no damage
        damage = source.choice(DAMAGES)
        damage(path, source)
    return f"{damage.__name__} {path.name}"
