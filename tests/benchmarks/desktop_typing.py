"""How long a pressed key takes until its letter is painted, while a reply streams beside it."""

from __future__ import annotations

import asyncio
import time

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QPlainTextEdit

EVERY_S = 0.08
"""Between two keys: twelve a second, as a quick typist does."""


class Typist(QObject):
    """Puts keys into a field's queue of events, and notes when each letter is painted."""

    def __init__(self, field: QPlainTextEdit):
        super().__init__(field)
        self._field = field
        self._pressed_s: float | None = None
        self.delays_ms: list[float] = []
        field.viewport().installEventFilter(self)

    def press(self) -> None:
        """Press a key, unless the one before was not painted yet."""
        if self._pressed_s is None:
            self._pressed_s = time.perf_counter()
            for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
                key = QKeyEvent(kind, Qt.Key.Key_A, Qt.KeyboardModifier.NoModifier, "a")
                QApplication.postEvent(self._field, key)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        typed = len(self._field.toPlainText()) > len(self.delays_ms)
        if event.type() == QEvent.Type.Paint and self._pressed_s is not None and typed:
            self.delays_ms.append((time.perf_counter() - self._pressed_s) * 1000)
            self._pressed_s = None
        return super().eventFilter(watched, event)

    async def type_for(self, seconds: float) -> list[float]:
        """Type for so long and return each key's delay."""
        ends_s = time.perf_counter() + seconds
        while time.perf_counter() < ends_s:
            self.press()
            await asyncio.sleep(EVERY_S)
        self._field.viewport().removeEventFilter(self)
        self._field.clear()
        return self.delays_ms
