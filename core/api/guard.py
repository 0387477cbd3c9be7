"""The door: Host, Origin, token and size are checked before a byte of the body is read.

A plain ASGI middleware around everything, the documentation included. A web page in the
operator's browser can reach the loopback address too, by its own name rebound to 127.0.0.1 or
by a form or script of a foreign origin; hence the exact set of hosts, and no foreign Origin.

Who was let in stays in only for as long as the token is valid: a stream that is open when its
token is revoked or expires ends at once, with an event that says why.
"""

from __future__ import annotations

import base64
import binascii
import logging
from collections.abc import Iterable

import anyio.to_thread
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from core.api.admitted import Admitted
from core.api.exchange import Exchange
from core.api.failures import answer, bug, envelope, event
from core.api.routing import LOGIN
from core.changes import Changes
from core.errors import Forbidden, OutpostError, Unauthenticated
from core.users import Principal, Users

log = logging.getLogger(__name__)

NAMES = ("127.0.0.1", "localhost", "[::1]")
MAX_SECRET_LENGTH = 200
"""Longer ones are nobody's token and need not be hashed."""
MAX_BASIC_LENGTH = 8000


def loopback_hosts(port: int) -> frozenset[str]:
    """Return the Host headers by which a client may name this server."""
    ports = [f":{port}"] + ([""] if port == 80 else [])
    return frozenset(name + suffix for name in NAMES for suffix in ports)


class Guard:
    """Lets a request through to the routes, with `principal` in its state, or refuses it."""

    def __init__(self, app: ASGIApp, users: Users, changes: Changes, hosts: Iterable[str]):
        self.app = app
        self._users = users
        self._admitted = Admitted(users, changes)
        self._hosts = frozenset(hosts)
        self._origins = frozenset(f"http://{name}" for name in self._hosts)

    def close(self) -> None:
        """Stop listening for tokens that are revoked."""
        self._admitted.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"the API speaks HTTP only, not {scope['type']}")
        headers, exchange = Headers(scope=scope), Exchange(scope, receive, send)
        try:
            self._check_sender(headers)
            principal = await self._authenticate(scope["path"], headers)
            exchange.check_body()
        except OutpostError as refusal:
            await answer(refusal)(scope, exchange.receive, exchange.send)
            return
        scope.setdefault("state", {})["principal"] = principal
        with self._admitted.during(principal) as admission:
            await self._forward(scope, exchange)
        if admission.cancelled_caught:
            await _turn_out(scope, exchange)

    def _check_sender(self, headers: Headers) -> None:
        host = headers.getlist("host")
        if len(host) != 1 or host[0].lower() not in self._hosts:
            raise Forbidden(
                "The Host header does not name this server.",
                advice="Use the address in runtime.json.",
            )
        if any(origin.lower() not in self._origins for origin in headers.getlist("origin")):
            raise Forbidden(
                "Requests from web pages of another origin are refused.",
                advice="Call the API from a program, not from a web page.",
            )

    async def _authenticate(self, path: str, headers: Headers) -> Principal:
        given = headers.getlist("authorization")
        scheme, _, secret = given[0].partition(" ") if len(given) == 1 else ("", "", "")
        secret = secret.strip()
        if scheme.lower() == "basic" and path == LOGIN and 0 < len(secret) <= MAX_BASIC_LENGTH:
            name, password = _name_and_password(secret)
            return await anyio.to_thread.run_sync(self._users.authenticate_password, name, password)
        if scheme.lower() != "bearer" or not 0 < len(secret) <= MAX_SECRET_LENGTH:
            raise Unauthenticated("The request carries no token.")
        return await anyio.to_thread.run_sync(self._users.authenticate, secret)

    async def _forward(self, scope: Scope, exchange: Exchange) -> None:
        try:
            await self.app(scope, exchange.receive, exchange.send)
        except Exception:
            log.exception("%s %s failed", scope["method"], scope["path"])
            if not exchange.started:
                await answer(bug())(scope, exchange.receive, exchange.send)


def _name_and_password(encoded: str) -> tuple[str, str]:
    """Read what HTTP Basic carries; raises Unauthenticated."""
    try:
        name, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        colon = ""
    if not colon:
        raise Unauthenticated("Name and password are not written as HTTP Basic has them.")
    return name, password


async def _turn_out(scope: Scope, exchange: Exchange) -> None:
    """End what is still being answered to somebody whose token has ended."""
    ended = Unauthenticated("The token was revoked or has expired.")
    if not exchange.started:
        await answer(ended)(scope, exchange.receive, exchange.send)
    elif exchange.is_event_stream and not exchange.ended:
        last = event("error", envelope(ended))
        await exchange.send({"type": "http.response.body", "body": last, "more_body": False})
