"""Replies on their way to clients: running ones can be counted, refused and ended together.

Each reply runs on a worker thread through `core.streams.stream`. Whoever reads it can wait for
the next event with a deadline, which is what lets a stream say that it is still alive while a
long prompt is read. A client that leaves ends its reply.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from enum import Enum

from core.chat.service import Chat
from core.errors import Busy
from core.records import Ask, ChatEvent
from core.streams import Cancel, stream

MAX_REPLIES = 64
"""Waiting replies each hold a thread; more than this is a mistake in a client."""


class Silence(Enum):
    """Says that no event came within the deadline."""

    TOKEN = 0


class Reply:
    """One running reply; belongs to one event loop."""

    def __init__(self, chat: Chat, ask: Ask, cancel: Cancel, executor: ThreadPoolExecutor):
        self._chat = chat
        self._ask = ask
        self._cancel = cancel
        self._events: asyncio.Queue[ChatEvent | BaseException | None] = asyncio.Queue()
        self._pump = asyncio.create_task(self._run(executor))

    async def next(self, deadline_s: float | None = None) -> ChatEvent | Silence | None:
        """Return the next event, None after the last, or SILENCE; raises the reply's error."""
        try:
            event = await asyncio.wait_for(self._events.get(), deadline_s)
        except TimeoutError:
            return Silence.TOKEN
        if isinstance(event, BaseException):
            raise event
        return event

    def leave(self) -> None:
        """Stop listening; a reply that is still running is stopped."""
        self._cancel.set()
        self._pump.cancel()

    async def _run(self, executor: ThreadPoolExecutor) -> None:
        def make() -> Iterator[ChatEvent]:
            return self._chat.reply(self._ask, self._cancel)

        try:
            async with aclosing(stream(make, self._cancel, executor)) as events:
                async for event in events:
                    self._events.put_nowait(event)
        except Exception as error:  # handed over to whoever reads the events
            self._events.put_nowait(error)
        finally:
            self._events.put_nowait(None)


class Replies:
    """Starts replies and ends all of them when the server stops."""

    def __init__(self, chat: Chat, limit: int = MAX_REPLIES):
        self._chat = chat
        self._limit = limit
        self._lock = threading.Lock()
        self._running: set[Cancel] = set()
        self._stopped = False
        self._executor = ThreadPoolExecutor(limit, thread_name_prefix="outpost-reply")

    def begin(self, ask: Ask) -> Reply:
        """Start a reply on the calling loop; raises Busy where it cannot be."""
        cancel = Cancel()
        with self._lock:
            if self._stopped:
                raise Busy("Outpost is just ending.")
            if len(self._running) >= self._limit:
                raise Busy(f"{self._limit} replies are being written already.")
            self._running.add(cancel)
        cancel.on_set(lambda: self._forget(cancel))
        return Reply(self._chat, ask, cancel, self._executor)

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
