"""The documents of a collection as a table, with state and progress painted in their rows."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from core.records import PARTIAL, Document, DocumentState
from desktop.theme import Type
from desktop.viewmodels.collections import CollectionsViewModel
from desktop.viewmodels.documents import DocumentsItemModel, problem
from desktop.viewmodels.wording import document_state
from desktop.views.look import Look
from desktop.views.side_list import leading, mirrored

Index = QModelIndex | QPersistentModelIndex
BAR_PX = 5
PAD_PX = 12
FIT_MS = 30


class DocumentDelegate(QStyledItemDelegate):
    """Paints a name with its problem below, a state with a dot, and a bar while it is read."""

    def __init__(self, look: Look, table: QTableView):
        super().__init__(table)
        self._look = look

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        document: Document = index.data(DocumentsItemModel.DOCUMENT)
        theme = self._look.theme
        box: QRect = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setLayoutDirection(option.direction)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, theme.colour("accent_soft"))
        painter.setPen(theme.colour("border"))
        painter.drawLine(box.bottomLeft(), box.bottomRight())
        inner = box.adjusted(PAD_PX, 0, -PAD_PX, 0)
        if index.column() == DocumentsItemModel.NAME:
            self._paint_name(painter, inner, document)
        elif index.column() == DocumentsItemModel.STATE:
            self._paint_state(painter, inner, document, index.data(DocumentsItemModel.PROGRESS))
        else:
            text = str(index.data(Qt.ItemDataRole.DisplayRole))
            self._words(painter, inner, text, theme.font(), "muted", right=True)
        painter.restore()

    def _paint_name(self, painter: QPainter, box: QRect, document: Document) -> None:
        theme = self._look.theme
        if not document.problem:
            self._words(painter, box, document.name, theme.font(), "text")
            return
        half = box.height() // 2
        upper = QRect(box.left(), box.top() + 7, box.width(), half - 7)
        lower = QRect(box.left(), box.top() + half, box.width(), half - 7)
        self._words(painter, upper, document.name, theme.font(), "text")
        self._words(painter, lower, problem(document), theme.font(Type.SMALL), "danger")

    def _paint_state(
        self, painter: QPainter, box: QRect, document: Document, progress: float | None
    ) -> None:
        theme = self._look.theme
        away = (DocumentState.OFFLINE, DocumentState.TRASHED)
        ink = {DocumentState.READY: "success", DocumentState.FAILED: "danger"}
        ink |= dict.fromkeys(away, "outline")
        painter.setPen(Qt.PenStyle.NoPen)
        colour = "warning" if document.reason == PARTIAL else ink.get(document.state, "warning")
        painter.setBrush(theme.colour(colour))
        painter.drawEllipse(mirrored(painter, box, QRect(box.left(), box.center().y() - 4, 9, 9)))
        words = mirrored(painter, box, box.adjusted(18, 0, 0, 0))
        if progress:
            words.setBottom(box.bottom() - 8)
            self._paint_bar(painter, box, progress)
        self._words(painter, words, document_state(document), theme.font(), "text")

    def _paint_bar(self, painter: QPainter, box: QRect, progress: float) -> None:
        theme = self._look.theme
        bar = QRect(box.left() + 18, box.bottom() - 10, box.width() - 18, BAR_PX)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("raised"))
        painter.drawRoundedRect(mirrored(painter, box, bar), 2, 2)
        bar.setWidth(max(BAR_PX, round(bar.width() * progress)))
        painter.setBrush(theme.colour("accent"))
        painter.drawRoundedRect(mirrored(painter, box, bar), 2, 2)

    def _words(
        self, painter: QPainter, box: QRect, text: str, font: QFont, ink: str, right: bool = False
    ) -> None:
        where = Qt.TextElideMode.ElideRight if ink == "danger" else Qt.TextElideMode.ElideMiddle
        elided = QFontMetrics(font).elidedText(text, where, box.width())
        painter.setFont(font)
        painter.setPen(self._look.theme.colour(ink))
        painter.drawText(box, leading(painter, trailing=right), elided)


class DocumentTable(QTableView):
    """A table of documents; one row is chosen at a time."""

    selected = Signal(object)
    """Document, or None."""

    def __init__(self, look: Look, model: CollectionsViewModel):
        super().__init__()
        self._look = look
        self._documents = model.documents
        self.setModel(model.documents)
        self.setItemDelegate(DocumentDelegate(look, self))
        self.setAccessibleName(self.tr("Documents"))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        self._set_columns()
        self.selectionModel().selectionChanged.connect(self._tell)
        self.verticalHeader().setDefaultSectionSize(self._row_height(two_lines=False))
        # Later: the header forgets all heights at a reset, and does so some events after it.
        self._soon = QTimer(self, singleShot=True, interval=FIT_MS)
        self._soon.timeout.connect(self._fit)
        for signal in (model.documents.dataChanged, model.documents.modelReset):
            signal.connect(self._fit_soon)
        look.changed.connect(self.viewport().update)

    def _set_columns(self) -> None:
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsClickable(False)
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        header.setDefaultAlignment(left)
        header.setSectionResizeMode(DocumentsItemModel.NAME, QHeaderView.ResizeMode.Stretch)
        widths = {
            DocumentsItemModel.STATE: 160,
            DocumentsItemModel.PAGES: 76,
            DocumentsItemModel.SIZE: 96,
        }
        for column, width in widths.items():
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            header.resizeSection(column, width)

    def current(self) -> Document | None:
        """Return the chosen document."""
        rows = self.selectionModel().selectedRows()
        return self._documents.document(rows[0].row()) if rows else None

    @Slot()
    def _tell(self, *_: object) -> None:
        self.selected.emit(self.current())

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fit_soon()

    @Slot()
    def _fit_soon(self, *_: object) -> None:
        if not self._soon.isActive():
            self._soon.start()

    @Slot()
    def _fit(self) -> None:
        """Give a second line to the rows that have a problem to tell."""
        one, two = (self._row_height(two_lines=which) for which in (False, True))
        for row, document in enumerate(self._documents.documents):
            height = two if document.problem else one
            if self.rowHeight(row) != height:
                self.setRowHeight(row, height)

    def _row_height(self, *, two_lines: bool) -> int:
        theme = self._look.theme
        height = QFontMetrics(theme.font(Type.BODY)).height() + 20
        return height + QFontMetrics(theme.font(Type.SMALL)).height() if two_lines else height
