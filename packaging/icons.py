"""Outpost's icon in the sizes and files that desktops ask for, all drawn from one SVG."""

from __future__ import annotations

import os
import struct
from pathlib import Path

from ground import BUILD, ROOT, fresh

SOURCE = ROOT / "resources" / "icons" / "outpost.svg"
SIZES = (16, 22, 24, 32, 48, 64, 128, 256, 512)
ICO_SIZES = (16, 24, 32, 48, 64, 256)
ICNS_KINDS = {16: b"icp4", 32: b"icp5", 64: b"icp6", 128: b"ic07", 256: b"ic08", 512: b"ic09"}


def draw() -> Path:
    """Draw all into build/icons and return that folder."""
    folder = fresh(BUILD / "icons")
    pictures = _pictures()
    for size, picture in pictures.items():
        (folder / f"{size}.png").write_bytes(picture)
    (folder / "outpost.ico").write_bytes(_ico({size: pictures[size] for size in ICO_SIZES}))
    (folder / "outpost.icns").write_bytes(_icns(pictures))
    return folder


def _pictures() -> dict[int, bytes]:
    """Return the icon as PNG files, by size in pixels."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import QBuffer, QIODevice
    from PySide6.QtGui import QGuiApplication, QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    application = QGuiApplication([])
    drawing = QSvgRenderer(str(SOURCE))
    made = {}
    for size in SIZES:
        image = QImage(size, size, QImage.Format.Format_ARGB32)
        image.fill(0)
        painter = QPainter(image)
        drawing.render(painter)
        painter.end()
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        image.save(buffer, "PNG")  # type: ignore[call-overload]
        made[size] = bytes(buffer.data().data())
    del application
    return made


def _ico(pictures: dict[int, bytes]) -> bytes:
    """Return a Windows icon file: a table of contents, then PNG files."""
    head = struct.pack("<HHH", 0, 1, len(pictures))
    table, body = b"", b""
    at = len(head) + 16 * len(pictures)
    for size, picture in pictures.items():
        shown = size % 256  # 0 stands for 256
        table += struct.pack("<BBBBHHII", shown, shown, 0, 0, 1, 32, len(picture), at + len(body))
        body += picture
    return head + table + body


def _icns(pictures: dict[int, bytes]) -> bytes:
    """Return a macOS icon file: chunks of a kind, a length and a PNG file."""
    body = b"".join(
        kind + struct.pack(">I", len(pictures[size]) + 8) + pictures[size]
        for size, kind in ICNS_KINDS.items()
    )
    return b"icns" + struct.pack(">I", len(body) + 8) + body


if __name__ == "__main__":
    print(draw())
