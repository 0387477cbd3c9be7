"""Markdown from a model as rich text, without giving that text any power.

Raw HTML stays text. Nothing is loaded from anywhere: Qt itself would open a local file that an
image names, even where `loadResource` returns nothing, so images are replaced by their addresses
before they are laid out. Links are reported, never opened.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QImage,
    QKeySequence,
    QResizeEvent,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QMenu, QSizePolicy, QTextBrowser

from desktop.viewmodels.markdown import CITE, finished_length, plain_only
from desktop.views.dressing import disarm, dress, line_height
from desktop.views.look import Look

FEATURES = (
    QTextDocument.MarkdownFeature.MarkdownDialectGitHub
    | QTextDocument.MarkdownFeature.MarkdownNoHTML
)


class SealedDocument(QTextDocument):
    """A document that loads nothing; asked for an image, it gives a single empty pixel."""

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        # An empty answer would make Qt read the file itself (seen with 6.11).
        empty = QImage(1, 1, QImage.Format.Format_ARGB32)
        empty.fill(Qt.GlobalColor.transparent)
        return empty


class RichText(QTextBrowser):
    """One message's text: as tall as it is, read-only, selectable, with links that only tell."""

    link_wanted = Signal(str)
    """The address of a link that was clicked."""
    citation_wanted = Signal(int)
    """The index of the citation whose marker was clicked."""

    def __init__(self, look: Look, name: str):
        super().__init__()
        self._look = look
        self._text = ""
        self._rich_end = 0
        self._height = 0
        self.setDocument(SealedDocument(self))
        self.setAccessibleName(name)
        self.setProperty("kind", "bare")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setOpenLinks(False)
        self.setUndoRedoEnabled(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.document().setDocumentMargin(0)
        self.document().setDefaultFont(look.theme.font())
        self.document().documentLayout().documentSizeChanged.connect(lambda _: self._fit())
        self.anchorClicked.connect(self._clicked)
        self.highlighted.connect(self._hovered)
        look.changed.connect(self._dress)

    # ------------------------------------------------------------ content

    def show_text(self, text: str) -> None:
        """Show a whole text, rendered; one that would be too slow to render stays plain."""
        self._text, self._rich_end = text, len(text)
        self._render()

    def append(self, text: str) -> None:
        """Add streamed text: plain at first, rendered as soon as its block is finished."""
        self._text += text
        finished = self._rich_end + finished_length(self._text[self._rich_end :])
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        if finished == self._rich_end:
            cursor.insertText(text, self._plain_format())
            return
        self._rich_end = finished
        self._render()
        self._append_plain(self._text[finished:])

    def _render(self) -> None:
        text = self._text[: self._rich_end]
        document = self.document()
        if plain_only(text):
            document.setPlainText(text)
        else:
            # Laying out is held back until images are gone: a layout is what would load them.
            document.blockSignals(True)
            document.setMarkdown(text, FEATURES)
            disarm(document)
            dress(document, self._look.theme)
            document.blockSignals(False)
            document.markContentsDirty(0, document.characterCount())
        self._fit()

    def _append_plain(self, text: str) -> None:
        if not text:
            return
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        if self._rich_end:
            cursor.insertBlock(line_height(QTextBlockFormat()), self._plain_format())
        cursor.insertText(text, self._plain_format())

    def _plain_format(self) -> QTextCharFormat:
        fmt = QTextCharFormat()
        fmt.setFont(self._look.theme.font())
        fmt.setForeground(self._look.theme.colour("text"))
        return fmt

    def _dress(self) -> None:
        """Render again in the other theme: colours are part of the document."""
        self.document().setDefaultFont(self._look.theme.font())
        rest = self._text[self._rich_end :]
        self._render()
        self._append_plain(rest)

    # ------------------------------------------------------------ links

    def _clicked(self, url: QUrl) -> None:
        address = url.toString()
        if address.startswith(CITE) and address[len(CITE) :].isdigit():
            self.citation_wanted.emit(int(address[len(CITE) :]))
        else:
            self.link_wanted.emit(address)

    def _hovered(self, url: QUrl) -> None:
        address = url.toString()
        self.setToolTip("" if address.startswith(CITE) else address)

    # ------------------------------------------------------------ size and keys

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # the conversation scrolls, not the message

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        copy = menu.addAction(self.tr("Copy"), self.copy)
        copy.setShortcut(QKeySequence(QKeySequence.StandardKey.Copy))
        copy.setEnabled(self.textCursor().hasSelection())
        menu.addAction(self.tr("Select all"), self.selectAll)
        menu.popup(event.globalPos())

    def _fit(self) -> None:
        """Be exactly as tall as the text is at this width."""
        document = self.document()
        width = self.viewport().width()
        if document.textWidth() != width:
            document.setTextWidth(width)
        height = int(document.size().height()) + 2
        if height != self._height:
            self._height = height
            self.setFixedHeight(height)
