"""Replies on their way to clients: running ones can be counted, refused and ended together.

Each reply runs on a worker thread through `core.streams.stream`. Whoever reads it can wait for
the next event with a deadline, which is what lets a stream say that it is still alive while a
long prompt is read. A client that leaves ends its reply.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from enum import Enum
from typing import Generic, TypeVar

from starlette.requests import Request

from core.chat.service import Chat
from core.errors import Busy
from core.records import Ask, ChatEvent
from core.streams import Cancel, Feed

T = TypeVar("T")

MAX_REPLIES = 64
"""Waiting replies each hold a thread; more than this is a mistake in a client."""


PAUSE_S = 0.025
"""Between two pieces of a stream: what is written meanwhile is sent together, 40 times a second.
Sending every token by itself takes 3 % of the speed at which they are written."""


class Silence(Enum):
    """Says that no event came within the deadline."""

    TOKEN = 0


class Reply(Generic[T]):
    """One running reply; belongs to one event loop."""

    def __init__(
        self, make: Callable[[Cancel], Iterator[T]], cancel: Cancel, executor: ThreadPoolExecutor
    ):
        self._cancel = cancel
        self._feed = Feed(lambda: make(cancel), cancel, executor)
        self._taken: deque[T] = deque()

    async def next(self, deadline_s: float | None = None) -> T | Silence | None:
        """Return the next event, None after the last, or SILENCE; raises the reply's error."""
        if not self._taken:
            events = await self.several(deadline_s)
            if not events:
                return None if events is None else Silence.TOKEN
            self._taken.extend(events)
        return self._taken.popleft()

    async def several(
        self, deadline_s: float | None = None, pause_s: float = 0.0
    ) -> list[T] | None:
        """Return all events that have come; none at the deadline, None after the last.

        A pause lets more come first, unless that was the last. Raises the reply's error.
        """
        try:
            events = await self._feed.take(deadline_s, pause_s)
        except BaseException:
            self._cancel.set()
            raise
        if events is None:
            self._cancel.set()
        return events

    def leave(self) -> None:
        """Stop listening; a reply that is still running is stopped."""
        self._cancel.set()


class Replies:
    """Starts replies and ends all of them when the server stops."""

    def __init__(self, chat: Chat, limit: int = MAX_REPLIES):
        self._chat = chat
        self._limit = limit
        self._lock = threading.Lock()
        self._running: set[Cancel] = set()
        self._stopped = False
        self._executor = ThreadPoolExecutor(limit, thread_name_prefix="outpost-reply")

    def begin(self, ask: Ask) -> Reply[ChatEvent]:
        """Start the reply to a question; raises as `start` does."""
        return self.start(lambda cancel: self._chat.reply(ask, cancel))

    def start(self, make: Callable[[Cancel], Iterator[T]]) -> Reply[T]:
        """Start anything that is written bit by bit, on the calling loop; raises Busy."""
        cancel = Cancel()
        with self._lock:
            if self._stopped:
                raise Busy("Outpost is just ending.")
            if len(self._running) >= self._limit:
                raise Busy(f"{self._limit} replies are being written already.")
            self._running.add(cancel)
        cancel.on_set(lambda: self._forget(cancel))
        return Reply(make, cancel, self._executor)

    def stop(self) -> None:
        """End every reply; each is stored as stopped with the text written so far."""
        with self._lock:
            self._stopped = True
            running = list(self._running)
        for cancel in running:
            cancel.set()
        self._executor.shutdown(wait=False)

    def _forget(self, cancel: Cancel) -> None:
        with self._lock:
            self._running.discard(cancel)


async def last_of(request: Request, reply: Reply[T]) -> T | None:
    """Wait for the reply's last event; a client that leaves meanwhile ends it."""
    watch, last = asyncio.create_task(_leave_with_client(request, reply)), None
    try:
        while (events := await reply.several(pause_s=PAUSE_S)) is not None:
            last = events[-1] if events else last
        return last
    finally:
        watch.cancel()
        reply.leave()


async def _leave_with_client(request: Request, reply: Reply[T]) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
    reply.leave()
