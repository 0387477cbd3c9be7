"""Markdown from a model as rich text, without giving that text any power.

Raw HTML stays text. Nothing is loaded from anywhere: Qt itself would open a local file that an
image names, even where `loadResource` returns nothing, so images are replaced by their addresses
before they are laid out. Links are reported, never opened.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Qt, QUrl, Signal, Slot
from PySide6.QtGui import (
    QContextMenuEvent,
    QFont,
    QFontMetricsF,
    QGuiApplication,
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

from desktop.viewmodels.figures import number
from desktop.viewmodels.formulas import Formula, set_apart
from desktop.viewmodels.markdown import (
    CITE,
    LONGEST_SHOWN,
    finished_length,
    plain_only,
    shown_length,
)
from desktop.views.controls import IconButton
from desktop.views.dressing import (
    code_frames,
    code_text,
    disarm,
    dress,
    line_height,
    place_formulas,
)
from desktop.views.formula_images import on_baseline
from desktop.views.look import Look

FEATURES = (
    QTextDocument.MarkdownFeature.MarkdownDialectGitHub
    | QTextDocument.MarkdownFeature.MarkdownNoHTML
)


OURS = "outpost-formula:"
FORMULA_SIZE = 0.92
"""A formula's size as a share of the line's height."""
MOST_COPIES = 40
MOST_BLOCKS = 1_200
"""Paragraphs, list items, lines of code and cells; dressing more of them would be felt."""
RENDER_AGAIN_AFTER = 8
"""A growing text is rendered again once its finished part grew by an eighth: the longer it is,
the more rarely, so that the whole takes time in proportion to its length."""


class SealedDocument(QTextDocument):
    """A document that loads nothing but the pictures given to it; else a single empty pixel."""

    def __init__(self, parent: QObject | None = None):
        super().__init__(parent)
        self.pictures: dict[str, QImage] = {}

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        ours = self.pictures.get(name.toString() if isinstance(name, QUrl) else name)
        if ours is not None:
            return ours
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
    citation_hovered = Signal(int)
    """The index of the citation whose marker the pointer is on."""
    copied = Signal()
    """A block of code is on the clipboard."""

    def __init__(self, look: Look, name: str):
        super().__init__()
        self._look = look
        self._text = ""
        self._rich_end = 0
        self._width = self._height = 0
        self._formulas: list[Formula] = []
        self._undrawn = False
        self._copies: list[IconButton] = []
        self._sealed = SealedDocument(self)
        self.setDocument(self._sealed)
        self.setAccessibleName(name)
        self.setProperty("kind", "bare")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setOpenLinks(False)
        self.setUndoRedoEnabled(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.document().setDocumentMargin(0)
        self.document().setDefaultFont(self._font())
        self.document().documentLayout().documentSizeChanged.connect(lambda _: self._fit())
        self.anchorClicked.connect(self._clicked)
        self.highlighted.connect(self._hovered)
        look.changed.connect(self._dress)
        look.theme.zoomed.connect(self._dress)
        look.formulas.drawn.connect(self._draw_formulas)

    def _font(self) -> QFont:
        return self._look.theme.zoomed_font(self._look.theme.font())

    # ------------------------------------------------------------ content

    def show_text(self, text: str) -> None:
        """Show a whole text, rendered; one that would be too slow to render stays plain."""
        self._text, self._rich_end = text, len(text)
        self._render()

    def append(self, text: str) -> None:
        """Add streamed text: plain at first, rendered as soon as its block is finished."""
        self._text += text
        finished = self._rich_end + finished_length(self._text[self._rich_end :])
        if finished - self._rich_end <= self._rich_end // RENDER_AGAIN_AFTER:
            if len(self._text) <= LONGEST_SHOWN:
                self._insert_plain(text)
            return
        self._rich_end = finished
        self._render()
        self._append_plain(self._text[finished:])

    def _render(self) -> None:
        text = self._text[: self._rich_end]
        if plain_only(text) or not self._render_rich(text):
            self._render_plain(text)
        self._fit()

    def _render_rich(self, text: str) -> bool:
        """Render Markdown; False where it has more parts than can be dressed in a moment."""
        document = self.document()
        # Laying out is held back until images are gone: a layout is what would load them.
        document.blockSignals(True)
        markdown, self._formulas = set_apart(text)
        self._undrawn = False
        document.setMarkdown(markdown, FEATURES)
        few = document.blockCount() <= MOST_BLOCKS
        if few:
            disarm(document)
            dress(document, self._look.theme)
            place_formulas(document, self._formula)
        document.blockSignals(False)
        document.markContentsDirty(0, document.characterCount())
        self._offer_copies(few)
        return few

    # ------------------------------------------------------------ formulas and code

    def _formula(self, index: int) -> tuple[str, tuple[float, float] | str]:
        """Return a formula's picture, or how it was written while there is none."""
        if index >= len(self._formulas):
            return "", ""
        formula, theme = self._formulas[index], self._look.theme
        metrics = QFontMetricsF(self._font())
        size_px = round(metrics.height() * FORMULA_SIZE, 1)
        drawn = self._look.formulas.get(formula, size_px, theme.colours.text)
        if drawn is None:
            self._undrawn = True
            return "", formula.written
        name = f"{OURS}{index}"
        drawn = on_baseline(drawn, metrics.xHeight())
        self._sealed.pictures[name] = drawn.image
        return name, (drawn.width, drawn.height)

    @Slot()
    def _draw_formulas(self) -> None:
        """Show the formulas whose pictures have come since the text was rendered."""
        if self._undrawn:
            self._dress()

    def _offer_copies(self, wanted: bool) -> None:
        """Put a copy button on each box of code."""
        frames = code_frames(self.document())[:MOST_COPIES] if wanted else []
        while len(self._copies) > len(frames):
            self._copies.pop().deleteLater()
        while len(self._copies) < len(frames):
            copy = partial(self._copy, len(self._copies))
            button = IconButton(self._look, "copy", self.tr("Copy code"), copy)
            button.setParent(self.viewport())
            button.setProperty("kind", "tool")
            self._copies.append(button)
            button.show()

    def _copy(self, at: int) -> None:
        frame = code_frames(self.document())[at]
        first, last = frame.firstPosition(), frame.lastPosition()
        QGuiApplication.clipboard().setText(code_text(self.document(), first, last))
        self.copied.emit()

    def _place_copies(self) -> None:
        layout = self.document().documentLayout()
        for button, frame in zip(self._copies, code_frames(self.document()), strict=False):
            box = layout.frameBoundingRect(frame)
            size = button.sizeHint()
            button.setGeometry(
                int(box.right()) - size.width() - 4, int(box.top()) + 4, size.width(), size.height()
            )

    def _render_plain(self, text: str) -> None:
        """Show a text as it is; of an enormous one the beginning."""
        length = shown_length(text)
        rest = len(text) - length
        note = self.tr("[{count} more characters: copy the answer to read them]")
        ending = f"\n\n{note.format(count=number(rest))}" if rest else ""
        self.document().setPlainText(text[:length] + ending)
        self._offer_copies(False)

    def _append_plain(self, text: str) -> None:
        if not text:
            return
        if self._rich_end:
            cursor = QTextCursor(self.document())
            cursor.movePosition(QTextCursor.MoveOperation.End)
            cursor.insertBlock(line_height(QTextBlockFormat()), self._plain_format())
        self._insert_plain(text)

    def _insert_plain(self, text: str) -> None:
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.insertText(text, self._plain_format())

    def _plain_format(self) -> QTextCharFormat:
        fmt = QTextCharFormat()
        fmt.setFont(self._font())
        fmt.setForeground(self._look.theme.colour("text"))
        return fmt

    def _dress(self) -> None:
        """Render again in the other theme or size: both are part of the document."""
        self.document().setDefaultFont(self._font())
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
        if address.startswith(CITE) and address[len(CITE) :].isdigit():
            self.citation_hovered.emit(int(address[len(CITE) :]))
        else:
            self.setToolTip(address)

    # ------------------------------------------------------------ size and keys

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit_to(self.viewport().width())

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

    def fit_to(self, width: int) -> None:
        """Lay the text out for a width that the view has or is about to get."""
        if width != self._width:
            self._width = width
            self._fit()

    def _fit(self) -> None:
        """Be exactly as tall as the text is at its width; without one there is no layout yet."""
        if not self._width:
            return
        document = self.document()
        if document.textWidth() != self._width:
            document.setTextWidth(self._width)
        height = int(document.size().height()) + 2
        if height != self._height:
            self._height = height
            self.setFixedHeight(height)
        self._place_copies()
