"""The audit log: who changed what and by which way, and whether an entry was tampered with."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
)

from core.records import AuditEvent, AuditVerdict
from desktop.theme import Space
from desktop.viewmodels.audit import AuditViewModel
from desktop.viewmodels.base import tr
from desktop.viewmodels.figures import clock, count, day
from desktop.views.controls import Button, Dot, label
from desktop.views.layouts import STRETCH, holder, row
from desktop.views.look import Look
from desktop.views.settings.section import Pane

HASH_DIGITS = 16


class AuditSection(Pane):
    """The newest entries as a table, older ones on request."""

    def __init__(self, look: Look, model: AuditViewModel):
        meaning = tr(
            "Every change, with who made it and by which way; it names things by their ids and "
            "holds nothing of what is in them. Each entry's hash covers the one before it."
        )
        verify = Button(look, tr("Verify"), "check", "primary", model.verify)
        super().__init__(tr("Audit log"), meaning, verify)
        self._model = model
        self._dot = Dot(look)
        self.verdict = label(wrap=True)
        said = row(self._dot, self.verdict, gap=Space.M)
        said.setStretch(1, 1)
        self._said = holder(said)
        self._said.hide()
        self.table = _table()
        self._older = Button(look, tr("Older entries"), on_click=model.older)
        self.body.addWidget(self._said)
        self.body.addWidget(self.table, 1)
        self.body.addLayout(row(STRETCH, self._older, STRETCH))
        self.body.addSpacing(Space.L)
        model.changed.connect(self._show)
        model.verified.connect(self._tell)

    def begin(self) -> None:
        self._said.hide()
        self._model.reload()

    @Slot()
    def _show(self) -> None:
        events = self._model.events
        self.table.setRowCount(len(events))
        for at, event in enumerate(events):
            for column, text in enumerate(self._cells(event)):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                self.table.setItem(at, column, item)
        self._older.setVisible(self._model.has_more)

    def _cells(self, event: AuditEvent) -> tuple[str, ...]:
        at = datetime.fromisoformat(event.at)
        what = f"{event.action} ({event.detail})" if event.detail else event.action
        moment = f"{day(at)}, {clock(at, seconds=True)}"
        return moment, self._model.who(event), event.route, what, event.subject

    @Slot(object)
    def _tell(self, verdict: AuditVerdict) -> None:
        """Say what the chain looks like; the last hash is for noting down elsewhere."""
        entries = count(verdict.entries, "entry", "entries")
        if verdict.whole:
            words = tr("Whole: {entries}, none was altered or removed. Last hash: {digits}…")
            text = words.format(entries=entries, digits=verdict.last_hash[:HASH_DIGITS])
        else:
            words = tr("Broken at entry {number}: it was altered, or one before it is missing.")
            text = words.format(number=verdict.broken_at)
        self._dot.set_ink("success" if verdict.whole else "danger")
        self.verdict.setText(text)
        self._said.show()


def _table() -> QTableWidget:
    names = [tr("When"), tr("Who"), tr("By"), tr("What"), tr("On")]
    table = QTableWidget(0, len(names))
    table.setAccessibleName(tr("Entries of the audit log"))
    table.setHorizontalHeaderLabels(names)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setTabKeyNavigation(False)
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.verticalHeader().hide()
    header = table.horizontalHeader()
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    header.setSectionResizeMode(len(names) - 1, QHeaderView.ResizeMode.Stretch)
    return table
