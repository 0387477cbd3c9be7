"""A reply while it is being written: what has come of it, and how long its reading still takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from core.records import Agent, ChatEvent, ConversationId, Message
from core.streams import Cancel

SURE_AFTER_S = 0.7
"""How long a prompt is read before the time left is told."""


@dataclass(slots=True)
class LiveReply:
    """A reply being written."""

    agent: Agent
    question: str
    conversation_id: ConversationId | None
    begin: Callable[[Cancel], Iterator[ChatEvent]]
    cancel: Cancel = field(default_factory=Cancel)
    message: Message | None = None
    reading_since_s: float = 0.0
    """When the model began to read the prompt, by the monotonic clock."""
    text: str = ""
    unshown: str = ""
    """Text that has arrived since the page was last told."""
    read: tuple[int, int] = (0, 0)
    """(tokens read, tokens in all) of the prompt."""
    passages: int | None = None
    """How many passages were found; None before searching."""

    @property
    def seconds_left(self) -> float | None:
        """How long the rest of the prompt takes at the pace so far; None while that is a guess."""
        read, total = self.read
        spent_s = time.monotonic() - self.reading_since_s
        if not read or read >= total or spent_s < SURE_AFTER_S:
            return None
        return spent_s * (total - read) / read
