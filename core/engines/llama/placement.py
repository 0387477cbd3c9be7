"""Finds each request a slot, with as much of its prompt as possible in memory already.

Memory to go on from can lie in the slot itself, in another slot or a kept system prompt (shared
by copying cells, which costs nothing), or among recent conversations in RAM. What a slot loses
by serving somebody else goes to RAM first.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.engines.llama.native import Context
from core.engines.llama.prefixes import MIN_TOKENS, RecentConversations
from core.engines.llama.slots import Slot, best_source, choose_target


class Placement:
    """The slots of one context; used by its owner thread alone."""

    def __init__(self, context: Context, slots: int, kept: int, recent_bytes: int):
        self._context = context
        self.slots = [Slot(sequence) for sequence in range(slots)]
        self._kept = [Slot(slots + at, kept=True) for at in range(kept)]
        self._recent = RecentConversations(recent_bytes)

    @property
    def all(self) -> list[Slot]:
        return [*self.slots, *self._kept]

    def free(self) -> list[Slot]:
        """Return the slots that serve nobody."""
        return [slot for slot in self.slots if slot.request is None]

    def busy(self) -> list[Slot]:
        return [slot for slot in self.all if slot.request is not None]

    def place(self, prompt: Sequence[int]) -> Slot:
        """Return a free slot that holds as much of the prompt as can be had.

        At least the prompt's last token is left to read, since its logits are needed.
        """
        limit = len(prompt) - 1
        source, length = best_source(self.all, prompt)
        key, recent_length = self._recent.best(prompt)
        target = choose_target(self.free(), source, min(length, limit))
        if target is not source or length < len(target.cached):
            self._remember(target, length if target is source else 0)
        if recent_length > length and self._restore(target, self._recent.get(key), key):
            length = recent_length
        elif source is not None and source is not target and length > 0:
            self._context.copy(source.sequence, target.sequence)
            target.cached = source.cached[:]
        elif source is not target:
            length = 0
        self.cut(target, min(length, limit))
        self._retire_idle(target)
        return target

    def _retire_idle(self, target: Slot) -> None:
        """Move the conversations of idle slots to RAM.

        Attention runs over all cells up to the last one in use, so every token would pay for
        conversations that nobody is continuing at the moment.
        """
        if not self._recent.enabled:
            return
        for slot in self.free():
            if slot is not target and slot.cached:
                self._remember(slot, 0)
                self.cut(slot, 0)

    def place_kept(self) -> Slot | None:
        """Return an emptied place for a system prompt, the one unused for longest."""
        idle = [slot for slot in self._kept if slot.request is None]
        slot = min(idle, key=lambda slot: slot.last_used, default=None)
        if slot is not None:
            self.cut(slot, 0)
        return slot

    def restore_kept(self, slot: Slot, state: bytes, tokens: Sequence[int]) -> bool:
        """Fill a place from stored memory; False if it does not fit."""
        return self._restore(slot, state, tokens)

    def _restore(self, slot: Slot, state: bytes, tokens: Sequence[int]) -> bool:
        done = self._context.restore(slot.sequence, state)
        slot.cached = list(tokens)
        if not (done and self._complete(slot, tokens)):
            self.cut(slot, 0)
        return bool(slot.cached)

    def _complete(self, slot: Slot, tokens: Sequence[int]) -> bool:
        return self._context.length(slot.sequence) == len(tokens)

    def _remember(self, slot: Slot, kept_tokens: int) -> None:
        """Export what a slot is about to lose, unless it is little."""
        if len(slot.cached) - kept_tokens >= MIN_TOKENS and self._recent.enabled:
            self._recent.put(slot.cached, self._context.export(slot.sequence))

    def cut(self, slot: Slot, length: int) -> None:
        """Forget all of a slot's memory past `length` tokens."""
        del slot.cached[self._context.keep(slot.sequence, length) :]

    def forget_idle(self) -> bool:
        """Free what serves nobody: slots first, then system prompts; False if there is nothing."""
        idle = [slot for slot in self.free() if slot.cached]
        idle = idle or [slot for slot in self._kept if slot.cached and slot.request is None]
        for slot in idle:
            self.cut(slot, 0)
        return bool(idle)
