"""The source beside the chat: wherever the passage stands, it is in view and marked."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from core.records import ChunkId, Citation, CitationState, DocumentId
from desktop.viewmodels.base import Desk
from desktop.viewmodels.source import Part, SourceViewModel
from desktop.views.layouts import row
from desktop.views.look import Look
from desktop.views.source_panel import SourcePanel

LINES = [f"Line {at}: " + "a word and another one " * (at % 12) for at in range(120)]
TEXT = "\n".join(LINES)


def cite(start: int, end: int) -> Citation:
    """A citation of a stretch of the text."""
    found = Citation(
        number=1,
        state=CitationState.VERIFIED,
        document_id=DocumentId("doc"),
        document_name="a.txt",
        chunk_id=ChunkId("chk"),
        first_page=None,
        last_page=None,
        start=start,
        end=end,
        quote=TEXT[start:end],
        answer_start=0,
        answer_end=4,
        score=1.0,
    )
    return found


@pytest.mark.parametrize("line", [0, 7, 60, 119])
def test_the_passage_is_in_view(desk: Desk, look: Look, qtbot: QtBot, line: int) -> None:
    """The passage's beginning is shown, also when the panel gets another width after that."""
    model = SourceViewModel(desk)
    panel, chat = SourcePanel(look, model), QWidget()
    window = QWidget()
    chat.setMinimumWidth(400)
    around = row(chat, panel, gap=0)
    around.setStretch(0, 3)
    around.setStretch(1, 2)
    window.setLayout(around)
    window.resize(1000, 600)
    qtbot.addWidget(window)
    window.show()
    start = sum(len(each) + 1 for each in LINES[:line])
    model.citation = cite(start, start + len(LINES[line]))
    model.parts, model.at = [Part(None, 0, TEXT)], 0
    model.opened.emit()
    text = panel.findChild(QPlainTextEdit)
    assert isinstance(text, QPlainTextEdit)

    def seen() -> bool:
        (mark,) = text.extraSelections()
        cursor = mark.cursor
        cursor.setPosition(start)
        return text.viewport().rect().contains(text.cursorRect(cursor).topLeft())

    qtbot.waitUntil(seen)
    for width in (760, 1500, 1000):
        window.resize(width, 600)
        qtbot.wait(60)
        assert seen()
