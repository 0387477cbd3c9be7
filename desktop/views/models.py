"""The Models page: every file that was found, what its header says, and why some are unusable."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices, QDragEnterEvent, QDropEvent, QShowEvent
from PySide6.QtWidgets import QFileDialog, QFrame, QProgressBar, QStackedWidget, QWidget

from core.records import DeploymentState, Hardware, Model
from desktop.theme import Space
from desktop.viewmodels.models import ModelsViewModel
from desktop.viewmodels.notices import Notice
from desktop.viewmodels.wording import file_size
from desktop.views.controls import Button, Elided, Icon, label
from desktop.views.dialogs import Question, confirm
from desktop.views.layouts import (
    STRETCH,
    EmptyState,
    Page,
    Screen,
    card,
    clear,
    column,
    holder,
    row,
    scrolled,
)
from desktop.views.look import Look
from desktop.views.model_cards import AdapterCard, DetailsSheet, MachineCard, ModelCard

RUNNING = (DeploymentState.DEPLOYING, DeploymentState.DEPLOYED, DeploymentState.STOPPING)


class ModelsPage(Screen):
    """Lists models, brings new ones in, and deletes them."""

    told = Signal(object)
    """Notice: something to say."""

    def __init__(self, look: Look, model: ModelsViewModel):
        super().__init__()
        self._look, self._model = look, model
        self.setAcceptDrops(True)
        self._import = Button(look, self.tr("Import…"), "import", "primary", self.choose_file)
        rescan = Button(look, self.tr("Look again"), "refresh", on_click=model.scan)
        self._page = Page(
            self.tr("Models"),
            self.tr("The files that agents run on. Outpost reads GGUF models for llama.cpp."),
            rescan,
            self._import,
        )
        self._cards = column(gap=Space.S)
        self._machine = column(gap=Space.S)
        self._progress = self._progress_card()
        self._starter_note = self._note()
        self._stack = QStackedWidget()
        self._folder = Elided(role="small", where=Qt.TextElideMode.ElideMiddle)
        self._lay_out()
        model.changed.connect(self._show)
        model.machine_known.connect(self._show_machine)
        model.importing.connect(self._show_progress)
        model.import_ended.connect(self._end_progress)

    def _lay_out(self) -> None:
        body = QWidget()
        body.setLayout(
            column(
                self._starter_note,
                self._cards,
                self._machine,
                STRETCH,
                gap=Space.M,
                margins=(0, 0, Space.XS, Space.XL),
            )
        )
        self._stack.addWidget(scrolled(body, steady=True))
        self._stack.addWidget(self._empty())
        open_folder = Button(
            self._look, self.tr("Open folder"), "folder", "quiet", self._open_folder
        )
        place = row(Icon(self._look, "folder", "muted", 15), self._folder, open_folder)
        place.setStretch(1, 1)
        self._page.body.addWidget(self._progress)
        self._page.body.addLayout(place)
        self._page.fill(self._stack)
        self.setLayout(column(self._page))
        self.first = self._import

    def _note(self) -> QFrame:
        title = label(self.tr("Only the starter model is here"), "strong")
        text = label(
            self.tr(
                "It came with Outpost so that everything works at once, but it is very small: "
                "expect wrong and confused answers. For real work, get an instruction-tuned model "
                "as a GGUF file on any machine (with 3 to 8 billion parameters, quantised to "
                "about 4 bits, it takes 2 to 5 GB), copy it here and import it. Then edit your "
                "agents and choose it."
            ),
            wrap=True,
        )
        words = column(title, text, gap=4)
        icon = Icon(self._look, "note", "note")
        parts = row(icon, words, gap=Space.M, margins=(Space.L, Space.M, Space.L, Space.M))
        parts.setAlignment(icon, Qt.AlignmentFlag.AlignTop)
        parts.setStretch(1, 1)
        made = card(parts, "banner")
        made.setProperty("tone", "note")
        made.hide()
        return made

    def _empty(self) -> EmptyState:
        return EmptyState(
            self._look,
            "models",
            self.tr("No models yet"),
            self.tr("Import a GGUF file, or copy one into the folder above and look again."),
            Button(self._look, self.tr("Import…"), "import", "primary", self.choose_file),
        )

    def _progress_card(self) -> QFrame:
        self._progress_name = label(role="strong")
        self._bar = QProgressBar()
        self._bar.setRange(0, 1000)
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(self.tr("Copied"))
        cancel = Button(self._look, self.tr("Cancel"), on_click=self._model.cancel_import)
        words = column(self._progress_name, self._bar, gap=Space.S)
        parts = row(words, cancel, gap=Space.L, margins=(Space.L, Space.M, Space.M, Space.M))
        parts.setStretch(0, 1)
        made = card(parts)
        made.hide()
        return made

    def showEvent(self, event: QShowEvent) -> None:
        """Look at the machine once somebody looks at the page."""
        super().showEvent(event)
        self._model.look_at_machine()

    @Slot(object)
    def _show_machine(self, hardware: Hardware) -> None:
        clear(self._machine)
        self._machine.addWidget(MachineCard(self._look, hardware))

    @Slot()
    def _show(self) -> None:
        clear(self._cards)
        for each in self._model.whole:
            self._add(ModelCard(self._look, each, self._model.fits.get(each.id)))
        if adapters := self._model.adapters:
            self._cards.addWidget(self._adapters_head())
        for each in adapters:
            bases = self._model.bases.get(each.id)
            self._add(AdapterCard(self._look, each, bases, self._model.users(each)))
        self._starter_note.setVisible(self._model.starter_only)
        folder = str(self._model.folder)
        self._folder.set_full(self.tr("Models are looked for in {folder}").format(folder=folder))
        empty = self._model.loaded and not self._model.models
        self._stack.setCurrentIndex(1 if empty else 0)

    def _add(self, card: ModelCard) -> None:
        card.details.connect(self.show_details)
        card.delete.connect(self.ask_delete)
        self._cards.addWidget(card)

    def _adapters_head(self) -> QWidget:
        text = self.tr(
            "LoRA weights that change how a model writes. Choose them in an agent's form, under "
            "More parameters, each with its strength."
        )
        words = column(label(self.tr("Adapters"), "title"), label(text, "muted", wrap=True), gap=2)
        words.setContentsMargins(0, Space.M, 0, 0)
        return holder(words)

    def choose_file(self) -> None:
        dialog = QFileDialog(self.window(), self.tr("Import a model"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.setNameFilter(self.tr("GGUF models") + " (*.gguf)")
        dialog.filesSelected.connect(self._bring)
        dialog.open()

    def _bring(self, paths: list[str]) -> None:
        for path in paths:
            self._model.import_file(Path(path))

    @Slot(object)
    def show_details(self, model: Model) -> DetailsSheet:
        """Show what a model's header says."""
        return DetailsSheet(self, self._look, self._model, model)

    @Slot(object)
    def ask_delete(self, model: Model) -> Question | None:
        """Ask before a model's file is deleted, and tell which agents run on it."""
        users = self._model.users(model)
        up = [each.name for each in users if each.deployment.state in RUNNING]
        if up:
            title = self.tr("{model} is in use").format(model=model.name)
            text = self.tr("Stop {agents} first.").format(agents=", ".join(up))
            self.told.emit(Notice(title, text, "warning"))
            return None
        text = self.tr("The file of {size} is deleted from the models folder.").format(
            size=file_size(model.size_bytes)
        )
        if users:
            names = ", ".join(each.name for each in users)
            told = self.tr("These agents run on it and will need another model: {names}.")
            if model.is_adapter:
                told = self.tr("These agents apply it and will have to go without: {names}.")
            text += " " + told.format(names=names)
        return confirm(
            self,
            self._look,
            self.tr("Delete {name}?").format(name=model.name),
            text,
            self.tr("Delete model"),
            lambda: self._model.delete(model.id),
        )

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _models(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        self._bring(_models(event))
        event.acceptProposedAction()

    @Slot(str, float)
    def _show_progress(self, name: str, share: float) -> None:
        text = self.tr("Copying {name}: {share}")
        self._progress_name.setText(text.format(name=name, share=f"{share:.0%}"))
        self._bar.setValue(round(share * 1000))
        self._progress.show()
        self._import.setEnabled(False)

    @Slot()
    def _end_progress(self) -> None:
        self._progress.hide()
        self._import.setEnabled(True)

    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._model.folder)))


def _models(event: QDropEvent) -> list[str]:
    """Return the model files that are being dragged."""
    urls = (url for url in event.mimeData().urls() if url.isLocalFile())
    return [p for p in (url.toLocalFile() for url in urls) if p.lower().endswith(".gguf")]
