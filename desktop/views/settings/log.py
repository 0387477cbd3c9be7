"""The end of the log, for whoever has to find out what went wrong."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtGui import QGuiApplication, QTextCursor
from PySide6.QtWidgets import QCheckBox, QPlainTextEdit

from desktop.theme import Space, Type
from desktop.viewmodels.base import tr
from desktop.viewmodels.installation import InstallationViewModel, serious
from desktop.views.controls import IconButton
from desktop.views.layouts import STRETCH, row
from desktop.views.look import Look
from desktop.views.settings.section import Pane, open_button


class LogSection(Pane):
    """Shows the last lines; warnings and errors alone where that is wanted."""

    def __init__(self, look: Look, model: InstallationViewModel):
        copy = IconButton(look, "copy", tr("Copy the lines on show"), lambda: self._copy())
        again = IconButton(look, "refresh", tr("Read the log again"), model.read_log)
        meaning = tr(
            "What Outpost noted about itself. It never holds questions, answers or documents, so "
            "it can be given to whoever helps you."
        )
        folder = open_button(look, tr("Log"), model.log_folder)
        super().__init__(tr("Log"), meaning, again, copy, folder)
        self._look, self._model = look, model
        self._only = QCheckBox(tr("Warnings and errors only"))
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        self.text.setAccessibleName(tr("The log's last lines"))
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.body.addLayout(row(self._only, STRETCH))
        self.body.addWidget(self.text, 1)
        self.body.addSpacing(Space.XL)
        self._only.toggled.connect(self._show)
        look.changed.connect(self._dress)
        model.log_known.connect(self._show)
        self._dress()

    def begin(self) -> None:
        self._model.read_log()

    @Slot()
    def _dress(self) -> None:
        self.text.setFont(self._look.theme.mono(Type.SMALL))

    @Slot()
    def _show(self) -> None:
        lines = serious(self._model.log) if self._only.isChecked() else self._model.log
        self.text.setPlainText("\n".join(lines) or tr("Nothing was noted yet."))
        self.text.moveCursor(QTextCursor.MoveOperation.End)
        self.text.moveCursor(QTextCursor.MoveOperation.StartOfLine)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text.toPlainText())
