"""Draws formulas as pictures, one at a time between the window's other work, and keeps them.

Nothing but the formula's text goes in and nothing but paths of glyphs comes out: there is no
browser, no macro that could read a file, and what cannot be drawn stays as it was written.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from dataclasses import dataclass

from PySide6.QtCore import QByteArray, QObject, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

from desktop.viewmodels.formulas import Formula

log = logging.getLogger(__name__)

MOST_KEPT = 400
LARGEST_PX = 2_000
SCALE = 2.0
"""Pictures are drawn for dense screens; others show them at half."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A formula's picture; its measures are in device-independent pixels."""

    image: QImage
    width: float
    height: float
    descent: float
    """How much of the height is below the line on which the text stands."""


class FormulaImages(QObject):
    """Pictures of formulas by what they look like; asked for what it lacks, it draws it soon."""

    drawn = Signal()
    """Everything that was asked for is there now, or will not be."""

    def __init__(self, parent: QObject | None = None):
        super().__init__(parent)
        self._kept: OrderedDict[tuple[str, bool, float, str], Drawn | None] = OrderedDict()
        self._wanted: list[tuple[str, bool, float, str]] = []
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._draw_next)

    def get(self, formula: Formula, size_px: float, colour: str) -> Drawn | None:
        """Return a formula's picture; None where it cannot be drawn, or not yet."""
        key = (formula.latex, formula.block, size_px, colour)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        if key not in self._wanted:
            self._wanted.append(key)
            self._timer.start()
        return None

    def _draw_next(self) -> None:
        if self._wanted:
            key = self._wanted.pop(0)
            self._kept[key] = draw(*key)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        if not self._wanted:
            self._timer.stop()
            self.drawn.emit()


def draw(latex: str, block: bool, size_px: float, colour: str) -> Drawn | None:
    """Draw one formula; None for LaTeX that is unknown or wrong."""
    from ziamath.config import config
    from ziamath.zmath import Latex

    config.svg2 = False  # Qt draws SVG Tiny 1.2: it passes over references without a prefix
    try:
        formula = Latex(latex, size=size_px, color=colour, inline=not block)
        svg, descent = formula.svg(), formula.margin - formula.getyofst()
    except Exception as error:  # a foreign parser over foreign text: whatever it raises, no picture
        log.debug("a formula cannot be drawn: %s", error)
        return None
    renderer = QSvgRenderer(QByteArray(svg.encode()))
    size = renderer.defaultSize()
    if not renderer.isValid() or not 0 < size.width() <= LARGEST_PX or size.height() > LARGEST_PX:
        return None
    image = QImage(size * SCALE, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    renderer.render(painter, QRectF(image.rect()))
    painter.end()
    return Drawn(image, size.width(), size.height(), descent)


def on_baseline(drawn: Drawn, x_height: float) -> Drawn:
    """Return a picture that stands on the line where Qt puts it into text by `AlignMiddle`.

    Qt puts the middle of a picture a quarter of an x above the line, whatever is in it; so empty
    room is added above or below what is drawn.
    """
    too_low = (drawn.height - x_height / 2) / 2 - drawn.descent
    above, below = max(0.0, -2 * too_low), max(0.0, 2 * too_low)
    tall = drawn.height + above + below
    image = QImage(
        drawn.image.width(), round(tall * SCALE), QImage.Format.Format_ARGB32_Premultiplied
    )
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.drawImage(0, round(above * SCALE), drawn.image)
    painter.end()
    return Drawn(image, drawn.width, image.height() / SCALE, drawn.descent + below)
