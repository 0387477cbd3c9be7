"""The answers to one request, written side by side and read as one stream of numbered events."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence

from core.api.replies import Replies, Reply
from core.chat.completion import CompletionEvent
from core.records import PassagesFound, PromptProgress
from core.streams import Cancel

Make = Callable[[Cancel], Iterator[CompletionEvent]]
Events = list[tuple[int, CompletionEvent]]
"""With the number of the choice that each belongs to."""


class Choices:
    """Running answers; belongs to one event loop.

    The first begins alone: once it writes, the prompt is in memory, and the others need not
    read it again.
    """

    def __init__(self, replies: Replies, makes: Sequence[Make]):
        """Raises Busy where no further answer can be begun."""
        self._replies = replies
        self._rest = list(enumerate(makes))[1:]
        self._running: dict[int, Reply[CompletionEvent]] = {0: replies.start(makes[0])}
        self._reading: dict[asyncio.Task[list[CompletionEvent] | None], int] = {}

    async def first(self) -> Events:
        """Return the events up to the first that shows that the answer can be written."""
        events: Events = []
        while all(isinstance(event, PassagesFound) for _, event in events):
            more = await self.several()
            if more is None:
                break
            events += more
        return events

    async def several(self, deadline_s: float | None = None, pause_s: float = 0.0) -> Events | None:
        """Return what has come; nothing at the deadline, None after the last; raises errors.

        A pause lets more come first.
        """
        if not self._rest and not self._reading and len(self._running) == 1:
            ((number, reply),) = self._running.items()
            events = await reply.several(deadline_s, pause_s)
            return None if events is None else [(number, event) for event in events]
        await asyncio.sleep(pause_s)
        return await self._several_of_many(deadline_s)

    async def _several_of_many(self, deadline_s: float | None) -> Events | None:
        reading = set(self._reading.values())
        for number, reply in self._running.items():
            if number not in reading:
                self._reading[asyncio.create_task(reply.several())] = number
        if not self._reading:
            return None
        done, _ = await asyncio.wait(
            self._reading, timeout=deadline_s, return_when=asyncio.FIRST_COMPLETED
        )
        found: Events = []
        for task in done:
            number = self._reading.pop(task)
            events = task.result()
            if events is None:
                del self._running[number]
            else:
                found += [(number, event) for event in events]
        self._begin_rest(found)
        return found

    def _begin_rest(self, found: Events) -> None:
        written = any(not isinstance(event, PassagesFound | PromptProgress) for _, event in found)
        if self._rest and written:
            rest, self._rest = self._rest, []
            for number, make in rest:
                self._running[number] = self._replies.start(make)

    def leave(self) -> None:
        """Stop listening; what is still running is stopped."""
        for reply in self._running.values():
            reply.leave()
        for task in self._reading:
            task.cancel()
