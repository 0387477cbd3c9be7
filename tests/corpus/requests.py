"""Fifty requests that no honest program sends: broken HTTP, broken JSON, hostile values."""

from __future__ import annotations

import json
from collections.abc import Iterator

PREFIX = "/api/v1/agent-deployment"
AUTHORISED = "AUTHORISED"
"""Stands for the line with the token."""


def request(
    method: str, path: str, body: bytes = b"", *headers: str, media: str = "application/json"
) -> bytes:
    """Return a whole request with a token, as bytes."""
    lines = [f"{method} {path} HTTP/1.1", "Host: HOST", AUTHORISED, "Connection: close", *headers]
    if body:
        lines += [f"Content-Type: {media}", f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n" + body


def _post(path: str, body: bytes | str) -> bytes:
    return request("POST", PREFIX + path, body if isinstance(body, bytes) else body.encode())


def _json(path: str, **fields: object) -> bytes:
    return _post(path, json.dumps(fields))


def _form(body: bytes, boundary: str = "x") -> bytes:
    media = f"multipart/form-data; boundary={boundary}"
    return request("POST", f"{PREFIX}/agents/import", body, media=media)


def _bodies() -> Iterator[tuple[str, bytes]]:
    nested = 100_000
    for name, body in {
        "not json": b"hello",
        "cut": b'{"name": "x',
        "nothing": b"null",
        "a list": b"[]",
        "a number": b"1e400",
        "nan": b'{"name": NaN}',
        "infinite": b'{"name": -Infinity}',
        "huge number": b'{"name": ' + b"9" * 100_000 + b"}",
        "deep list": b"[" * nested + b"]" * nested,
        "deep object": b'{"a":' * nested + b"1" + b"}" * nested,
        "twice": b'{"name": "a", "name": "b"}',
        "invalid utf-8": b'{"name": "\xff\xfe"}',
        "utf-16": '{"name": "x"}'.encode("utf-16"),
        "bom": b"\xef\xbb\xbf{}",
        "half a pair": b'{"name": "\\ud800"}',
        "zero": b'{"name": "a\\u0000b"}',
        "unknown keys": json.dumps({f"k{n}": n for n in range(20_000)}).encode(),
        "long name": json.dumps({"name": "x" * 1_500_000}).encode(),
        "too large": b'{"name": "' + b"x" * (3 << 20) + b'"}',
    }.items():
        yield f"body: {name}", _post("/collections", body)


def _values() -> Iterator[tuple[str, bytes]]:
    for query in ('"', "NEAR(a b)", "*", "a AND OR", "-" * 5000, "(" * 5000, "'; DROP TABLE x; --"):
        yield f"search: {query[:20]}", _json("/search", query=query, collections=[])
        yield (
            f"find: {query[:12]}",
            request("GET", f"{PREFIX}/agents?q={query[:200].replace(' ', '+')}"),
        )
    yield "type of a field", _json("/agents", name={"a": 1}, type=[], model=7)
    yield (
        "temperature",
        _json("/agents", name="x", type="rag", model="m", parameters={"temperature": 1e308}),
    )
    yield "regex", _json("/agents", name="a" * 64 + "!", type="rag", model="(a+)+$")


def _heads() -> Iterator[tuple[str, bytes]]:
    yield "limit -1", request("GET", f"{PREFIX}/agents?limit=-1")
    yield "limit huge", request("GET", f"{PREFIX}/agents?limit={'9' * 4000}")
    yield "after zero", request("GET", f"{PREFIX}/agents?after=%00")
    yield "id climbs", request("GET", f"{PREFIX}/agents/..%2f..%2fusers")
    yield "id is zero", request("GET", f"{PREFIX}/agents/%00")
    yield "id is no text", request("GET", f"{PREFIX}/agents/%ff%fe")
    yield "percent", request("GET", f"{PREFIX}/agents/%zz")
    yield "model climbs", request("GET", f"{PREFIX}/models/../../../../etc/passwd")
    yield "backup climbs", request("GET", f"{PREFIX}/backups/..%2foutpost.sqlite")
    yield "unknown method", request("BREW", f"{PREFIX}/agents")
    yield (
        "gzip",
        request("POST", f"{PREFIX}/collections", b"\x1f\x8b" * 99, "Content-Encoding: gzip"),
    )
    yield "form without an end", _form(b'--x\r\nContent-Disposition: form-data; name="file"\r\n')
    yield "form of another boundary", _form(b"--y\r\n\r\nx\r\n--y--\r\n")
    yield "form without a boundary", _form(b"x", "")
    yield (
        "form of many parts",
        _form(b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n' * 5000 + b"--x--"),
    )
    yield (
        "an agent that is a bomb",
        _form(
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
            + b"PK\x05\x06"
            + bytes(18)
            + b"\r\n--x--\r\n"
        ),
    )
    yield "no http", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc"
    yield "no host", f"GET {PREFIX}/agents HTTP/1.1\r\n\r\n".encode()
    yield (
        "two lengths",
        request("POST", f"{PREFIX}/collections", b"", "Content-Length: 1", "Content-Length: 2"),
    )
    yield "negative length", request("POST", f"{PREFIX}/collections", b"", "Content-Length: -5")
    yield (
        "both lengths",
        request(
            "POST", f"{PREFIX}/collections", b"", "Content-Length: 5", "Transfer-Encoding: chunked"
        )
        + b"0\r\n\r\n",
    )
    yield (
        "bad chunk",
        request(
            "POST",
            f"{PREFIX}/collections",
            b"",
            "Content-Type: application/json",
            "Transfer-Encoding: chunked",
        )
        + b"zz\r\nx\r\n",
    )
    yield "long head", request("GET", f"{PREFIX}/agents", b"", "X-A: " + "x" * 200_000)
    yield "many heads", request("GET", f"{PREFIX}/agents", b"", *(f"X-{n}: y" for n in range(5000)))


REQUESTS = (*_bodies(), *_values(), *_heads())
