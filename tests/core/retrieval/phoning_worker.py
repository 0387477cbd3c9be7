"""A worker that tries to reach another machine, as a library in one might."""

from __future__ import annotations

import socket
import sys
from contextlib import suppress

from core.offline import NOBODYS_ADDRESS
from core.retrieval.child import Frame
from core.retrieval.worker import Lane, serve


def _phone(request: Frame) -> Frame:
    with suppress(OSError), socket.socket() as caller:
        caller.connect((NOBODYS_ADDRESS, 443))
    return Frame({})


def main(arguments: list[str]) -> None:
    """Serve until the parent closes the pipe."""
    serve(lambda: (_phone, {}), [Lane(frozenset({"phone"}))])


if __name__ == "__main__":
    main(sys.argv[1:])
