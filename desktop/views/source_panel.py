"""The source beside the chat: its page or its own text, with the cited passage marked."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QKeyEvent, QResizeEvent, QTextCharFormat, QTextCursor, QWheelEvent
from PySide6.QtWidgets import (
    QFrame,
    QPlainTextEdit,
    QScrollArea,
    QStackedWidget,
    QTextEdit,
)

from desktop.theme import Size, Space
from desktop.viewmodels.source import SourceViewModel
from desktop.viewmodels.wording import citation_meaning, citation_state, citation_tone
from desktop.views.controls import Button, Elided, Icon, IconButton, label, line
from desktop.views.dressing import utf16_length
from desktop.views.layouts import STRETCH, column, holder, row
from desktop.views.look import Look
from desktop.views.page_view import PageView


class SourceText(QPlainTextEdit):
    """A document's text; a place in it stays in view while the room for it changes."""

    def __init__(self) -> None:
        super().__init__()
        self._place: int | None = None
        self.setReadOnly(True)
        self.setProperty("kind", "bare")
        self.verticalScrollBar().actionTriggered.connect(self._let_go)

    def reveal(self, position: int | None) -> None:
        """Show a place in the middle, until one scrolls away from it; None for no place."""
        self._place = position
        QTimer.singleShot(0, self, self._show_place)

    @Slot()
    def _show_place(self) -> None:
        if self._place is not None:
            cursor = QTextCursor(self.document())
            cursor.setPosition(min(self._place, self.document().characterCount() - 1))
            self.setTextCursor(cursor)
            self.centerCursor()

    @Slot()
    def _let_go(self) -> None:
        self._place = None

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._let_go()
        super().wheelEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self._let_go()
        super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        QTimer.singleShot(0, self, self._show_place)


class SourcePanel(QFrame):
    """Shows one citation's document, page by page."""

    def __init__(self, look: Look, model: SourceViewModel):
        super().__init__()
        self._look, self._model = look, model
        self.setProperty("role", "panel")
        self.setMinimumWidth(Size.PANEL_LEAST)
        self.setMaximumWidth(Size.PANEL_MOST)
        self._name = Elided(role="title", where=Qt.TextElideMode.ElideMiddle)
        self._state_icon = Icon(look, "note", "note", 15)
        self._state = label(role="strong")
        self._meaning = label(role="small", wrap=True)
        self._text = SourceText()
        self._text.setAccessibleName(self.tr("Text of the source"))
        self._paper = PageView(look)
        self._paper.width_wanted.connect(model.draw)
        self._paper_area = QScrollArea()
        self._paper_area.setWidget(self._paper)
        self._paper_area.setWidgetResizable(True)
        self._paper_area.setFrameShape(QFrame.Shape.NoFrame)
        self._paper_area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._paper_area.setAccessibleName(self.tr("Page of the source"))
        self._as_text = Button(look, self.tr("Show text"), kind="link", on_click=self._switch)
        self._wants_text = False
        self._page = label(role="strong")
        self._back = IconButton(look, "chevron-left", self.tr("Previous page"), self._previous)
        self._on = IconButton(look, "chevron-right", self.tr("Next page"), self._next)
        self._lay_out()
        model.opened.connect(self._show)
        model.turned.connect(self._show_part)
        model.missing.connect(self._show_quote)
        model.closed.connect(self.hide)
        model.drawn.connect(self._show_picture)
        look.changed.connect(self._mark)
        self.hide()

    def _lay_out(self) -> None:
        close = IconButton(self._look, "close", self.tr("Close the source"), self._model.close)
        head = row(Icon(self._look, "file", "accent_text"), self._name, close)
        head.setStretch(1, 1)
        state = row(self._state_icon, self._state, STRETCH, self._as_text, gap=6)
        top = column(head, state, self._meaning, gap=Space.S)
        top.setContentsMargins(Space.XL, Space.L, Space.M, Space.M)
        turn = row(self._back, STRETCH, self._page, STRETCH, self._on)
        turn.setContentsMargins(Space.M, Space.S, Space.M, Space.S)
        text = column(self._text, margins=(Space.XL - 4, Space.M, Space.S, 0))
        self._sides = QStackedWidget()
        self._sides.addWidget(holder(text))
        self._sides.addWidget(self._paper_area)
        whole = column(top, line(), self._sides, line(), turn, gap=0)
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
        self._show_side()
        self._paper.show_page(self._model.picture, self._model.boxes)
        if self._model.drawable:
            self._model.draw(self._paper.wanted_px())
        at, total = self._model.at, len(self._model.parts)
        self._page.setText(self._place(part.page, at, total))
        self._back.setEnabled(at > 0)
        self._on.setEnabled(at + 1 < total)

    def _show_side(self) -> None:
        """Show the page as it looks where that is possible, else its text."""
        drawable = self._model.drawable
        self._sides.setCurrentIndex(1 if drawable and not self._wants_text else 0)
        self._as_text.setVisible(drawable)
        word = self.tr("Show page") if self._wants_text else self.tr("Show text")
        self._as_text.change(word, "")

    def _switch(self) -> None:
        self._wants_text = not self._wants_text
        self._show_side()

    @Slot()
    def _show_picture(self) -> None:
        """Show the page that was drawn, with the passage in view."""
        self._show_side()
        self._paper.show_page(self._model.picture, self._model.boxes)
        top = self._paper.first_mark_px()
        if top is not None:
            QTimer.singleShot(0, self, lambda: self._paper_area.ensureVisible(0, top, 0, 160))

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
        self._text.reveal(None)
        self._show_side()
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
            self._text.reveal(None)
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
        self._text.reveal(start)

    def _previous(self) -> None:
        self._model.turn(-1)

    def _next(self) -> None:
        self._model.turn(1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._model.close()
        else:
            super().keyPressEvent(event)
