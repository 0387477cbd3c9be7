"""What Outpost is, and what it is made of."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QDialog, QListWidgetItem, QPlainTextEdit, QWidget

from core.records import Licence
from desktop.theme import Space, Type
from desktop.viewmodels.base import tr
from desktop.viewmodels.figures import count
from desktop.viewmodels.installation import InstallationViewModel
from desktop.views.controls import Button, Icon, SearchField, label
from desktop.views.layouts import STRETCH, column, holder, row
from desktop.views.look import Look
from desktop.views.settings.section import Section
from desktop.views.side_list import Entry, SideList

SHEET_PX = (880, 560)
LIST_PX = 300


class AboutSection(Section):
    """The version, the promise, and the licences."""

    tour_wanted = Signal()
    """Somebody wants to be shown the first steps again."""

    def __init__(self, look: Look, model: InstallationViewModel, version: str):
        super().__init__(tr("About"), tr("AI agents on this machine and nowhere else."))
        self._look, self._model = look, model
        self._sheet: LicencesSheet | None = None
        named = column(
            label(tr("Outpost {version}").format(version=version), "strong"),
            label(tr("Free software under the licence that comes with it."), "muted", wrap=True),
            gap=2,
        )
        mark = row(Icon(look, "outpost", "text", 40), holder(named), gap=Space.L)
        mark.setStretch(1, 1)
        self.group("", holder(mark))
        self.group(
            tr("Help"),
            self._wish(
                tr("First steps"),
                tr("A short guide that ends in a conversation."),
                Button(look, tr("Show again"), "play", on_click=self.tour_wanted.emit),
            ),
            self._wish(
                tr("Licences"),
                tr("What Outpost is made of, each part with the text of its licence."),
                Button(look, tr("Show"), "file", on_click=model.find_licences),
            ),
        )
        model.licences_known.connect(self.show_licences)

    def _wish(self, title: str, text: str, button: Button) -> QWidget:
        words = column(label(title, "strong"), label(text, "muted", wrap=True), gap=2)
        button.setAccessibleName(f"{title}: {button.text().strip()}")
        parts = row(holder(words), button, gap=Space.M)
        parts.setStretch(0, 1)
        return holder(parts)

    @Slot()
    def show_licences(self) -> LicencesSheet:
        """Show every part with its licence."""
        return LicencesSheet(self, self._look, self._model.licences)


class LicencesSheet(QDialog):
    """The parts at the left, the text of one at the right."""

    def __init__(self, parent: QWidget, look: Look, licences: Sequence[Licence]):
        super().__init__(parent.window())
        self._licences = licences
        self.setWindowTitle(tr("Licences"))
        self.setAccessibleName(tr("Licences"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFixedSize(*SHEET_PX)
        self.search = SearchField(look, tr("Find a part or licence"))
        self.list = SideList(look, tr("Parts"))
        self.list.setFixedWidth(LIST_PX)
        self.search.setFixedWidth(LIST_PX)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        self.text.setFont(look.theme.mono(Type.SMALL))
        self.text.setAccessibleName(tr("Text of the licence"))
        self._lay_out(look)
        self.search.searched.connect(self._show)
        self.list.currentItemChanged.connect(self._open)
        self._show("")
        self.open()
        self.search.setFocus()

    def _lay_out(self, look: Look) -> None:
        parts = count(len(self._licences), "part", "parts")
        title = label(tr("Outpost is made of {parts}").format(parts=parts), "title")
        both = row(column(self.search, self.list, gap=Space.S), self.text, gap=Space.L)
        both.setStretch(1, 1)
        done = Button(look, tr("Done"), kind="primary", on_click=self.accept)
        whole = column(title, both, row(STRETCH, done), gap=Space.L, margins=Space.XL)
        whole.setStretch(1, 1)
        self.setLayout(whole)

    @Slot(str)
    def _show(self, text: str) -> None:
        wanted = text.casefold()
        found = [
            Entry(each.name, each.name, each.licence or tr("see its text"), each.version, each)
            for each in self._licences
            if wanted in f"{each.name}\n{each.licence}".casefold()
        ]
        self.list.show_entries(found, 0 if found else -1)
        self._open(self.list.currentItem())

    @Slot(QListWidgetItem)
    def _open(self, item: QListWidgetItem | None, *_: object) -> None:
        licence = self.list.subject(item)
        if isinstance(licence, Licence):
            nothing = tr("The package carries no text of its licence.")
            self.text.setPlainText(licence.text or nothing)
        else:
            self.text.clear()
