"""Our look for a document that Qt made from Markdown: fonts, distances, code boxes and tables.

Qt keeps what the Markdown says as properties of blocks and fragments and gives it a plain look;
this goes over the document once and puts the theme's tokens in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PySide6.QtCore import QRegularExpression
from PySide6.QtGui import (
    QFont,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextFrame,
    QTextFrameFormat,
    QTextImageFormat,
    QTextLength,
    QTextTable,
)

from desktop.theme import Theme, Type
from desktop.viewmodels.formulas import PLACEHOLDER
from desktop.viewmodels.markdown import CITE
from desktop.views.highlighting import spans

FormulaSource = Callable[[int], tuple[str, tuple[float, float] | str]]
"""From a formula's index to its picture's name and size, or to the text that stands for it."""

PROPERTY = QTextFormat.Property
LINE_PERCENT = 132
HEADING_STEPS = {1: 5.0, 2: 3.0, 3: 1.5}
INDENT_PX = 22.0
MOST_CELLS = 2_000
"""Cells of all tables together; more would make the layout slow, and stay as they are."""


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
    document.setIndentWidth(INDENT_PX)
    cursor = QTextCursor(document)
    cursor.beginEditBlock()  # else Qt lays out anew after each of the many changes
    _mend_tables(document.rootFrame())
    for block in blocks(document):
        _dress_block(cursor, block)
        _dress_fragments(cursor, block, theme)
    _dress_tables(document.rootFrame(), theme)
    _colour_code(cursor, document, theme)
    _box_code(document, theme)
    _close_gaps(document)
    cursor.endEditBlock()


def _dress_block(cursor: QTextCursor, block: QTextBlock) -> None:
    fmt = QTextBlockFormat(block.blockFormat())
    in_table = QTextCursor(block).currentTable() is not None
    if _is_code(block) or in_table:
        fmt.setTopMargin(0)
        fmt.setBottomMargin(0)
    else:
        fmt = line_height(fmt)
        listed = block.textList() is not None
        fmt.setTopMargin(14 if fmt.headingLevel() else (2 if listed else 0))
        fmt.setBottomMargin(6 if fmt.headingLevel() else (2 if listed else 9))
        if fmt.hasProperty(PROPERTY.BlockQuoteLevel):
            fmt.setLeftMargin(INDENT_PX * fmt.intProperty(PROPERTY.BlockQuoteLevel))
    if block == block.document().begin():
        fmt.setTopMargin(0)
    cursor.setPosition(block.position())
    cursor.setBlockFormat(fmt)


def line_height(fmt: QTextBlockFormat) -> QTextBlockFormat:
    fmt.setLineHeight(LINE_PERCENT, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
    return fmt


def _box_code(document: QTextDocument, theme: Theme) -> None:
    """Put each run of code into a frame with a ground of its own and room around the text."""
    fmt = QTextFrameFormat()
    fmt.setBackground(theme.colour("sunken"))
    fmt.setBorder(0)
    fmt.setPadding(10)
    fmt.setTopMargin(2)
    fmt.setBottomMargin(10)
    for start, end in reversed(list(_code_runs(document))):
        cursor = QTextCursor(document)
        cursor.setPosition(start)
        cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
        cursor.insertFrame(fmt)


def _colour_code(cursor: QTextCursor, document: QTextDocument, theme: Theme) -> None:
    """Give the words of code the colours that their language gives them."""
    for start, end in list(_code_runs(document)):
        language = (
            document.findBlock(start).blockFormat().stringProperty(PROPERTY.BlockCodeLanguage)
        )
        if not language:
            continue
        code = code_text(document, start, end)
        for at, length, ink in spans(code, language):
            cursor.setPosition(
                start + utf16_length(code[:at]) if not code.isascii() else start + at
            )
            to = cursor.position() + utf16_length(code[at : at + length])
            cursor.setPosition(min(to, end), QTextCursor.MoveMode.KeepAnchor)
            fmt = QTextCharFormat()
            fmt.setForeground(theme.colour(ink))
            cursor.mergeCharFormat(fmt)


def code_text(document: QTextDocument, start: int, end: int) -> str:
    """Return the text of a run of code, with line ends as such."""
    cursor = QTextCursor(document)
    cursor.setPosition(start)
    cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
    return cursor.selectedText().replace("\u2029", "\n").replace("\u2028", "\n")


def utf16_length(text: str) -> int:
    """Return a text's length as Qt counts it: characters beyond U+FFFF count twice."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def code_frames(document: QTextDocument) -> list[QTextFrame]:
    """Return the boxes around code, from the top."""
    frames = document.rootFrame().childFrames()
    return [each for each in frames if not isinstance(each, QTextTable)]


def place_formulas(document: QTextDocument, formulas: FormulaSource) -> None:
    """Put pictures where placeholders stand, and what was written where there is none."""
    cursor = document.find(QRegularExpression(PLACEHOLDER.pattern))
    while not cursor.isNull():
        index = int(cursor.selectedText()[1:-1])
        name, size = formulas(index)
        if isinstance(size, str):
            cursor.insertText(size)
        else:
            fmt = QTextImageFormat()
            fmt.setName(name)
            fmt.setWidth(size[0])
            fmt.setHeight(size[1])
            fmt.setVerticalAlignment(QTextCharFormat.VerticalAlignment.AlignMiddle)
            cursor.insertImage(fmt)
        cursor = document.find(QRegularExpression(PLACEHOLDER.pattern), cursor)


def _close_gaps(document: QTextDocument) -> None:
    """Make the empty lines that Qt needs around frames and tables as good as invisible."""
    thin = QTextBlockFormat()
    thin.setLineHeight(2, QTextBlockFormat.LineHeightTypes.FixedHeight.value)
    cursor = QTextCursor(document)
    for block in blocks(document):
        cursor.setPosition(block.position())
        at_root = cursor.currentFrame() == document.rootFrame()
        if at_root and not block.text():
            cursor.setBlockFormat(thin)


def _code_runs(document: QTextDocument) -> Iterator[tuple[int, int]]:
    """Yield [start, end) of neighbouring code blocks outside tables."""
    start: int | None = None
    for block in blocks(document):
        if _is_code(block) and QTextCursor(block).currentTable() is None:
            start = block.position() if start is None else start
            if not _is_code(block.next()) or _language(block) != _language(block.next()):
                yield start, block.position() + block.length() - 1
                start = None
        else:
            start = None


def _language(block: QTextBlock) -> str:
    return block.blockFormat().stringProperty(PROPERTY.BlockCodeLanguage)


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
    made.setFont(theme.zoomed_font(font))
    made.setFontFixedPitch(mono)
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
        made.setFont(theme.zoomed_font(font))
        made.setVerticalAlignment(QTextCharFormat.VerticalAlignment.AlignNormal)
        made.setBackground(theme.colour("accent_soft"))
    else:
        made.setFontUnderline(True)


def _mend_tables(frame: QTextFrame) -> None:
    """Undo a quirk of Qt's: after a quote, a table's first cell begins with an empty line."""
    for child in frame.childFrames():
        if not isinstance(child, QTextTable):
            continue
        cursor = child.cellAt(0, 0).firstCursorPosition()
        if not cursor.block().text() and cursor.position() < _last_position(child):
            cursor.deleteChar()
        for column in range(child.columns()):
            cell = child.cellAt(0, column)
            cursor = cell.firstCursorPosition()
            cursor.setPosition(cell.lastPosition(), QTextCursor.MoveMode.KeepAnchor)
            bold = QTextCharFormat()
            bold.setFontWeight(QFont.Weight.DemiBold)
            cursor.mergeCharFormat(bold)


def _last_position(table: QTextTable) -> int:
    return table.cellAt(0, 0).lastPosition()


def _dress_tables(frame: QTextFrame, theme: Theme) -> None:
    """Give tables thin lines and room; very large ones keep Qt's plain look."""
    cells = 0
    for child in frame.childFrames():
        if not isinstance(child, QTextTable):
            continue
        cells += child.rows() * child.columns()  # also the cost of a document with many tables
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
