"""Markdown from a model as rich text, without giving that text any power.

Raw HTML stays text. Nothing is loaded from anywhere: Qt itself would open a local file that an
image names, even where `loadResource` returns nothing, so images are replaced by their addresses
before they are laid out. Links are reported, never opened.
"""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFont,
    QImage,
    QKeySequence,
    QResizeEvent,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextFrame,
    QTextFrameFormat,
    QTextLength,
    QTextTable,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QMenu, QSizePolicy, QTextBrowser

from desktop.theme import Theme, Type
from desktop.viewmodels.markdown import CITE, finished_length, plain_only
from desktop.views.look import Look

FEATURES = (
    QTextDocument.MarkdownFeature.MarkdownDialectGitHub
    | QTextDocument.MarkdownFeature.MarkdownNoHTML
)
PROPERTY = QTextFormat.Property
LINE_PERCENT = 132
HEADING_STEPS = {1: 5.0, 2: 3.0, 3: 1.5}
INDENT_PX = 22.0
MOST_CELLS = 2_000
"""Cells of all tables together; more would make the layout slow, and stay as they are."""


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
            cursor.insertBlock(_line_height(QTextBlockFormat()), self._plain_format())
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


def disarm(document: QTextDocument) -> None:
    """Replace every image by the words that say where it would come from."""
    for start, fmt in reversed(list(_images(document))):
        cursor = QTextCursor(document)
        cursor.setPosition(start)
        cursor.movePosition(QTextCursor.MoveOperation.Right, QTextCursor.MoveMode.KeepAnchor)
        cursor.insertText(f"[image: {fmt.toImageFormat().name()}]", QTextCharFormat())


def _images(document: QTextDocument) -> Iterator[tuple[int, QTextCharFormat]]:
    for block in blocks(document):
        fragments = block.begin()
        while not fragments.atEnd():
            fragment = fragments.fragment()
            if fragment.charFormat().isImageFormat():
                for offset in range(fragment.length()):
                    yield fragment.position() + offset, fragment.charFormat()
            fragments += 1


def blocks(document: QTextDocument) -> Iterator[QTextBlock]:
    block = document.begin()
    while block.isValid():
        yield block
        block = block.next()


def dress(document: QTextDocument, theme: Theme) -> None:
    """Give a rendered document our fonts, distances and colours."""
    cursor = QTextCursor(document)
    for block in blocks(document):
        _dress_block(cursor, block, theme)
        _dress_fragments(cursor, block, theme)
    _dress_tables(document.rootFrame(), theme)


def _dress_block(cursor: QTextCursor, block: QTextBlock, theme: Theme) -> None:
    fmt = QTextBlockFormat(block.blockFormat())
    in_table = QTextCursor(block).currentTable() is not None
    if _is_code(block):
        first, last = not _is_code(block.previous()), not _is_code(block.next())
        fmt.setBackground(theme.colour("sunken"))
        fmt.setLeftMargin(0)
        fmt.setTopMargin(8 if first else 0)
        fmt.setBottomMargin(10 if last else 0)
        fmt.setTextIndent(0)
        fmt.setLineHeight(128, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
    elif in_table:
        fmt.setTopMargin(0)
        fmt.setBottomMargin(0)
    else:
        fmt = _line_height(fmt)
        listed = block.textList() is not None
        fmt.setTopMargin(14 if fmt.headingLevel() else (2 if listed else 0))
        fmt.setBottomMargin(6 if fmt.headingLevel() else (2 if listed else 9))
        if fmt.hasProperty(PROPERTY.BlockQuoteLevel):
            fmt.setLeftMargin(INDENT_PX * fmt.intProperty(PROPERTY.BlockQuoteLevel))
    if block == block.document().begin():
        fmt.setTopMargin(0)
    cursor.setPosition(block.position())
    cursor.setBlockFormat(fmt)


def _line_height(fmt: QTextBlockFormat) -> QTextBlockFormat:
    fmt.setLineHeight(LINE_PERCENT, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
    return fmt


def _is_code(block: QTextBlock) -> bool:
    if not block.isValid():
        return False
    fmt = block.blockFormat()
    return fmt.hasProperty(PROPERTY.BlockCodeFence) or fmt.nonBreakableLines()


def _dress_fragments(cursor: QTextCursor, block: QTextBlock, theme: Theme) -> None:
    level = block.blockFormat().headingLevel()
    quoted = block.blockFormat().hasProperty(PROPERTY.BlockQuoteLevel)
    spans = []
    fragments = block.begin()
    while not fragments.atEnd():
        fragment = fragments.fragment()
        spans.append((fragment.position(), fragment.length(), fragment.charFormat()))
        fragments += 1
    for position, length, fmt in spans:
        cursor.setPosition(position)
        cursor.setPosition(position + length, QTextCursor.MoveMode.KeepAnchor)
        cursor.setCharFormat(_dressed(fmt, level, quoted, _is_code(block), theme))


def _dressed(
    fmt: QTextCharFormat, level: int, quoted: bool, code: bool, theme: Theme
) -> QTextCharFormat:
    """Return a fragment's format in the theme, from what the Markdown says about it."""
    made = QTextCharFormat()
    mono = code or fmt.fontFixedPitch()
    font = theme.mono() if mono else theme.font()
    font.setItalic(fmt.fontItalic())
    font.setStrikeOut(fmt.fontStrikeOut())
    bold = level > 0 or fmt.fontWeight() >= QFont.Weight.DemiBold
    font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    if level:
        font.setPointSizeF(theme.points(Type.BODY) + HEADING_STEPS.get(level, 0.5))
    made.setFont(font)
    made.setForeground(theme.colour("muted" if quoted else "text"))
    if mono and not code:
        made.setBackground(theme.colour("sunken"))
    if fmt.isAnchor():
        _dress_link(made, fmt, theme)
    return made


def _dress_link(made: QTextCharFormat, fmt: QTextCharFormat, theme: Theme) -> None:
    made.setAnchor(True)
    made.setAnchorHref(fmt.anchorHref())
    made.setForeground(theme.colour("accent_text"))
    if fmt.anchorHref().startswith(CITE):
        font = theme.font(Type.SMALL, bold=True)
        made.setFont(font)
        made.setVerticalAlignment(QTextCharFormat.VerticalAlignment.AlignNormal)
        made.setBackground(theme.colour("accent_soft"))
    else:
        made.setFontUnderline(True)


def _dress_tables(frame: QTextFrame, theme: Theme) -> None:
    """Give tables thin lines and room; very large ones keep Qt's plain look."""
    cells = 0
    for child in frame.childFrames():
        if not isinstance(child, QTextTable):
            continue
        cells += child.rows() * child.columns()
        if cells > MOST_CELLS:
            return
        fmt = child.format()
        fmt.setBorder(1)
        fmt.setBorderBrush(theme.colour("border"))
        fmt.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
        fmt.setBorderCollapse(True)
        fmt.setCellPadding(6)
        fmt.setCellSpacing(0)
        fmt.setTopMargin(4)
        fmt.setBottomMargin(12)
        fmt.setWidth(QTextLength())
        child.setFormat(fmt)
        for column in range(child.columns()):
            head = child.cellAt(0, column)
            cell_format = head.format()
            cell_format.setBackground(theme.colour("raised"))
            head.setFormat(cell_format)
