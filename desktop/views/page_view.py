"""A page of a document as it looks, with the passage marked on it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QTimer, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from core.records import PageBox, PageImage
from desktop.theme import LIGHT, Space
from desktop.views.look import Look

MARKER = QColor(LIGHT.mark)
SETTLED_MS = 150
"""How long the width has to rest before the page is drawn anew for it."""


class PageView(QWidget):
    """Shows a picture as wide as there is room and tells which width would be sharp."""

    width_wanted = Signal(int)

    def __init__(self, look: Look):
        super().__init__()
        self._look = look
        self._image = QImage()
        self._boxes: Sequence[PageBox] = ()
        self._rest = QTimer(self, singleShot=True, interval=SETTLED_MS)
        self._rest.timeout.connect(lambda: self.width_wanted.emit(self.wanted_px()))
        look.changed.connect(self.update)

    def wanted_px(self) -> int:
        """Return the width in real pixels at which the page is sharp."""
        return max(200, round((self.width() - 2 * Space.M) * self.devicePixelRatioF()))

    def show_page(self, picture: PageImage | None, boxes: Sequence[PageBox]) -> None:
        """Show a page; None while it is being drawn."""
        self._image = QImage.fromData(picture.png) if picture is not None else QImage()
        self._boxes = boxes
        self._fit()
        self.update()

    def first_mark_px(self) -> int | None:
        """Return how far down the first mark is, None without one."""
        if not self._boxes or self._image.isNull():
            return None
        return round(min(box.top for box in self._boxes) * self._paper().height())

    def _paper(self) -> QRectF:
        width = self.width() - 2 * Space.M
        ratio = self._image.height() / max(1, self._image.width())
        return QRectF(Space.M, Space.M, width, width * ratio)

    def _fit(self) -> None:
        if not self._image.isNull():
            self.setMinimumHeight(round(self._paper().height()) + 2 * Space.M)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()
        if event.size().width() != event.oldSize().width():
            self._rest.start()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._image.isNull():
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        paper, theme = self._paper(), self._look.theme
        painter.drawImage(paper, self._image)
        painter.setPen(theme.colour("border"))
        painter.drawRect(paper)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Multiply)
        for box in self._boxes:  # the page is paper in both themes, and so is the marker
            mark = QRectF(
                paper.left() + box.left * paper.width(),
                paper.top() + box.top * paper.height(),
                (box.right - box.left) * paper.width(),
                (box.bottom - box.top) * paper.height(),
            )
            painter.fillRect(mark, MARKER)
        painter.end()
