"""Ends the window on SIGINT and SIGTERM as closing it would.

Python runs signal handlers only between its own instructions, and Qt's loop may wait for long
without one. The interpreter therefore writes to a socket on each signal, which wakes Qt.
"""

from __future__ import annotations

import signal
import socket
from types import FrameType

from PySide6.QtCore import QObject, QSocketNotifier, Signal, Slot


class QuitSignals(QObject):
    """Turns the process's signals into one Qt signal."""

    received = Signal()

    def __init__(self, parent: QObject | None = None):
        super().__init__(parent)
        self._read, self._write = socket.socketpair()
        for end in (self._read, self._write):
            end.setblocking(False)
        self._before = signal.set_wakeup_fd(self._write.fileno(), warn_on_full_buffer=False)
        self._handlers = {
            number: signal.signal(number, self._ignore)
            for number in (signal.SIGINT, signal.SIGTERM)
        }
        self._notifier = QSocketNotifier(self._read.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._wake)

    def close(self) -> None:
        """Give the signals back."""
        self._notifier.setEnabled(False)
        signal.set_wakeup_fd(self._before)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._read.close()
        self._write.close()

    def _ignore(self, number: int, frame: FrameType | None) -> None:
        """Do nothing: that a Python handler exists is what makes the interpreter write."""

    @Slot()
    def _wake(self) -> None:
        numbers = self._read.recv(64)
        if any(number in (signal.SIGINT, signal.SIGTERM) for number in numbers):
            self.received.emit()
