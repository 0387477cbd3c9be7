"""The API's server: uvicorn on a thread and loop of its own, on the loopback address alone.

The socket is bound here first, so that a taken port is a clear error before anything starts.
While it serves, `runtime.json` in the data folder tells local programs where and with which
token; the file is readable by its owner alone.
"""

from __future__ import annotations

import contextlib
import errno
import json
import logging
import os
import socket
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from core.app import Core
from core.changes import Topic
from core.errors import InvalidInput, PortInUse, StorageFailed

if TYPE_CHECKING:
    import uvicorn

    from core.api.guard import Guard
    from core.api.replies import Replies

log = logging.getLogger(__name__)

ADDRESS = "127.0.0.1"
STOP_S = 2.0
GRACE_S = 1
"""How long requests in progress may take to end when the server stops."""
IDLE_CONNECTION_S = 75
START_S = 30.0


class ApiServer:
    """Serves one core; `start` returns when requests are answered, `stop` when none are."""

    def __init__(self, core: Core, port: int):
        self._core = core
        self._port = port
        self._socket: socket.socket | None = None
        self._server: uvicorn.Server | None = None
        self._replies: Replies | None = None
        self._guard: Guard | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The address without a path, such as http://127.0.0.1:8004."""
        return f"http://{ADDRESS}:{self._port}"

    @property
    def running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Bind, serve and write runtime.json.

        Raises PortInUse, or InvalidInput for a port that this user may not use.
        """
        self._socket = _bound(self._port)
        self._port = self._socket.getsockname()[1]
        try:
            self._serve(self._socket)
            _write_runtime_file(self._core, self.url)
        except BaseException:
            self.stop()
            raise
        log.info("the API answers on %s", self.url)

    def stop(self) -> None:
        """End replies and connections and remove runtime.json; takes two seconds at most."""
        _remove_runtime_file(self._core, self.url)
        if self._replies is not None:
            self._replies.stop()
        if self._server is not None:
            self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(STOP_S)
            if self._thread.is_alive():
                log.error("the API's server did not stop within %s seconds", STOP_S)
            self._thread = None
        if self._socket is not None:
            self._socket.close()
        if self._guard is not None:
            self._guard.close()

    def _serve(self, listening: socket.socket) -> None:
        # Imported here: they take a third of a second, and the window comes first.
        import uvicorn

        from core.api.app import create_app
        from core.api.guard import loopback_hosts
        from core.api.protocol import TimedProtocol
        from core.api.replies import Replies

        self._replies = Replies(self._core.chat)
        hosts = loopback_hosts(self._port)
        self._guard = create_app(self._core, self._replies, hosts)
        config = uvicorn.Config(
            self._guard,
            http=TimedProtocol,
            loop="asyncio",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=IDLE_CONNECTION_S,
            timeout_graceful_shutdown=GRACE_S,
        )
        started = threading.Event()

        class Server(uvicorn.Server):
            async def startup(self, sockets: list[socket.socket] | None = None) -> None:
                await super().startup(sockets)
                started.set()

        self._server = Server(config)
        self._thread = threading.Thread(
            target=self._server.run, args=([listening],), name="outpost-api"
        )
        self._thread.start()
        if not started.wait(START_S):
            raise StorageFailed("The API's server did not start.", advice="The log says why.")


class ApiSwitch:
    """The API as the window's settings show it: on or off, and on which port."""

    def __init__(self, core: Core):
        self._core = core
        self._lock = threading.Lock()
        self._server: ApiServer | None = None

    @property
    def url(self) -> str | None:
        """Where the API answers; None while it is off."""
        server = self._server
        return server.url if server is not None and server.running else None

    def start(self, port: int | None = None) -> str:
        """Serve on the port of the settings, or on another one, and return the address.

        On another port the old one goes on until the new one answers, and the port is kept in
        the settings. Raises PortInUse, which names a free one, and InvalidInput.
        """
        with self._lock:
            wanted = self._core.settings.port if port is None else port
            if self.url == f"http://{ADDRESS}:{wanted}":
                return str(self.url)
            server = ApiServer(self._core, wanted)
            server.start()
            before, self._server = self._server, server
            if before is not None:
                before.stop()
            if port is not None and port != self._core.settings.port:
                self._core.apply(port=port)
        self._core.changes.announce(Topic.API, server.url)
        return server.url

    def stop(self) -> None:
        """Stop serving; takes two seconds at most."""
        with self._lock:
            server, self._server = self._server, None
        if server is not None:
            server.stop()
            self._core.changes.announce(Topic.API)


def _bound(port: int) -> socket.socket:
    """Return a socket bound to the loopback address; a free port where 0 is asked for."""
    # With the protocol named, asyncio turns Nagle's algorithm off; each answer took 40 ms else.
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    # On Windows this option would let a second program take the same port.
    if os.name == "posix":
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((ADDRESS, port))
        made.listen(128)
    except OSError as error:
        made.close()
        if error.errno in (errno.EACCES, errno.EPERM):
            raise InvalidInput(
                f"Port {port} may not be used by this user.", param="port"
            ) from error
        raise PortInUse(port, free_port(port)) from error
    return made


def free_port(near: int) -> int | None:
    """Return the next port above that nobody listens on at the moment."""
    for port in range(near + 1, min(near + 100, 65_536)):
        with (
            socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe,
            contextlib.suppress(OSError),
        ):
            probe.bind((ADDRESS, port))
            return port
    return None


def _remove_runtime_file(core: Core, url: str) -> None:
    """Remove the file unless another server of this core has written its own by now."""
    path = core.settings.runtime_file
    with contextlib.suppress(OSError, ValueError):
        if json.loads(path.read_text("utf-8"))["url"] == url:
            path.unlink()


def _write_runtime_file(core: Core, url: str) -> None:
    """Write the file whole or not at all; mkstemp makes it readable by its owner alone."""
    path: Path = core.settings.runtime_file
    content = {"url": url, "pid": os.getpid(), "owner_token": core.users.run_token()}
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(content, file)
    Path(temporary).replace(path)
