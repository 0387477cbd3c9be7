"""Where Outpost keeps everything, and how much room that takes."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QFileDialog, QWidget

from core.records import Place
from desktop.theme import Space
from desktop.viewmodels.base import tr
from desktop.viewmodels.installation import (
    InstallationViewModel,
    place_meaning,
    place_name,
)
from desktop.viewmodels.settings import SettingsViewModel
from desktop.viewmodels.wording import file_size
from desktop.views.controls import Button, label
from desktop.views.layouts import holder, row
from desktop.views.look import Look
from desktop.views.settings.section import Rows, Section, entry, open_button, place


class StorageSection(Section):
    """The data folder with the size of each part, and the models folder."""

    def __init__(self, look: Look, model: InstallationViewModel, settings: SettingsViewModel):
        again = Button(look, tr("Measure again"), "refresh", on_click=model.measure)
        super().__init__(
            tr("Storage"), tr("Everything that Outpost knows lies in these folders."), again
        )
        self._look, self._model, self._settings = look, model, settings
        self._folders = Rows()
        self._sizes = Rows(label(tr("Being measured…"), "muted"))
        self.group(tr("Folders"), self._folders)
        self.group(tr("Room taken"), self._sizes)
        model.storage_known.connect(self._show)
        settings.changed.connect(self._show_folders)
        self._show_folders()

    def begin(self) -> None:
        self._model.measure()

    @Slot()
    def _show_folders(self) -> None:
        models = self._settings.settings.model_storage_path
        choose = Button(self._look, tr("Change…"), kind="quiet", on_click=self.choose_models)
        choose.setAccessibleName(tr("Change the models folder"))
        self._folders.fill(
            place(self._look, tr("Data"), self._model.data_folder),
            place(self._look, tr("Models"), models, choose),
        )

    def choose_models(self) -> QFileDialog:
        """Ask where models are to be looked for from the next start on."""
        dialog = QFileDialog(self.window(), tr("Folder with models"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(
            lambda path: self._settings.store(model_storage_path=Path(path))
        )
        dialog.open()
        return dialog

    @Slot()
    def _show(self) -> None:
        storage = self._model.storage
        taken = file_size(sum(each.size_bytes for each in storage.places))
        words = tr("{taken} taken in all, {free} free on the disk").format(
            taken=taken, free=file_size(storage.free_bytes)
        )
        self._sizes.fill(
            *(self._size(each) for each in storage.places), label(words, "strong", wrap=True)
        )

    def _size(self, shown: Place) -> QWidget:
        name = place_name(shown.kind)
        size = label(file_size(shown.size_bytes), "strong")
        size.setAccessibleName(f"{name}: {size.text()}")
        folder = shown.path if shown.path.is_dir() else shown.path.parent
        tools = holder(row(size, open_button(self._look, name, folder), gap=Space.M))
        return entry(name, place_meaning(shown.kind), tools)
