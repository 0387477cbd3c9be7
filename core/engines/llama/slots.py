"""Which tokens go into the next batch: the bookkeeping of continuous batching, without llama.cpp.

A slot is one sequence of the context. It remembers which tokens are in KV memory, also after its
request has ended, so that the next request that starts alike has only the rest to read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from core.engines.llama.prefixes import shared_prefix
from core.engines.llama.request import Request


@dataclass(slots=True, eq=False)
class Slot:
    """One sequence: what is in memory, and the request that is being served, if any."""

    sequence: int
    cached: list[int] = field(default_factory=list)
    request: Request | None = None
    next_token: int | None = None
    """The token sampled last and not yet decoded; None while the prompt is being read."""
    last_used: int = 0
    kept: bool = False
    """True for a place that holds a system prompt and never writes an answer."""

    @property
    def unread(self) -> int:
        """How many tokens of the prompt are still to be read."""
        if self.request is None or self.next_token is not None:
            return 0
        return len(self.request.prompt) - len(self.cached)


@dataclass(slots=True)
class Plan:
    """One batch: parallel lists of tokens, positions and sequences, and whom to sample for."""

    tokens: list[int] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    sequences: list[int] = field(default_factory=list)
    outputs: list[tuple[int, Slot]] = field(default_factory=list)
    """Batch index and slot of every token whose successor is wanted."""
    spans: list[tuple[Slot, int]] = field(default_factory=list)
    """How many tokens each slot has in the batch."""

    def add(self, slot: Slot, tokens: Sequence[int], *, sample: bool) -> None:
        first = len(slot.cached)
        self.tokens.extend(tokens)
        self.positions.extend(range(first, first + len(tokens)))
        self.sequences.extend([slot.sequence] * len(tokens))
        self.spans.append((slot, len(tokens)))
        if sample:
            self.outputs.append((len(self.tokens) - 1, slot))


def plan_step(slots: Iterable[Slot], capacity: int, piece: int) -> Plan:
    """Put every writing slot's token into the batch, then up to `piece` tokens of prompts.

    Prompts are read shortest rest first, so that a short question does not wait for a long one.
    """
    plan = Plan()
    busy = [slot for slot in slots if slot.request is not None]
    for slot in busy:
        if slot.next_token is not None:
            plan.add(slot, [slot.next_token], sample=True)
    room = min(piece, capacity - len(plan.tokens))
    for slot in sorted((slot for slot in busy if slot.unread), key=lambda slot: slot.unread):
        if room <= 0:
            break
        assert slot.request is not None
        start = len(slot.cached)
        part = slot.request.prompt[start : start + room]
        complete = start + len(part) == len(slot.request.prompt)
        plan.add(slot, part, sample=complete and not slot.kept)
        room -= len(part)
    return plan


def best_source(slots: Sequence[Slot], prompt: Sequence[int]) -> tuple[Slot | None, int]:
    """Return the slot whose memory starts most like the prompt, and for how many tokens."""
    best: tuple[Slot | None, int] = (None, 0)
    for slot in slots:
        length = shared_prefix(slot.cached, prompt)
        if length > best[1]:
            best = (slot, length)
    return best


def choose_target(free: Sequence[Slot], source: Slot | None, length: int) -> Slot:
    """Return the free slot to serve a request whose best prefix lies in `source`.

    The source itself, if it is free and the request goes on where it ended; otherwise the slot
    that has been unused for longest, so that a branch does not destroy what others may go on from.
    """
    if source is not None and source in free and length >= len(source.cached) // 2:
        return source
    others = [slot for slot in free if slot is not source] or list(free)
    return min(others, key=lambda slot: (len(slot.cached) > 0, slot.last_used))
