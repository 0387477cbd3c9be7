"""Tells that nobody has used the window for some time.

Only what reaches the application's own windows is seen, and only while somebody wants to know:
a filter in Python costs each event a little. The wall clock is asked, since the monotonic one
stands still while some machines sleep.
"""

from __future__ import annotations

from time import time

from PySide6.QtCore import QEvent, QObject, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication, QWindow

INPUT = frozenset(
    {
        QEvent.Type.KeyPress,
        QEvent.Type.InputMethod,
        QEvent.Type.MouseButtonPress,
        QEvent.Type.MouseMove,
        QEvent.Type.Wheel,
        QEvent.Type.TouchBegin,
        QEvent.Type.TouchUpdate,
        QEvent.Type.TabletMove,
        QEvent.Type.TabletPress,
    }
)
LOOK_EVERY_MS = 5_000


class Idle(QObject):
    """Waits for a time without input; `passed` tells, again and again until there is some."""

    passed = Signal()

    def __init__(self, parent: QObject):
        super().__init__(parent)
        self._longest_s = 0.0
        self._last_s = 0.0
        self._timer = QTimer(self, interval=LOOK_EVERY_MS)
        self._timer.timeout.connect(self.look)

    def wait(self, minutes: int) -> None:
        """Tell from now on after so many minutes; 0 for never."""
        self._longest_s = minutes * 60.0
        if bool(minutes) != self._timer.isActive():
            (self._begin if minutes else self._end)()

    def _begin(self) -> None:
        self.used()
        for window in QGuiApplication.topLevelWindows():
            self._follow(window)
        _application().focusWindowChanged.connect(self._follow)
        self._timer.start()

    def _end(self) -> None:
        self._timer.stop()
        _application().focusWindowChanged.disconnect(self._follow)
        for window in QGuiApplication.topLevelWindows():
            window.removeEventFilter(self)

    def used(self) -> None:
        """Count from now on."""
        self._last_s = time()

    @Slot()
    def look(self) -> None:
        """Tell if it is so long ago; a clock that was set back begins anew."""
        self._last_s = min(self._last_s, time())
        if time() - self._last_s >= self._longest_s:
            self.passed.emit()

    @Slot(QWindow)
    def _follow(self, window: QWindow | None) -> None:
        if window is not None:
            window.installEventFilter(self)  # a second time moves it, and adds none

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in INPUT:
            self._last_s = time()
        return False


def _application() -> QGuiApplication:
    application = QGuiApplication.instance()
    assert isinstance(application, QGuiApplication)
    return application
