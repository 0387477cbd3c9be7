"""Errors that only exist between a client and the server: of requests, not of what they ask."""

from __future__ import annotations

from core.errors import InvalidInput, OutpostError


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


class TooSlow(InvalidInput):
    """The request did not arrive within its time."""

    code = "request_timeout"
    advice = "Send the whole request at once; what was sent of it is forgotten."


class Malformed(InvalidInput):
    """What was sent is not a request that this server understands."""

    code = "malformed_request"
    advice = "Send HTTP/1.1 with a head of less than 16 KiB."

    def __init__(self) -> None:
        super().__init__("What was sent is not a valid HTTP request.")


class NoRoute(OutpostError):
    """There is no route of this path."""

    code = "no_such_route"
    advice = "The page /docs describes every route."

    def __init__(self) -> None:
        super().__init__("There is no such route.")


class NoMethod(InvalidInput):
    """The route does not know the request's method."""

    code = "method_not_allowed"
    advice = "The page /docs describes every route."

    def __init__(self) -> None:
        super().__init__("This route does not know that method.")


class BrokenBody(InvalidInput):
    """The request's body could not be read."""

    advice = "The page /docs describes every route."

    def __init__(self) -> None:
        super().__init__("The body could not be read.")


class Bug(OutpostError):
    """Any error that is not one of ours; the log has its trace, the client does not."""

    code = "internal_error"
    advice = "The log has the details; please report it."
