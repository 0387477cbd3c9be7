"""Builds the ASGI application: the guard outside, the routes inside, one shape for errors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse

import core as outpost
from core.api import (
    access,
    agents,
    backups,
    bundles,
    chat,
    collections,
    conversations,
    doctor,
    documents,
    openai,
    studies,
    system,
)
from core.api.answers import ErrorAnswer
from core.api.description import describe
from core.api.docs import docs_page
from core.api.failures import answer, bug, invalid, route_answer
from core.api.guard import Guard
from core.api.replies import Replies
from core.api.routing import Methods
from core.app import Core
from core.errors import OutpostError

ABOUT = """Outpost's agents for programs on the same machine.

Every request carries 'Authorization: Bearer TOKEN'. Make tokens in the window or with
'outpost token add'; runtime.json in the data folder holds one of the running instance. A token
of the scope read may look, chat may also ask, manage may do everything.

Every error is answered as {"error": {"message", "type", "param", "code", "advice"}}; the code is
stable."""

ROOMS = (
    agents,
    chat,
    conversations,
    collections,
    documents,
    studies,
    system,
    access,
    backups,
    bundles,
    doctor,
    openai,
)
ERRORS: dict[int | str, dict[str, Any]] = {
    "default": {
        "description": "Any error",
        "model": ErrorAnswer,
    }  # puts its shape into the document
}


def create_app(core: Core, replies: Replies, hosts: Iterable[str]) -> Guard:
    """Return the application; `hosts` are the Host headers by which it may be addressed."""
    app = FastAPI(
        title="Outpost",
        version=outpost.__version__,
        description=ABOUT,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        responses=ERRORS,
    )
    app.state.core = core
    app.state.replies = replies
    for room in ROOMS:
        app.include_router(room.routes)
    _describe(app)
    _answer_errors(app)
    return Guard(app, core.users, core.changes, hosts)


def _describe(app: FastAPI) -> None:
    """Serve the OpenAPI document and the page made from it, to any token."""
    document: dict[str, Any] = {}

    def described() -> dict[str, Any]:
        if not document:
            document.update(describe(app))
        return document

    def openapi(_: Request) -> Response:
        return JSONResponse(described())

    def docs(_: Request) -> Response:
        return HTMLResponse(docs_page(described()))

    app.add_route("/openapi.json", openapi, methods=["GET"])
    app.add_route("/docs", docs, methods=["GET"])


def _answer_errors(app: FastAPI) -> None:
    methods = Methods(app)

    async def known(_: Request, error: Exception) -> Response:
        assert isinstance(error, OutpostError)
        return answer(error)

    async def fields(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return answer(invalid(error))

    async def route(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        response = route_answer(error)
        if response.status_code == 405:
            response.headers["Allow"] = ", ".join(methods.of(request.url.path))
        return response

    async def unknown(_: Request, error: Exception) -> Response:
        return answer(bug())

    app.add_exception_handler(OutpostError, known)
    app.add_exception_handler(RequestValidationError, fields)
    app.add_exception_handler(HTTPException, route)
    app.add_exception_handler(Exception, unknown)
