"""One window per data folder: a second start raises the first window instead.

The data folder's lock is the core's; this only lets the second process tell the first one that
somebody is looking for it.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

if TYPE_CHECKING:
    from PySide6.QtNetwork import QLocalSocket

SOCKET_FILE = "window.sock"
LONGEST_PATH_BYTES = 100
"""A Unix socket's address holds 108 bytes with its end; some systems hold fewer."""
WAIT_MS = 400
OPEN = b"open "
"""What a file's path follows."""


def call_neighbour(data_dir: Path, file: Path | None = None) -> bool:
    """Raise the window that is open on this data folder; False where there is none.

    `file` is an agent's, which that window is to import.
    """
    address = _address(data_dir)
    if sys.platform != "win32" and not Path(address).exists():
        return False  # the usual start does not even load QtNetwork
    from PySide6.QtNetwork import QLocalSocket

    socket = QLocalSocket()
    socket.connectToServer(address)
    if not socket.waitForConnected(WAIT_MS):
        return False
    socket.write(OPEN + os.fsencode(file.absolute()) if file is not None else b"show\n")
    socket.waitForBytesWritten(WAIT_MS)
    socket.disconnectFromServer()
    return True


class Doorbell(QObject):
    """Listens for a second start; to be opened only by who holds the data folder's lock."""

    rung = Signal()
    brought = Signal(str)
    """The path of a file that a second start was given."""

    def __init__(self, data_dir: Path, parent: QObject | None = None):
        super().__init__(parent)
        from PySide6.QtNetwork import QLocalServer

        address = _address(data_dir)
        QLocalServer.removeServer(address)  # left behind by a process that was killed
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._answer)
        self._server.listen(address)

    def close(self) -> None:
        self._server.close()

    @Slot()
    def _answer(self) -> None:
        while (caller := self._server.nextPendingConnection()) is not None:
            caller.disconnected.connect(partial(self._listen, caller))
            caller.disconnected.connect(caller.deleteLater)
            self.rung.emit()

    def _listen(self, caller: QLocalSocket) -> None:
        """Read what a caller has said, once it has gone."""
        said = bytes(caller.readAll().data())
        if said.startswith(OPEN):
            self.brought.emit(os.fsdecode(said[len(OPEN) :]))


def _address(data_dir: Path) -> str:
    """Return the local socket's name: a path in the data folder where that is short enough."""
    path = data_dir / SOCKET_FILE
    if sys.platform != "win32" and len(os.fsencode(path)) <= LONGEST_PATH_BYTES:
        return str(path)
    name = f"outpost-window-{hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:20]}"
    return name if sys.platform == "win32" else str(Path(tempfile.gettempdir()) / name)
