"""One request and its answer, with limits on how much of the body is taken and for how long.

A client that is refused before its body was read must still get to see the answer: a socket that
is closed with unread bytes resets the connection, and the answer may be lost with it. So a small
rest is read, and for a large one the connection is closed a moment after the answer.
"""

from __future__ import annotations

import time

import anyio
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send

from core.api.refusals import BodyTooLarge, TooSlow, WrongMediaType

JSON, MULTIPART = "application/json", "multipart/form-data"
LIMITS_BYTES = {JSON: 2 << 20, MULTIPART: 1 << 30}
GRACE_S = 15.0
"""How long a body may keep us waiting, whatever its size."""
SLOWEST_BYTES_PER_S = 65_536
"""What is sent at this rate or faster may take as long as it needs."""
SMALL_BYTES = 16_384
REST_S = 0.2
LINGER_S = 0.5


def check_media_type(request: Request, *, takes_form: bool) -> None:
    """Raises WrongMediaType for a form where JSON is meant, or the reverse."""
    given = _media_type(request.headers)
    wanted = MULTIPART if takes_form else JSON
    if given in LIMITS_BYTES and given != wanted:
        raise WrongMediaType(wanted)


def _media_type(headers: Headers) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()


class Exchange:
    """The request's `receive` and the answer's `send`."""

    def __init__(self, scope: Scope, receive: Receive, send: Send):
        headers = Headers(scope=scope)
        self._receive = receive
        self._send = send
        self._length = headers.get("content-length", "0")
        self._chunked = "transfer-encoding" in headers
        self._media_type = _media_type(headers)
        self._received = 0
        self._waited_s = 0.0
        self._whole = not self._chunked and self._length == "0"
        self.started = False
        self.ended = False
        self.is_event_stream = False

    def check_body(self) -> None:
        """Raises WrongMediaType, BodyTooLarge for a body that need not even be looked at."""
        if self._whole:
            return
        if self._media_type not in LIMITS_BYTES:
            raise WrongMediaType(JSON)
        if not self._length.isdigit() or int(self._length) > self._limit:
            raise BodyTooLarge(self._limit)

    @property
    def _limit(self) -> int:
        return LIMITS_BYTES.get(self._media_type, 0)

    async def receive(self) -> Message:
        """Return the next piece of the body; raises BodyTooLarge, TooSlow."""
        if self._whole:
            return await self._receive()  # the client leaving, which may take as long as it likes
        left_s = GRACE_S + self._received / SLOWEST_BYTES_PER_S - self._waited_s
        before = time.monotonic()
        with anyio.move_on_after(max(left_s, 0.0)) as deadline:
            message = await self._receive()
        if deadline.cancelled_caught:
            raise TooSlow("The body did not arrive in time.")
        self._waited_s += time.monotonic() - before
        self._received += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        if self._received > self._limit:
            raise BodyTooLarge(self._limit)
        return message

    async def send(self, message: Message) -> None:
        """Send a piece of the answer."""
        if message["type"] == "http.response.start":
            await self._start(message)
            return
        self.ended = not message.get("more_body", False)
        if self.ended and not self._whole:
            await self._send({**message, "more_body": True})
            await anyio.sleep(LINGER_S)
            message = {"type": "http.response.body", "body": b"", "more_body": False}
        await self._send(message)

    async def _start(self, message: Message) -> None:
        self.started = True
        headers = list(message.get("headers", []))
        self.is_event_stream = any(
            name == b"content-type" and value.startswith(b"text/event-stream")
            for name, value in headers
        )
        await self._take_small_rest()
        if not self._whole:
            headers.append((b"connection", b"close"))
        await self._send({**message, "headers": headers})

    async def _take_small_rest(self) -> None:
        """Take what is left of a small body, so that the connection can go on being used."""
        small = self._length.isdigit() and int(self._length) <= SMALL_BYTES and not self._chunked
        if self._whole or not small:
            return
        with anyio.move_on_after(REST_S):
            while not self._whole:
                self._whole = not (await self._receive()).get("more_body", False)
