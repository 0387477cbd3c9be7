"""Sheets of the Collections page: the folders that are watched, and new vectors."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QFileDialog, QWidget

from core.records import EmbedderId, EmbeddingModel, FolderState, ReindexEstimate, WatchedFolder
from desktop.theme import Space
from desktop.viewmodels.base import tr
from desktop.viewmodels.collections import CollectionsViewModel
from desktop.viewmodels.wording import file_size, reindex_cost
from desktop.views.agent_fields import Field
from desktop.views.controls import Button, Choice, Dot, Elided, label
from desktop.views.dialogs import Question
from desktop.views.layouts import card, clear, column, row
from desktop.views.look import Look


class FoldersSheet(Question):
    """Lists the watched folders of the open collection, and takes new ones."""

    def __init__(self, parent: QWidget, look: Look, model: CollectionsViewModel):
        text = tr(
            "Files that come into a watched folder are read, changed ones are read again, and "
            "deleted ones go to the collection's trash."
        )
        super().__init__(parent.window(), tr("Watched folders"), text)
        self._look, self._model = look, model
        self._rows = column(gap=Space.S)
        self.body.addLayout(self._rows)
        self._watch = Button(look, tr("Watch a folder…"), "folder", "primary", self.choose)
        self.offer(Button(look, tr("Close"), on_click=self.accept), self._watch)
        model.documents_changed.connect(self._show)
        self._show()
        self.open()
        self._watch.setFocus()

    @Slot()
    def _show(self) -> None:
        clear(self._rows)
        for folder in self._model.folders:
            self._rows.addWidget(self._row(folder))
        if not self._model.folders:
            self._rows.addWidget(label(tr("No folder is watched yet."), "muted"))

    def _row(self, folder: WatchedFolder) -> QWidget:
        here = folder.state is FolderState.WATCHED
        path = Elided(str(folder.path), "strong", Qt.TextElideMode.ElideMiddle)
        state = label(tr("Watched") if here else tr("Offline: it is not there"), "small")
        stop = Button(
            self._look, tr("Stop watching"), on_click=lambda: self._model.unwatch(folder.id)
        )
        stop.setAccessibleName(tr("Stop watching {folder}").format(folder=folder.path))
        dot = Dot(self._look, "success" if here else "outline")
        words = column(path, state, gap=2)
        parts = row(dot, words, stop, gap=Space.M, margins=(Space.L, Space.S, Space.S, Space.S))
        parts.setStretch(1, 1)
        return card(parts)

    def choose(self) -> None:
        """Ask which folder is to be watched from now on."""
        dialog = QFileDialog(self, tr("Watch a folder"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(lambda path: self._model.watch(Path(path)))
        dialog.open()


class ReindexSheet(Question):
    """Chooses what makes the collection's vectors, and tells first what that costs."""

    def __init__(self, parent: QWidget, look: Look, model: CollectionsViewModel):
        text = tr(
            "Another embedder reads all passages again. Until it is done, the collection is "
            "searched as before."
        )
        super().__init__(parent.window(), tr("New vectors for this collection"), text)
        self._model = model
        self._picker = Choice(tr("Embedder"))
        self._cost = label(tr("Looking for embedders…"), "muted", wrap=True)
        self._go = Button(look, tr("Make new vectors"), "refresh", "primary", self._begin)
        self._go.setEnabled(False)
        self.body.addWidget(Field(tr("Embedder"), self._picker))
        self.body.addWidget(self._cost)
        self.offer(Button(look, tr("Cancel"), on_click=self.reject), self._go)
        self._picker.chosen.connect(lambda _: self._estimate())
        model.embedders_known.connect(self._show_embedders)
        model.estimated.connect(self._show_cost)
        model.look_for_embedders()
        self.open()

    @Slot(object)
    def _show_embedders(self, found: list[EmbeddingModel]) -> None:
        current = self._model.current
        options: list[tuple[str, object]] = []
        for each in found:
            now = tr("  (in use)") if current and current.embedder_id == each.id else ""
            name = tr("Starter embedder") if each.is_starter else each.name
            options.append((f"{name} · {file_size(each.size_bytes)}{now}", each.id))
        self._picker.offer(options)
        self._picker.setFocus()
        if options:
            self._estimate()
        else:
            self._cost.setText(tr("There is no embedder on this machine."))

    def _chosen(self) -> EmbedderId:
        return EmbedderId(str(self._picker.value()))

    def _estimate(self) -> None:
        self._go.setEnabled(False)
        self._cost.setText(tr("Trying it on some passages…"))
        self._model.estimate(self._chosen())

    @Slot(object, object)
    def _show_cost(self, embedder_id: EmbedderId, estimate: ReindexEstimate) -> None:
        if embedder_id == self._chosen():
            self._cost.setText(reindex_cost(estimate))
            self._go.setEnabled(estimate.chunks > 0)

    def _begin(self) -> None:
        self.accept()
        self._model.reindex(self._chosen())
