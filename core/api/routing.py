"""What every route of our own prefix shares: its scope, its caller, its services."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.params import Form
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Route

from core.actor import Actor, acting
from core.api.exchange import check_media_type
from core.api.replies import Replies
from core.app import Core
from core.errors import Forbidden
from core.records import Scope
from core.users import Principal

PREFIX = "/api/v1/agent-deployment"
LOGIN = PREFIX + "/login"
"""The one route that takes name and password instead of a token."""
ORDER = (Scope.READ, Scope.CHAT, Scope.MANAGE)
SCOPE_FIELD = "x-scope"

EVENT_STREAM: dict[str, Any] = {
    "text/event-stream": {
        "schema": {
            "type": "object",
            "description": "one event",
            "properties": {
                "event": {"type": "string"},
                "data": {"type": "string", "description": "JSON"},
            },
        }
    }
}
READS: dict[str, Any] = {"openapi_extra": {SCOPE_FIELD: Scope.READ.value}}
CHATS: dict[str, Any] = {"openapi_extra": {SCOPE_FIELD: Scope.CHAT.value}}
MANAGES: dict[str, Any] = {"openapi_extra": {SCOPE_FIELD: Scope.MANAGE.value}}
"""Every route is declared with one of these; the OpenAPI document shows it."""

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class ScopedRoute(APIRoute):
    """A route that refuses a token of too small a scope before the body is read."""

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()
        needed = Scope((self.openapi_extra or {})[SCOPE_FIELD])
        path = self.path.removeprefix(PREFIX)

        async def handle_if_allowed(request: Request) -> Response:
            caller: Principal = request.state.principal
            if ORDER.index(caller.scope) < ORDER.index(needed):
                raise Forbidden(f"The token's scope is '{caller.scope}'; this needs '{needed}'.")
            check_media_type(request, takes_form=_takes_form(self))
            with acting(Actor(f"{request.method} {path}", caller.user.id, caller.token_id)):
                return await handle(request)

        return handle_if_allowed


def _takes_form(route: APIRoute) -> bool:
    return route.body_field is not None and isinstance(route.body_field.field_info, Form)


class Methods:
    """Which methods a path knows."""

    def __init__(self, app: FastAPI):
        self._routes = list(_flat(app.routes))

    def of(self, path: str) -> list[str]:
        """Return them; '/models/scan' is not taken for a model of the name 'scan'."""
        found = [route for route in self._routes if route.path_regex.match(path)]
        exact = [route for route in found if route.path == path] or found
        return sorted({method for route in exact for method in route.methods or ()})


def _flat(routes: Sequence[BaseRoute]) -> Iterator[Route]:
    for route in routes:
        included: APIRouter | None = getattr(route, "original_router", None)
        if included is not None:
            yield from _flat(included.routes)
        elif isinstance(route, Route):
            yield route


def router(*, tag: str, path: str = "") -> APIRouter:
    """Return a router below our prefix."""
    return APIRouter(prefix=PREFIX + path, tags=[tag], route_class=ScopedRoute)


def _caller(request: Request) -> Principal:
    principal: Principal = request.state.principal
    return principal


def _services(request: Request) -> Core:
    core: Core = request.app.state.core
    return core


def _replies(request: Request) -> Replies:
    replies: Replies = request.app.state.replies
    return replies


Caller = Annotated[Principal, Depends(_caller)]
Services = Annotated[Core, Depends(_services)]
RunningReplies = Annotated[Replies, Depends(_replies)]


def download(content: bytes | str, name: str, media_type: str) -> Response:
    """Return a file to be saved under this name, which may hold any letters."""
    disposition = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    return Response(content, media_type=media_type, headers={"Content-Disposition": disposition})


def require_owner(caller: Principal) -> None:
    """Raises Forbidden unless the caller is the one who runs this installation."""
    if not caller.user.is_owner:
        raise Forbidden(
            "Only the owner of this installation may do this.",
            advice="Ask the person who runs Outpost.",
        )
