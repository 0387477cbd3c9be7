"""A thin bar that shows a share; the words beside it carry the number."""

from __future__ import annotations

from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QStyle, QWidget

from desktop.viewmodels.figures import percent
from desktop.views.look import Look

HEIGHT_PX = 8


class Meter(QWidget):
    """A share from 0 to 1, painted in the accent's colour; nearly full is a warning."""

    def __init__(self, look: Look, share: float):
        super().__init__()
        self._look = look
        self._share = min(1.0, max(0.0, share))
        self.setFixedHeight(HEIGHT_PX)
        self.setAccessibleName(percent(self._share))
        look.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, radius = self._look.theme, HEIGHT_PX / 2
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme.colour("border"))
        painter.setBrush(theme.colour("raised"))
        painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), radius, radius)
        filled = self.rect().adjusted(0, 0, -round(self.width() * (1 - self._share)), 0)
        filled = QStyle.visualRect(self.layoutDirection(), self.rect(), filled)
        painter.setPen(theme.colour("accent"))
        painter.setBrush(theme.colour("warning" if self._share > 0.9 else "accent"))
        if filled.width() > HEIGHT_PX:
            painter.drawRoundedRect(filled.adjusted(0, 0, -1, -1), radius, radius)
        painter.end()
