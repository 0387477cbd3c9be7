"""The OpenAPI document: the routes as they are, with every error that each can answer.

The framework describes what comes in and what goes out well. Here is added what it cannot know:
the errors of the guard and of the core, by which statuses they come, how a token is shown, and
which answer holds the id that another route wants.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from core.api.routing import LOGIN

Json = dict[str, Any]

MEANINGS = {
    400: "The request is wrong; `param` names the field",
    401: "There is no valid token",
    403: "The token's scope is too small, or the caller is not the owner",
    404: "There is no such thing, or it belongs to another user",
    408: "The request did not arrive in time",
    409: "The thing is not in a state that allows this",
    413: "The body is too large",
    415: "The body is not of the kind that this route takes",
    429: "Too many attempts; come back after Retry-After seconds",
    500: "The model runtime failed, or Outpost made a mistake",
    503: "Too busy or too little memory; come back after Retry-After seconds",
    507: "The data folder cannot be read or written",
}
EVERYWHERE = (400, 401, 403, 404, 409, 500, 503, 507)
WITH_A_BODY = (408, 413, 415)
RETRY_LATER = (429, 503)
METHODS = ("get", "post", "put", "patch", "delete")
SCHEMES: Json = {
    "token": {"type": "http", "scheme": "bearer"},
    "password": {"type": "http", "scheme": "basic"},
}


def describe(app: FastAPI) -> Json:
    """Return the OpenAPI document of the application."""
    document = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    for path, _, operation in _operations(document):
        operation["security"] = [{"password" if path == LOGIN else "token": []}]
        _add_errors(path, operation)
    components = document["components"]
    components["securitySchemes"] = SCHEMES
    components["responses"] = {str(status): _error(status) for status in MEANINGS}
    for name in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(name, None)
    _add_links(document)
    return document


def _operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method in METHODS:
                yield path, method, operation


def _add_errors(path: str, operation: Json) -> None:
    """Name every status by which the route can refuse; nothing is left to 'default'."""
    statuses = [*EVERYWHERE, *(WITH_A_BODY if "requestBody" in operation else ())]
    if path == LOGIN or path.startswith("/v1/") or path.endswith("/users/{user_id}"):
        statuses.append(429)
    responses = operation["responses"]
    for refused in ("422", "default"):
        responses.pop(refused, None)
    for status in sorted(statuses):
        responses[str(status)] = {"$ref": f"#/components/responses/{status}"}


def _error(status: int) -> Json:
    schema = {"$ref": "#/components/schemas/ErrorAnswer"}
    response: Json = {
        "description": MEANINGS[status],
        "content": {"application/json": {"schema": schema}},
    }
    if status in RETRY_LATER:
        seconds = {"type": "integer", "minimum": 1}
        response["headers"] = {"Retry-After": {"required": True, "schema": seconds}}
    if status == 401:
        response["headers"] = {"WWW-Authenticate": {"required": True, "schema": {"type": "string"}}}
    return response


def _add_links(document: Json) -> None:
    """Link each route that answers with a new thing to those that take its id in their path."""
    takers: dict[str, list[Json]] = {}
    for path, _, operation in _operations(document):
        for name in re.findall(r"{(\w+_id)}", path):
            takers.setdefault(name, []).append(operation)
    for _, method, operation in _operations(document):
        for status in ("201", "202"):
            made = operation["responses"].get(status) if method == "post" else None
            name = _id_in(made, document) if made else None
            if made and name:
                made["links"] = {
                    taker["operationId"]: {
                        "operationId": taker["operationId"],
                        "parameters": {name: "$response.body#/id"},
                    }
                    for taker in takers.get(name, ())
                }


def _id_in(response: Json, document: Json) -> str | None:
    """Return the path parameter that the answer's `id` is for, from what the answer is."""
    schema = response.get("content", {}).get("application/json", {}).get("schema", {})
    if "$ref" not in schema:
        return None
    fields = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]["properties"]
    kind = fields.get("object", {}).get("const")
    return f"{kind}_id" if kind and "id" in fields else None
