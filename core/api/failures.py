"""The one table from errors to HTTP, and the envelope in which every error is answered.

    {"error": {"message", "type", "param", "code", "advice"}}

`message` is one sentence for people, `code` is stable and for programs, `param` names the
offending field where there is one, `advice` says what to do. Files that cannot be used add
`reason`. Traces and texts of documents never leave the process.

    400  InvalidInput, Unreadable        404  NotFound            413  BodyTooLarge
    401  Unauthenticated                 405  unknown method      415  WrongMediaType
    403  Forbidden                       409  Conflict            500  EngineFailed, and bugs
    503  Busy, OutOfMemory, Cancelled (with Retry-After)          507  StorageFailed
"""

from __future__ import annotations

import math
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

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
    Unauthenticated,
    Unreadable,
)


class BodyTooLarge(InvalidInput):
    """The request's body is larger than the route takes."""

    code = "body_too_large"
    advice = "Send less at once."

    def __init__(self, limit_bytes: int):
        super().__init__(f"The body is larger than the {limit_bytes} bytes that this route takes.")


class WrongMediaType(InvalidInput):
    """The request's body is not of the kind that the route takes."""

    code = "unsupported_media_type"

    def __init__(self, wanted: str):
        super().__init__(
            f"This route takes a body of the type {wanted}.",
            advice=f"Send the header 'Content-Type: {wanted}'.",
        )


TABLE: tuple[tuple[type[OutpostError], int, str], ...] = (
    (BodyTooLarge, 413, "invalid_request_error"),
    (WrongMediaType, 415, "invalid_request_error"),
    (InvalidInput, 400, "invalid_request_error"),
    (Unreadable, 400, "invalid_request_error"),
    (Unauthenticated, 401, "authentication_error"),
    (Forbidden, 403, "permission_error"),
    (NotFound, 404, "not_found_error"),
    (Conflict, 409, "conflict_error"),
    (EngineFailed, 500, "server_error"),
    (Busy, 503, "overloaded_error"),
    (OutOfMemory, 503, "overloaded_error"),
    (Cancelled, 503, "overloaded_error"),
    (StorageFailed, 507, "server_error"),
)
"""The first row whose class fits decides; a class that no row fits is a server error."""

RETRY_AFTER_S = 5.0
ROUTE_CODES = {404: "not_found", 405: "method_not_allowed", 413: "body_too_large"}


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


def answer(error: OutpostError) -> JSONResponse:
    """Return the response that tells a client of the error."""
    status = _row(error)[0]
    headers = {}
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="outpost"'
    if status == 503:
        wait_s = error.retry_after_s if isinstance(error, Busy) else RETRY_AFTER_S
        headers["Retry-After"] = str(max(1, math.ceil(wait_s)))
    return JSONResponse(envelope(error), status, headers)


class Bug(OutpostError):
    """Any error that is not one of ours; the log has its trace, the client does not."""

    code = "internal_error"
    advice = "The log has the details; please report it."


def bug() -> Bug:
    """Return what a client is told of a mistake of ours."""
    return Bug("Outpost made a mistake while it answered this request.")


def route_answer(error: HTTPException) -> JSONResponse:
    """Word what the web framework refuses by itself: unknown routes, methods, broken bodies."""
    if isinstance(error.__cause__, OutpostError):
        return answer(error.__cause__)
    wording = {
        404: ("There is no such route.", "not_found_error"),
        405: ("This route does not know that method.", "invalid_request_error"),
    }
    message, kind = wording.get(
        error.status_code, ("The body could not be read.", "invalid_request_error")
    )
    content = {
        "message": message,
        "type": kind,
        "param": None,
        "code": ROUTE_CODES.get(error.status_code, InvalidInput.code),
        "advice": "The page /docs describes every route.",
    }
    headers = dict(error.headers or {})
    return JSONResponse({"error": content}, error.status_code, headers)


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
