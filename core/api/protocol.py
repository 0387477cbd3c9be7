"""uvicorn's HTTP protocol, made impatient and thrifty.

What uvicorn leaves open: a connection may stay forever without sending a request's head, a
client may stop reading, and up to 64 KiB and more of a body are read before anybody has asked
for them. Here a head has a deadline, a stalled reader is cut off, a body is read piece by piece
as the application asks for it, and what is no HTTP is answered in the envelope of all errors.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from core.api.failures import envelope, status_of
from core.api.refusals import Malformed, TooSlow
from core.errors import OutpostError

HEAD_S = 15.0
"""From the first byte, or from connecting, to the end of a request's head."""
STALLED_S = 60.0
"""How long a client may take nothing of what is written to it."""
READ_BYTES = 16_384
"""What is read from a socket at once, at most."""


class Deadline:
    """Does something after a while unless it is ended before; begun twice, it began once."""

    def __init__(self, loop: asyncio.AbstractEventLoop, after_s: float, act: Callable[[], None]):
        self._loop = loop
        self._after_s = after_s
        self._act = act
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        if self._timer is None:
            self._timer = self._loop.call_later(self._after_s, self._act)

    def end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class TimedProtocol(H11Protocol):
    """One connection."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.access_log = False  # addresses hold what was searched for
        self._head = Deadline(self.loop, HEAD_S, self._head_is_late)
        self._stall = Deadline(self.loop, STALLED_S, lambda: self.transport.abort())
        self._seen: RequestResponseCycle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if hasattr(transport, "max_size"):  # asyncio's own would read 256 KiB at once
            transport.max_size = READ_BYTES
        self._head.begin()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head.end()
        self._stall.end()
        super().connection_lost(exc)

    def handle_events(self) -> None:
        super().handle_events()
        self._time_head()
        self._wait_for_reader()

    def _time_head(self) -> None:
        """Have a deadline while a part of a head is there, and none otherwise."""
        idle = self.cycle is None or self.cycle.response_complete
        if idle and self.conn.trailing_data[0]:
            self._head.begin()
        else:
            self._head.end()

    def _wait_for_reader(self) -> None:
        """Read no more of a body until the application asks for it; its `receive` resumes."""
        fresh, self._seen = self.cycle is not self._seen, self.cycle
        cycle = self.cycle
        if cycle is None or cycle.response_complete or not cycle.more_body:
            return
        if fresh or cycle.body:
            self.flow.pause_reading()

    def _head_is_late(self) -> None:
        if self.transport.is_closing():
            return
        if self.conn.trailing_data[0]:
            self._answer(TooSlow("The request's head did not arrive in time."))
        self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, or has a head that is too long."""
        self._answer(Malformed())
        self.transport.close()

    def _answer(self, error: OutpostError) -> None:
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            return
        body = json.dumps(envelope(error)).encode()
        headers = [
            ("content-type", "application/json"),
            ("content-length", str(len(body))),
            ("connection", "close"),
        ]
        response = h11.Response(status_code=status_of(error), headers=headers)
        for event in (response, h11.Data(data=body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stall.begin()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stall.end()
