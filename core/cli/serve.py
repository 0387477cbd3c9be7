"""`outpost serve`: the core and its API without a window, until a signal ends it."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import core
from core.config import Settings
from core.errors import InvalidInput

STOP_S = 5.0
"""After a signal, the process ends within this time whatever happens."""
POLL_S = 0.5
"""On Windows a wait without a deadline would not notice Ctrl+C."""


def serve(settings: Settings, token_file: Path | None = None) -> int:
    """Run until SIGINT or SIGTERM; the owner's token of this run may come from a file.

    Raises AlreadyRunning, PortInUse, StorageFailed, and InvalidInput for the file.
    """
    token = _secret(token_file) if token_file is not None else None
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(message)s"
    )
    with _ended_by_signal() as ended:
        from core.api.server import ApiServer
        from core.app import build

        built = build(settings)
        try:
            if token is not None:
                built.users.take_run_token(token)
            server = ApiServer(built, settings.port)
            server.start()
            try:
                built.start()
                _announce(settings, server.url)
                while not ended.wait(POLL_S):
                    pass
            finally:
                server.stop()
        finally:
            built.close()
    return 0


def _secret(file: Path) -> str:
    """Return what is in a file of one line; raises InvalidInput where it cannot be read."""
    try:
        return file.read_text("utf-8").strip()
    except (OSError, ValueError) as error:
        raise InvalidInput(f"The token file {file} cannot be read: {error}.") from error


def _announce(settings: Settings, url: str) -> None:
    print(f"Outpost {core.__version__} answers on {url}/api/v1/agent-deployment")
    print(f"The token of this run is 'owner_token' in {settings.runtime_file}")
    print("Stop with Ctrl+C.", flush=True)


@contextmanager
def _ended_by_signal() -> Iterator[threading.Event]:
    """Yield an event that SIGINT or SIGTERM sets; a second signal ends the process at once."""
    ended = threading.Event()

    def end(number: int, _frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        deadline = threading.Timer(STOP_S, os._exit, (1,))
        deadline.daemon = True
        deadline.start()
        ended.set()

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, end) for number in numbers}
    try:
        yield ended
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
