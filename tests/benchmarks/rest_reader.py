"""A client as thin as one can be, in a process of its own: what is measured is the server.

Each line of its input is a request, in hexadecimal, to be sent over a new connection; each line
of its output is [ms to the first mark, ms from the first to the last, how many marks].
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

BLOCK = 65_536


@dataclass(frozen=True, slots=True)
class Streamed:
    """One streamed answer."""

    first_ms: float
    rest_ms: float
    pieces: int


class Reader:
    """Reads streams, counting a mark that each piece of text has."""

    def __init__(self, child: subprocess.Popen[str]):
        self._child = child

    def read(self, request: bytes) -> Streamed:
        """Send a request and read its answer to the end."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.write(request.hex() + "\n")
        self._child.stdin.flush()
        return Streamed(*json.loads(self._child.stdout.readline()))


@contextmanager
def reader(port: int, mark: bytes) -> Iterator[Reader]:
    """Start a reader of the server on this port."""
    arguments = [sys.executable, __file__, str(port), mark.hex()]
    with subprocess.Popen(
        arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        yield Reader(child)
        assert child.stdin is not None
        child.stdin.close()


def post(path: str, port: int, token: str, content: object) -> bytes:
    """Return a request as it goes over the wire; the connection is closed after its answer."""
    body = json.dumps(content).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        "Connection: close\r\n\r\n"
    )
    return head.encode() + body


def _answer(port: int, mark: bytes, request: bytes) -> Streamed:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        began = time.perf_counter()
        connection.sendall(request)
        first = last = began
        pieces = 0
        while block := connection.recv(BLOCK):
            found = block.count(mark)
            if found:
                last = time.perf_counter()
                first = first if pieces else last
                pieces += found
    return Streamed((first - began) * 1000, (last - first) * 1000, pieces)


if __name__ == "__main__":
    for line in sys.stdin:
        one = _answer(int(sys.argv[1]), bytes.fromhex(sys.argv[2]), bytes.fromhex(line.strip()))
        print(json.dumps([one.first_ms, one.rest_ms, one.pieces]), flush=True)
