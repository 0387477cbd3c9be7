"""The whole application without a socket: for tests that ask thousands of questions."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi.routing import APIRoute, APIRouter
from starlette.routing import BaseRoute, Route

from core.api.app import create_app
from core.api.guard import Guard, loopback_hosts
from core.api.replies import Replies
from core.api.routing import PREFIX, SCOPE_FIELD
from core.app import Core
from core.records import Scope

PORT = 8004
HOST = f"127.0.0.1:{PORT}"
Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; `content` is the JSON, or None."""

    status: int
    headers: dict[str, str]
    content: Any


class Door:
    """Asks a core's application as uvicorn would, on a loop of its own."""

    def __init__(self, core: Core):
        self._replies = Replies(core.chat)
        self.guard: Guard = create_app(core, self._replies, loopback_hosts(PORT))
        self._loop = asyncio.new_event_loop()

    def close(self) -> None:
        self.guard.close()
        self._replies.stop()
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    def ask(
        self,
        method: str,
        path: str,
        token: str | None = None,
        *,
        query: str = "",
        body: Any = None,
        host: str = HOST,
        headers: Headers = (),
    ) -> Answer:
        """Send one request; a body is JSON."""
        given = [("host", host), *headers]
        if token is not None:
            given.append(("authorization", f"Bearer {token}"))
        content = b"" if body is None else json.dumps(body).encode()
        if body is not None:
            given += [("content-type", "application/json"), ("content-length", str(len(content)))]
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in given],
            "state": {},
        }
        return self._loop.run_until_complete(self._exchange(scope, content))

    async def _exchange(self, scope: dict[str, Any], content: bytes) -> Answer:
        pieces, start = list[bytes](), dict[str, Any]()
        messages = iter([{"type": "http.request", "body": content, "more_body": False}])

        async def receive() -> Any:
            message = next(messages, None)
            if message is None:  # the client stays and says nothing more
                await asyncio.Event().wait()
            return message

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                pieces.append(message.get("body", b""))

        await self.guard(scope, receive, send)
        headers = {name.decode(): value.decode() for name, value in start["headers"]}
        text = b"".join(pieces)
        is_json = headers.get("content-type", "").startswith("application/json")
        return Answer(start["status"], headers, json.loads(text) if is_json and text else None)


@dataclass(frozen=True, slots=True)
class Served:
    """One method of one route, from the table that serves it."""

    method: str
    path: str
    scope: Scope | None
    """None for the two pages that any token may read."""
    route: Route | APIRoute

    @property
    def filled(self) -> str:
        """The path with the names of its parameters for their values."""
        return self.path.replace("{", "").replace("}", "").replace(":path", "")

    @property
    def name(self) -> str:
        return f"{self.method} {self.path.removeprefix(PREFIX)}"


def served(door: Door) -> list[Served]:
    """Return every route there is; one that declares no scope fails."""
    return [
        Served(method, route.path, _scope(route), route)
        for route in _flat(door.guard.app.routes)  # type: ignore[attr-defined]
        for method in sorted(route.methods or ())
    ]


def _flat(routes: Sequence[BaseRoute]) -> Iterator[Route | APIRoute]:
    for route in routes:
        included: APIRouter | None = getattr(route, "original_router", None)
        if included is not None:
            yield from _flat(included.routes)
        else:
            assert isinstance(route, Route), f"what is {route!r}?"
            yield route


def _scope(route: Route | APIRoute) -> Scope | None:
    if isinstance(route, APIRoute):
        return Scope((route.openapi_extra or {})[SCOPE_FIELD])
    assert route.path in ("/docs", "/openapi.json"), f"{route.path} declares no scope"
    return None
