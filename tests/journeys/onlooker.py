"""The window as its users run it, with someone who tells what is to be seen in it.

`python -m tests.journeys.onlooker FD ARGUMENTS…` runs the desktop's own `main` with the arguments.
Each line of JSON on the socket FD asks one thing about the window and is answered in one line:
where something is, what it says, what a picture of the screen shows. Nothing is pressed or typed
from here: that comes through the X server, as a person's mouse and keyboard do.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Sequence
from itertools import count, takewhile
from typing import Any

from PySide6.QtCore import QModelIndex, QPoint, QRect, QTimer
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QLabel,
    QMainWindow,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

from desktop.main import main

Json = dict[str, Any]


def listen(line: socket.socket) -> None:
    """Answer requests until the other end is closed; on a thread of its own."""
    with line, line.makefile("r", encoding="utf-8") as requests:
        for request in requests:
            _on_qt_thread(line, json.loads(request))


def _on_qt_thread(line: socket.socket, request: Json) -> None:
    while (application := QApplication.instance()) is None:
        time.sleep(0.01)
    QTimer.singleShot(0, application, lambda: line.sendall(_answer(request)))


def _answer(request: Json) -> bytes:
    try:
        answer = {"answer": _look(request)}
    except Exception:
        answer = {"error": traceback.format_exc()}
    return json.dumps(answer).encode() + b"\n"


def _look(request: Json) -> object:
    match request:
        case {"see": str(name)}:
            return [_sight(widget) for widget in _visible() if _name(widget) == name]
        case {"names": True}:
            return sorted({_name(widget) for widget in _visible()})
        case {"focus": True}:
            focused = QApplication.focusWidget()
            return "" if focused is None else _name(focused) or focused.objectName()
        case {"picture": str(file)}:
            return _take_picture(file)
    return [_main_window(window) for window in _windows()]


# ---------------------------------------------------------------- what there is to see


def _visible() -> Iterator[QWidget]:
    for widget in QApplication.allWidgets():
        if widget.isVisible() and not widget.visibleRegion().isEmpty():
            yield widget


def _name(widget: QWidget) -> str:
    """Return what a screen reader calls a widget."""
    return widget.accessibleName() or (widget.text() if isinstance(widget, QLabel) else "")


def _sight(widget: QWidget) -> Json:
    """Return all that a person could tell of a widget."""
    seen = widget.visibleRegion().boundingRect()
    return {
        "kind": type(widget).__name__,
        "centre": _on_screen(widget, seen),
        "enabled": widget.isEnabled(),
        "text": _text(widget),
        "meaning": widget.accessibleDescription(),
        "rows": _rows(widget) if isinstance(widget, QAbstractItemView) else [],
        "marked": _marked(widget) if isinstance(widget, QPlainTextEdit) else "",
    }


def _on_screen(widget: QWidget, place: QRect) -> list[int]:
    at: QPoint = widget.mapToGlobal(place.center())
    return [at.x(), at.y()]


def _text(widget: QWidget) -> str:
    if isinstance(widget, QPlainTextEdit | QTextEdit):
        return widget.toPlainText()
    if isinstance(widget, QLabel | QAbstractButton):
        return widget.text().strip()
    return ""


def _rows(view: QAbstractItemView) -> list[Json]:
    model = view.model()
    rows = []
    for at in range(model.rowCount(QModelIndex())):
        # A list's model keeps its number of columns to itself.
        cells = list(takewhile(QModelIndex.isValid, (model.index(at, n) for n in count())))
        words = [str(cell.data()) for cell in cells]
        centre = _on_screen(view.viewport(), view.visualRect(cells[0]))
        rows.append({"words": words, "centre": centre})
    return rows


def _marked(text: QPlainTextEdit) -> str:
    """Return the marked words that are in view."""
    view = text.viewport().rect()
    marked = text.extraSelections()  # to be kept: its cursors live no longer than the list
    words = [each.cursor.selectedText() for each in marked if view.intersects(_end(text, each))]
    return "\n".join(words)


def _end(text: QPlainTextEdit, marked: QTextEdit.ExtraSelection) -> QRect:
    return text.cursorRect(marked.cursor)


# ---------------------------------------------------------------- the window as a whole


def _windows() -> list[QMainWindow]:
    return [each for each in QApplication.topLevelWidgets() if isinstance(each, QMainWindow)]


def _main_window(window: QMainWindow) -> Json:
    return {
        "id": int(window.winId()),
        "shown": window.isVisible() and not window.isMinimized(),
        "active": window.isActiveWindow(),
    }


def _take_picture(file: str) -> bool:
    """Save what the screen shows where the window is."""
    (window,) = _windows()
    place = window.geometry()
    picture = window.screen().grabWindow(0, place.x(), place.y(), place.width(), place.height())
    return picture.save(file)


def run(arguments: Sequence[str]) -> int:
    line = socket.socket(fileno=int(arguments[0]))
    threading.Thread(target=listen, args=(line,), name="onlooker", daemon=True).start()
    return main(arguments[1:])


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
