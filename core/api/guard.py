"""The door: Host, Origin, token and size are checked before a byte of the body is read.

A plain ASGI middleware around everything, the documentation included. A web page in the
operator's browser can reach the loopback address too, by its own name rebound to 127.0.0.1 or
by a form or script of a foreign origin; hence the exact set of hosts, and no foreign Origin.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable

import anyio.to_thread
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.api.failures import BodyTooLarge, WrongMediaType, answer, bug
from core.errors import Forbidden, OutpostError, Unauthenticated
from core.users import Principal, Users

log = logging.getLogger(__name__)

JSON_LIMIT_BYTES = 2 << 20
UPLOAD_LIMIT_BYTES = 1 << 30
NAMES = ("127.0.0.1", "localhost", "[::1]")
MAX_SECRET_LENGTH = 200
"""Longer ones are nobody's token and need not be hashed."""


def loopback_hosts(port: int) -> frozenset[str]:
    """Return the Host headers by which a client may name this server."""
    ports = [f":{port}"] + ([""] if port == 80 else [])
    return frozenset(name + suffix for name in NAMES for suffix in ports)


class Guard:
    """Lets a request through to the routes, with `principal` in its state, or refuses it."""

    def __init__(self, app: ASGIApp, users: Users, hosts: Iterable[str]):
        self._app = app
        self._users = users
        self._hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"the API speaks HTTP only, not {scope['type']}")
        headers = Headers(scope=scope)
        try:
            self._check_sender(headers)
            principal = await self._authenticate(headers)
            limited = _limited(headers, receive)
        except OutpostError as refusal:
            await answer(refusal)(scope, receive, send)
            return
        scope.setdefault("state", {})["principal"] = principal
        await self._forward(scope, limited, send)

    def _check_sender(self, headers: Headers) -> None:
        host = headers.getlist("host")
        if len(host) != 1 or host[0].lower() not in self._hosts:
            raise Forbidden(
                "The Host header does not name this server.",
                advice="Use the address in runtime.json.",
            )
        origins = {f"http://{name}" for name in self._hosts}
        if any(origin.lower() not in origins for origin in headers.getlist("origin")):
            raise Forbidden(
                "Requests from web pages of another origin are refused.",
                advice="Call the API from a program, not from a web page.",
            )

    async def _authenticate(self, headers: Headers) -> Principal:
        given = headers.getlist("authorization")
        scheme, _, secret = given[0].partition(" ") if len(given) == 1 else ("", "", "")
        secret = secret.strip()
        if scheme.lower() != "bearer" or not 0 < len(secret) <= MAX_SECRET_LENGTH:
            raise Unauthenticated("The request carries no token.")
        return await anyio.to_thread.run_sync(self._users.authenticate, secret)

    async def _forward(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def note(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, note)
        except Exception:
            log.exception("%s %s failed", scope["method"], scope["path"])
            if not started:
                await answer(bug())(scope, receive, send)


def _limited(headers: Headers, receive: Receive) -> Callable[[], Awaitable[Message]]:
    """Return `receive` with a limit; raises at once for a length or kind that is refused.

    JSON is small. Only multipart bodies may be large; those are streamed to disk.
    """
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
    if has_body and media_type not in ("application/json", "multipart/form-data"):
        raise WrongMediaType("application/json")
    limit = UPLOAD_LIMIT_BYTES if media_type == "multipart/form-data" else JSON_LIMIT_BYTES
    length = headers.get("content-length", "0")
    if not length.isdigit() or int(length) > limit:
        raise BodyTooLarge(limit)
    received = 0

    async def limited() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > limit:
            raise BodyTooLarge(limit)
        return message

    return limited
