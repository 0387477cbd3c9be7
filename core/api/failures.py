"""The one table from errors to HTTP, and the envelope in which every error is answered.

    {"error": {"message", "type", "param", "code", "advice"}}

`message` is one sentence for people, `code` is stable and for programs, `param` names the
offending field where there is one, `advice` says what to do. Files that cannot be used add
`reason`. Traces and texts of documents never leave the process.

    400  InvalidInput, Unreadable        404  NotFound, NoRoute   413  BodyTooLarge
    401  Unauthenticated                 405  NoMethod            415  WrongMediaType
    403  Forbidden                       408  TooSlow             429  TooManyAttempts
    409  Conflict                        500  EngineFailed, and bugs
    503  Busy, OutOfMemory, Cancelled                             507  StorageFailed

429 and 503 carry Retry-After.
"""

from __future__ import annotations

import json
import math
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from core.api.refusals import (
    BodyTooLarge,
    BrokenBody,
    Bug,
    NoMethod,
    NoRoute,
    TooSlow,
    WrongMediaType,
)
from core.errors import (
    Busy,
    Cancelled,
    Conflict,
    EngineFailed,
    Forbidden,
    InvalidInput,
    NotFound,
    OutOfMemory,
    OutpostError,
    StorageFailed,
    TooManyAttempts,
    Unauthenticated,
    Unreadable,
)

TABLE: tuple[tuple[type[OutpostError], int, str], ...] = (
    (NoRoute, 404, "not_found_error"),
    (NoMethod, 405, "invalid_request_error"),
    (TooSlow, 408, "invalid_request_error"),
    (BodyTooLarge, 413, "invalid_request_error"),
    (WrongMediaType, 415, "invalid_request_error"),
    (InvalidInput, 400, "invalid_request_error"),
    (Unreadable, 400, "invalid_request_error"),
    (Unauthenticated, 401, "authentication_error"),
    (Forbidden, 403, "permission_error"),
    (NotFound, 404, "not_found_error"),
    (Conflict, 409, "conflict_error"),
    (EngineFailed, 500, "server_error"),
    (TooManyAttempts, 429, "rate_limit_error"),
    (Busy, 503, "overloaded_error"),
    (OutOfMemory, 503, "overloaded_error"),
    (Cancelled, 503, "overloaded_error"),
    (StorageFailed, 507, "server_error"),
)
"""The first row whose class fits decides; a class that no row fits is a server error."""

RETRY_AFTER_S = 5.0


def envelope(error: OutpostError) -> dict[str, Any]:
    """Return the body that tells a client of the error."""
    content: dict[str, Any] = {
        "message": str(error),
        "type": _row(error)[1],
        "param": error.param,
        "code": error.code,
        "advice": error.advice,
    }
    if isinstance(error, Unreadable):
        content["reason"] = error.reason
    return {"error": content}


def status_of(error: OutpostError) -> int:
    """Return the HTTP status that an error has."""
    return _row(error)[0]


def event(name: str, content: dict[str, Any]) -> bytes:
    """Write one server-sent event; JSON has no raw line breaks, so one line of it is enough."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return f"event: {name}\ndata: {text}\n\n".encode()


def answer(error: OutpostError) -> JSONResponse:
    """Return the response that tells a client of the error."""
    status, headers = status_of(error), {}
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="outpost"'
    if status in (429, 503):
        wait_s = error.retry_after_s if isinstance(error, Busy) else RETRY_AFTER_S
        headers["Retry-After"] = str(max(1, math.ceil(wait_s)))
    return JSONResponse(envelope(error), status, headers)


def bug() -> Bug:
    """Return what a client is told of a mistake of ours."""
    return Bug("Outpost made a mistake while it answered this request.")


def route_answer(error: HTTPException) -> JSONResponse:
    """Word what the web framework refuses by itself: unknown routes, methods, broken bodies."""
    if isinstance(error.__cause__, OutpostError):
        return answer(error.__cause__)
    known = {404: NoRoute, 405: NoMethod}
    response = answer(known.get(error.status_code, BrokenBody)())
    response.headers.update(error.headers or {})
    return response


def invalid(error: RequestValidationError) -> InvalidInput:
    """Turn what is wrong with a request's fields into InvalidInput, naming the first of them."""
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return InvalidInput("The body is not valid JSON.")
    place = [str(part) for part in first["loc"][1:]]
    name = ".".join(place) or None
    what = str(first["msg"]).removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        return InvalidInput(f"There is no field '{name}'.", param=name)
    where = f"The field '{name}' is wrong" if name else "The body is wrong"
    return InvalidInput(f"{where}: {what}.", param=name)


def _row(error: OutpostError) -> tuple[int, str]:
    for kind, status, name in TABLE:
        if isinstance(error, kind):
            return status, name
    return 500, "server_error"
