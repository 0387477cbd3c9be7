"""How things look: icons tinted by the theme, and the style sheet made from its tokens."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QObject, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QWidget

from desktop.theme import Theme
from desktop.views.formula_images import FormulaImages
from desktop.views.stylesheet import stylesheet

ICONS = Path(__file__).resolve().parents[2] / "resources" / "icons"
SCALES = (1.0, 2.0)
"""Pixel ratios that icons are drawn for; Qt picks the nearest above."""


class Look(QObject):
    """The theme together with what is derived from it."""

    def __init__(self, theme: Theme, parent: QObject | None = None):
        super().__init__(parent)
        self.theme = theme
        self.changed = theme.changed
        self.formulas = FormulaImages(self)
        self._icons: dict[tuple[str, str, int], QIcon] = {}
        self._sources: dict[str, str] = {}

    def icon(self, name: str, ink: str = "text", size: int = 18) -> QIcon:
        """Return an icon of resources/icons drawn in a colour of the theme."""
        colour = getattr(self.theme.colours, ink)
        key = (name, colour, size)
        if key not in self._icons:
            self._icons[key] = _render(self._source(name).replace("currentColor", colour), size)
        return self._icons[key]

    def pixmap(self, name: str, ink: str, size: int, ratio: float = 1.0) -> QPixmap:
        return self.icon(name, ink, size).pixmap(QSize(size, size), ratio)

    def dress(self, window: QWidget) -> None:
        """Give a top-level widget the theme's style sheet."""
        window.setStyleSheet(stylesheet(self.theme, ICONS / "fixed"))

    def _source(self, name: str) -> str:
        if name not in self._sources:
            self._sources[name] = (ICONS / f"{name}.svg").read_text("utf-8")
        return self._sources[name]


def application_icon() -> QIcon:
    """Return Outpost's own icon, in the sizes that desktops ask for."""
    source = (ICONS / "outpost.svg").read_text("utf-8")
    icon = QIcon()
    for size in (32, 64, 128):
        icon.addPixmap(_draw(source, size, 1.0))
    return icon


def _render(source: str, size: int) -> QIcon:
    icon = QIcon()
    for scale in SCALES:
        icon.addPixmap(_draw(source, size, scale))
    return icon


def _draw(source: str, size: int, scale: float) -> QPixmap:
    pixels = round(size * scale)
    pixmap = QPixmap(pixels, pixels)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(source.encode())).render(painter, QRectF(0, 0, pixels, pixels))
    painter.end()
    pixmap.setDevicePixelRatio(scale)
    return pixmap
