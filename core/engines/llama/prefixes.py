"""KV memory kept beyond the slots: recent conversations in RAM, system prompts on disk.

Reading a prompt is the slow part of a turn on a CPU; both stores turn it into a copy. What comes
from disk is checked by a SHA-256 before llama.cpp sees it, and named by everything that shapes
the numbers: model, adapters, build and the tokens themselves.
"""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

log = logging.getLogger(__name__)

MIN_TOKENS = 64
"""Shorter conversations are read again faster than they are kept."""
DIGEST_BYTES = 32
MAX_STORED_BYTES = 2 << 30
"""Of all system prompts on disk; the least recently used go first."""


def shared_prefix(first: Sequence[int], second: Sequence[int]) -> int:
    """Return how many leading tokens two sequences of the same type have in common."""
    limit = min(len(first), len(second))
    if first[:limit] == second[:limit]:
        return limit
    low, high = 0, limit  # the first `low` tokens are equal, the first `high` are not
    while high - low > 1:
        middle = (low + high) // 2
        if first[low:middle] == second[low:middle]:
            low = middle
        else:
            high = middle
    return low


class RecentConversations:
    """Exported memory of conversations that lost their slot, least recently used dropped first."""

    def __init__(self, max_bytes: int):
        self._max_bytes = max_bytes
        self._size = 0
        self._kept: OrderedDict[tuple[int, ...], bytes] = OrderedDict()

    @property
    def enabled(self) -> bool:
        return self._max_bytes > 0

    def put(self, tokens: Sequence[int], state: bytes) -> None:
        """Keep a conversation; what it continues is dropped, since it contains it."""
        key = tuple(tokens)
        for old in [old for old in self._kept if old == key[: len(old)]]:
            self._drop(old)
        self._kept[key] = state
        self._size += len(state)
        while self._size > self._max_bytes and self._kept:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: tuple[int, ...]) -> None:
        self._size -= len(self._kept.pop(key))

    def best(self, prompt: Sequence[int]) -> tuple[tuple[int, ...], int]:
        """Return the conversation that begins most like the prompt, and for how many tokens."""
        wanted = tuple(prompt)
        lengths = ((key, shared_prefix(key, wanted)) for key in self._kept)
        return max(lengths, key=lambda pair: pair[1], default=((), 0))

    def get(self, key: tuple[int, ...]) -> bytes:
        """Return a kept conversation's memory and count it as used."""
        self._kept.move_to_end(key)
        return self._kept[key]


class PrefixFile:
    """One system prompt's memory on disk."""

    def __init__(self, folder: Path, parts: Sequence[str], tokens: Sequence[int]):
        """Name the file by a digest of `parts` (model, adapters, build) and the tokens."""
        digest = hashlib.sha256("\0".join([*parts, repr(list(tokens))]).encode()).hexdigest()
        self.path = folder / f"{digest[:40]}.kv"

    def read(self) -> bytes | None:
        """Return the stored memory, or None if there is none or it is damaged."""
        try:
            content = self.path.read_bytes()
        except OSError:
            return None
        digest, state = content[:DIGEST_BYTES], content[DIGEST_BYTES:]
        if hashlib.sha256(state).digest() != digest:
            log.info("the stored system prompt %s is damaged and will be made again", self.path)
            return None
        with suppress(OSError):  # a read-only folder keeps its order
            os.utime(self.path)
        return state

    def write(self, state: bytes) -> None:
        """Store the memory and make room for it; a full disk is not worth failing for."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._replace(state)
            forget_oldest(self.path.parent, MAX_STORED_BYTES)
        except OSError as error:
            log.info("a system prompt's memory could not be stored: %s", error)

    def _replace(self, state: bytes) -> None:
        handle, temporary = tempfile.mkstemp(dir=self.path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(hashlib.sha256(state).digest())
                file.write(state)
            Path(temporary).replace(self.path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise


def forget_oldest(folder: Path, max_bytes: int) -> None:
    """Delete the least recently used prefix files until the rest fits into `max_bytes`."""
    files = [(path, path.stat()) for path in folder.glob("*.kv")]
    total = 0
    for path, status in sorted(files, key=lambda each: -each[1].st_mtime_ns):
        total += status.st_size
        if total > max_bytes:
            path.unlink(missing_ok=True)
