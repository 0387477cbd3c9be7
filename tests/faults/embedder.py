"""An embedder that is there at once: words to numbers by their hash, in this process.

A life that lasts a second has no time to load a model; what is tried here is what becomes of
vectors, not how good they are. Texts that share words are near each other, as search expects.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.app import Core
from core.retrieval.embedders import STARTER

if TYPE_CHECKING:
    from core.retrieval.embedding import Vectors

DIMENSION = 64


class WordEmbedder:
    """Vectors of length 1; the same text gives the same vector in every process."""

    def __init__(self, dimension: int = DIMENSION):
        self.name = f"words:{dimension}"
        self.dimension = dimension

    def start(self) -> None:
        """It is ready."""

    def warm(self) -> None:
        """It is ready."""

    def embed_passages(self, texts: Sequence[str], *, gently: bool = False) -> Vectors:
        return np.array([self._row(text) for text in texts], dtype=np.float32)

    def embed_query(self, text: str, wait_s: float = 0.0) -> Vectors:
        return self._row(text)

    def known(self, text: str) -> float:
        return 1.0

    def tokens(self, text: str) -> int:
        return len(text.split())

    def close(self) -> None:
        """Nothing is open."""

    def _row(self, text: str) -> Vectors:
        row = np.zeros(self.dimension, dtype=np.float32)
        for word in re.findall(r"\w+", text.lower()):
            seed = zlib.crc32(word.encode())
            numbers = np.random.default_rng(seed).standard_normal(self.dimension)
            row += numbers.astype(np.float32)
        length = float(np.linalg.norm(row))
        return row / length if length else np.eye(self.dimension, dtype=np.float32)[0]


def give(core: Core) -> None:
    """Let a core that was not started yet use this embedder in the starter's place."""
    made = WordEmbedder()
    core.collections._embedders._running[STARTER] = made
    core.collections._embedder = made
