"""Clients that send too much, too slowly or nothing at all, over real sockets."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator

import pytest

from core.api import exchange, protocol
from core.api.protocol import TimedProtocol
from tests.core.api.conftest import PREFIX, Api, Json

SHORT_S = 0.3
GIGABYTE = 1 << 30


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many bytes the server took from its sockets, read by read."""
    sizes = list[int]()
    take = TimedProtocol.data_received

    def note(self: TimedProtocol, data: bytes) -> None:
        sizes.append(len(data))
        take(self, data)

    monkeypatch.setattr(TimedProtocol, "data_received", note)
    return sizes


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deadlines short enough for a test; set before the server starts."""
    monkeypatch.setattr(protocol, "HEAD_S", SHORT_S)
    monkeypatch.setattr(protocol, "STALLED_S", SHORT_S)
    monkeypatch.setattr(exchange, "GRACE_S", SHORT_S)


def connected(api: Api) -> socket.socket:
    """A connection to the server."""
    port = int(api.server.url.rpartition(":")[2])
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def head(api: Api, lines: str = "", *, token: bool = True) -> bytes:
    """The head of a request that makes an agent, with more header lines."""
    given = f"Authorization: Bearer {api.core.users.run_token()}\n" if token else ""
    host = api.server.url.removeprefix("http://")
    text = f"POST {PREFIX}/agents HTTP/1.1\nHost: {host}\n{given}{lines}".rstrip() + "\n\n"
    return text.replace("\n", "\r\n").encode()


def answered(connection: socket.socket) -> tuple[int, Json, bool]:
    """Status, body and whether the server closed the connection after its answer."""
    received = b""
    while b"\r\n\r\n" not in received or not received.endswith(b"}}"):
        part = connection.recv(65536)
        if not part:
            break
        received += part
    top, _, body = received.partition(b"\r\n\r\n")
    return int(top.split()[1]), json.loads(body), b"connection: close" in top.lower()


def pieces(count: int, size: int = 65536) -> Iterator[bytes]:
    """A long body."""
    for _ in range(count):
        yield b" " * size


def flood(connection: socket.socket, size_bytes: int) -> int:
    """Send until all is sent or the other side has closed; returns what was taken."""
    sent = 0
    try:
        for piece in pieces(size_bytes // 65536):
            sent += connection.send(piece)
    except OSError:
        pass
    return sent


@pytest.mark.parametrize("announced", [f"Content-Length: {GIGABYTE}", "Transfer-Encoding: chunked"])
def test_a_gigabyte_without_a_token_is_hardly_read(
    api: Api, read: list[int], announced: str
) -> None:
    """The refusal comes after less than 64 KiB, and the client that goes on sending sees it."""
    with connected(api) as connection:
        connection.sendall(head(api, f"Content-Type: application/json\n{announced}", token=False))
        flood(connection, GIGABYTE)
        status, content, closes = answered(connection)
    assert (status, content["error"]["code"], closes) == (401, "unauthenticated", True)
    assert 0 < sum(read) < 65536


def test_a_body_is_read_as_it_is_asked_for(api: Api, read: list[int]) -> None:
    """Of a body above the limit, little more than the limit is read."""
    with connected(api) as connection:
        connection.sendall(head(api, "Content-Type: application/json\nTransfer-Encoding: chunked"))
        for piece in pieces(2000):
            try:
                connection.sendall(b"10000\r\n" + piece + b"\r\n")
            except OSError:
                break
        status, content, _ = answered(connection)
    assert (status, content["error"]["code"]) == (413, "body_too_large")
    assert sum(read) < exchange.LIMITS_BYTES[exchange.JSON] + (1 << 17)


def test_a_refusal_of_a_small_body_keeps_the_connection(api: Api) -> None:
    """The rest of the body is taken, so that the next request can use the connection."""
    body = b'{"name": "x"}'
    lines = f"Content-Type: application/json\nContent-Length: {len(body)}"
    with connected(api) as connection:
        for _ in range(2):
            connection.sendall(head(api, lines, token=False) + body)
            status, _, closes = answered(connection)
            assert (status, closes) == (401, False)


@pytest.mark.usefixtures("hurried")
def test_a_head_that_does_not_end_is_given_up(api: Api) -> None:
    """It is answered with 408 and the connection closed."""
    with connected(api) as connection:
        connection.sendall(b"GET /docs HTTP/1.1\r\nHost: 127")
        status, content, _ = answered(connection)
        assert (status, content["error"]["code"]) == (408, "request_timeout")
        assert connection.recv(1) == b""


@pytest.mark.usefixtures("hurried")
def test_a_connection_that_says_nothing_is_closed(api: Api) -> None:
    """Nothing is answered, since nothing was asked."""
    with connected(api) as connection:
        assert connection.recv(1) == b""


@pytest.mark.usefixtures("hurried")
def test_dripping_heads_do_not_win_time(api: Api) -> None:
    """A byte now and then does not move the deadline."""
    began = time.monotonic()
    with connected(api) as connection:
        connection.settimeout(0.05)
        for byte in head(api)[:-2]:
            try:
                connection.send(bytes([byte]))
                connection.recv(4096)
                break
            except TimeoutError:
                continue
            except OSError:
                break
    assert time.monotonic() - began < 10 * SHORT_S


@pytest.mark.usefixtures("hurried")
def test_the_second_head_has_a_deadline_too(api: Api) -> None:
    """A kept connection is idle for as long as it likes, but a begun request has to end."""
    with connected(api) as connection:
        connection.sendall(head(api, "Content-Type: application/json\nContent-Length: 2") + b"{}")
        assert answered(connection)[0] == 400
        time.sleep(2 * SHORT_S)
        connection.sendall(b"GET /docs HTT")
        assert answered(connection)[0] == 408


@pytest.mark.usefixtures("hurried")
def test_a_body_that_stalls_is_given_up(api: Api) -> None:
    """It is answered with 408, and the connection is not used any further."""
    with connected(api) as connection:
        connection.sendall(head(api, "Content-Type: application/json\nContent-Length: 100") + b"{")
        status, content, closes = answered(connection)
    assert (status, content["error"]["code"], closes) == (408, "request_timeout", True)


@pytest.mark.usefixtures("hurried")
def test_a_steady_upload_may_take_longer(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes at the slowest rate allowed is not cut off by the grace."""
    monkeypatch.setattr(exchange, "SLOWEST_BYTES_PER_S", 1000)
    body = b'{"name": "' + b"x" * 1500
    lines = f"Content-Type: application/json\nContent-Length: {len(body)}"
    with connected(api) as connection:
        connection.sendall(head(api, lines))
        for start in range(0, len(body), 500):
            connection.sendall(body[start : start + 500])
            time.sleep(0.25)
        assert answered(connection)[0] == 400


@pytest.mark.allow_log(r"uvicorn\.error:WARNING:Invalid HTTP request")
@pytest.mark.parametrize(
    "sent", [b"nonsense\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01", b"GET / HTTP/1.1\r\n\r\n"]
)
def test_what_is_no_http_is_told_in_the_envelope(api: Api, sent: bytes) -> None:
    """Plain nonsense, a TLS greeting and a request without a Host."""
    with connected(api) as connection:
        connection.sendall(sent + b"\r\n")
        status, content, closes = answered(connection)
    assert (status, content["error"]["code"], closes) == (400, "malformed_request", True)


@pytest.mark.allow_log(r"uvicorn\.error:WARNING:Invalid HTTP request")
def test_an_endless_head_is_refused(api: Api, read: list[int]) -> None:
    """A head that grows beyond some kilobytes is refused and read no further."""
    with connected(api) as connection:
        connection.sendall(b"GET /docs HTTP/1.1\r\nX: ")
        flood(connection, 1 << 24)
        assert answered(connection)[0] == 400
    assert sum(read) < 65536


@pytest.mark.usefixtures("hurried")
def test_a_client_that_does_not_read_is_cut_off(api: Api) -> None:
    """What is written for it does not wait in memory for ever."""
    with connected(api) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        ask = head(api).replace(f"POST {PREFIX}/agents".encode(), b"GET /openapi.json")
        try:
            for _ in range(200):
                connection.sendall(ask)
            for _ in range(40):
                time.sleep(SHORT_S)
                connection.sendall(ask)
        except OSError:
            return
    pytest.fail("the connection was kept")
