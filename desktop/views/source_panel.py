"""The source beside the chat: the document's own text, with the cited passage marked."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QKeyEvent, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QTextEdit

from desktop.theme import Size, Space
from desktop.viewmodels.source import SourceViewModel
from desktop.viewmodels.wording import citation_meaning, citation_state, citation_tone
from desktop.views.controls import Elided, Icon, IconButton, label, line
from desktop.views.dressing import utf16_length
from desktop.views.layouts import STRETCH, column, row
from desktop.views.look import Look


class SourcePanel(QFrame):
    """Shows one citation's document, page by page."""

    def __init__(self, look: Look, model: SourceViewModel):
        super().__init__()
        self._look, self._model = look, model
        self.setProperty("role", "panel")
        self.setMinimumWidth(Size.PANEL_LEAST)
        self.setMaximumWidth(Size.PANEL)
        self._name = Elided(role="title", where=Qt.TextElideMode.ElideMiddle)
        self._state_icon = Icon(look, "note", "note", 15)
        self._state = label(role="strong")
        self._meaning = label(role="small", wrap=True)
        self._text = QPlainTextEdit()
        self._text.setProperty("kind", "bare")
        self._text.setReadOnly(True)
        self._text.setAccessibleName(self.tr("Text of the source"))
        self._page = label(role="strong")
        self._back = IconButton(look, "chevron-left", self.tr("Previous page"), self._previous)
        self._on = IconButton(look, "chevron-right", self.tr("Next page"), self._next)
        self._lay_out()
        model.opened.connect(self._show)
        model.turned.connect(self._show_part)
        model.missing.connect(self._show_quote)
        model.closed.connect(self.hide)
        look.changed.connect(self._mark)
        self.hide()

    def _lay_out(self) -> None:
        close = IconButton(self._look, "close", self.tr("Close the source"), self._model.close)
        head = row(Icon(self._look, "file", "accent_text"), self._name, close)
        head.setStretch(1, 1)
        state = row(self._state_icon, self._state, STRETCH, gap=6)
        top = column(head, state, self._meaning, gap=Space.S)
        top.setContentsMargins(Space.XL, Space.L, Space.M, Space.M)
        turn = row(self._back, STRETCH, self._page, STRETCH, self._on)
        turn.setContentsMargins(Space.M, Space.S, Space.M, Space.S)
        text = column(self._text, margins=(Space.XL - 4, Space.M, Space.S, 0))
        whole = column(top, line(), text, line(), turn, gap=0)
        whole.setStretch(2, 1)
        self.setLayout(whole)

    @Slot()
    def _show(self) -> None:
        self._show_head()
        self._show_part()
        self.show()

    def _show_head(self) -> None:
        citation = self._model.citation
        if citation is None:
            return
        self._name.set_full(citation.document_name)
        tone = citation_tone(citation.state)
        icon = {"success": "check", "note": "link"}.get(tone, "alert")
        self._state_icon.change(icon, tone)
        self._state.setText(citation_state(citation.state))
        self._meaning.setText(citation_meaning(citation.state))

    @Slot()
    def _show_part(self) -> None:
        part = self._model.part
        if part is None:
            return
        self._text.setPlainText(part.text)
        self._mark()
        at, total = self._model.at, len(self._model.parts)
        self._page.setText(self._place(part.page, at, total))
        self._back.setEnabled(at > 0)
        self._on.setEnabled(at + 1 < total)

    def _place(self, page: int | None, at: int, total: int) -> str:
        if page is not None:
            last = self._model.parts[-1].page
            return self.tr("Page {page} of {last}").format(page=page, last=last)
        if total > 1:
            return self.tr("Part {at} of {total}").format(at=at + 1, total=total)
        return self.tr("Whole document")

    @Slot()
    def _show_quote(self) -> None:
        """Show what the answer quoted from a document that is gone."""
        citation = self._model.citation
        if citation is None:
            return
        self._show_head()
        self._meaning.setText(
            self.tr("This document has been removed since; this is what the answer relied on.")
        )
        self._text.setPlainText(citation.quote)
        self._text.setExtraSelections([])
        self._page.setText("")
        self._back.setEnabled(False)
        self._on.setEnabled(False)
        self.show()

    @Slot()
    def _mark(self) -> None:
        """Mark the passage and bring it into view."""
        span, part = self._model.marked, self._model.part
        if span is None or part is None:
            self._text.setExtraSelections([])
            return
        start, end = (utf16_length(part.text[:at]) for at in span)
        selection = QTextEdit.ExtraSelection()
        cursor = QTextCursor(self._text.document())
        cursor.setPosition(start)
        cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
        fmt = QTextCharFormat()
        fmt.setBackground(self._look.theme.colour("mark"))
        fmt.setForeground(self._look.theme.colour("on_mark"))
        selection.cursor, selection.format = cursor, fmt
        self._text.setExtraSelections([selection])
        QTimer.singleShot(0, self, lambda: self._reveal(start))

    def _reveal(self, position: int) -> None:
        cursor = QTextCursor(self._text.document())
        cursor.setPosition(min(position, self._text.document().characterCount() - 1))
        self._text.setTextCursor(cursor)
        self._text.centerCursor()

    def _previous(self) -> None:
        self._model.turn(-1)

    def _next(self) -> None:
        self._model.turn(1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._model.close()
        else:
            super().keyPressEvent(event)
