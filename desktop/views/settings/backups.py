"""Backups of the database: made, looked into, restored at the next start, deleted."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from core.records import Backup, BackupContents
from desktop.viewmodels.backups import BackupsViewModel, contents_words
from desktop.viewmodels.base import tr
from desktop.viewmodels.figures import clock, day
from desktop.viewmodels.notices import Notice
from desktop.viewmodels.wording import file_size
from desktop.views.banners import Banner
from desktop.views.controls import Button, IconButton, chip, label
from desktop.views.dialogs import Question, confirm
from desktop.views.layouts import clear, column, holder
from desktop.views.look import Look
from desktop.views.settings.section import Rows, Section, entry, place


class BackupsSection(Section):
    """Lists the backups, newest first, and tells which one the next start restores."""

    def __init__(self, look: Look, model: BackupsViewModel):
        self._make = Button(look, tr("Back up now"), "export", "primary", model.make)
        meaning = tr(
            "Outpost makes one each day and keeps seven days and four weeks of them. A backup "
            "holds agents, conversations and the text of documents; it holds no models."
        )
        super().__init__(tr("Backups"), meaning, self._make)
        self._look, self._model = look, model
        self._wish = column()
        self._rows = Rows(label(tr("Being looked for…"), "muted"))
        self.groups.insertLayout(0, self._wish)
        self.groups.insertWidget(1, self._rows)
        self.group("", place(look, tr("Folder"), model.folder))
        model.changed.connect(self._show)
        model.looked_into.connect(self.show_contents)

    def begin(self) -> None:
        self._model.reload()

    # ------------------------------------------------------------ showing

    @Slot()
    def _show(self) -> None:
        making = self._model.making
        self._make.change(tr("Backing up…") if making else tr("Back up now"), "export")
        self._make.setEnabled(not making)
        rows = [self._row(backup) for backup in self._model.backups]
        self._rows.fill(*(rows or [label(tr("There is none yet."), "muted")]))
        clear(self._wish)
        if self._model.wished is not None:
            self._wish.addWidget(self._wished())

    def _wished(self) -> QWidget:
        found = (each for each in self._model.backups if each.name == self._model.wished)
        named = next((_moment(each) for each in found), self._model.wished)
        title = tr("The next start restores the backup of {moment}.").format(moment=named)
        text = tr("Close Outpost and start it again. What is there now is set aside, not lost.")
        keep = (tr("Keep the present data"), self._model.keep_present)
        return Banner(self._look, Notice(title, text, "warning"), keep, closable=False)

    def _row(self, backup: Backup) -> QWidget:
        moment = _moment(backup)
        look = Button(self._look, tr("Restore…"), "undo", on_click=lambda: self._model.look(backup))
        look.setAccessibleName(tr("Restore the backup of {moment}").format(moment=moment))
        name = tr("Delete the backup of {moment}").format(moment=moment)
        delete = IconButton(self._look, "trash", name, lambda: self.ask_delete(backup))
        kind = chip(tr("Automatic") if backup.automatic else tr("Kept"))
        return entry(moment, file_size(backup.size_bytes), kind, look, delete)

    # ------------------------------------------------------------ wishes

    @Slot(object, object)
    def show_contents(self, backup: Backup, found: BackupContents) -> Question:
        """Tell what a backup holds before it is restored."""
        title = tr("Restore the backup of {moment}?").format(moment=_moment(backup))
        text = tr(
            "It was checked and is whole. The next start of Outpost brings back what it holds; "
            "what is there then is set aside in the backup folder."
        )
        sheet = Question(self.window(), title, text)
        words = [label(each) for each in contents_words(found)]
        sheet.body.addWidget(holder(column(label(tr("It holds"), "strong"), *words, gap=2)))

        def restore() -> None:
            sheet.accept()
            self._model.restore(backup.name)

        cancel = Button(self._look, tr("Cancel"), on_click=sheet.reject)
        go = Button(self._look, tr("Restore at the next start"), kind="danger", on_click=restore)
        sheet.offer(cancel, go)
        sheet.open()
        cancel.setFocus()
        return sheet

    def ask_delete(self, backup: Backup) -> Question:
        """Ask before a backup is deleted."""
        return confirm(
            self,
            self._look,
            tr("Delete the backup of {moment}?").format(moment=_moment(backup)),
            tr("It is gone for good; your present data stay as they are."),
            tr("Delete backup"),
            lambda: self._model.delete(backup.name),
        )


def _moment(backup: Backup) -> str:
    return f"{day(backup.created_at)}, {clock(backup.created_at, seconds=True)}"
