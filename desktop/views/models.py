"""The Models page: every file that was found, what its header says, and why some are unusable."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices, QShowEvent
from PySide6.QtWidgets import QFileDialog, QFrame, QProgressBar, QStackedWidget, QWidget

from core.records import Hardware, Model
from desktop.theme import Space
from desktop.viewmodels.models import ModelsViewModel
from desktop.viewmodels.wording import count, file_size, parameter_count
from desktop.views.controls import Button, Elided, Icon, chip, label
from desktop.views.layouts import (
    STRETCH,
    EmptyState,
    Page,
    Screen,
    card,
    clear,
    column,
    flow,
    row,
    scrolled,
)
from desktop.views.look import Look


class ModelsPage(Screen):
    """Lists models and brings new ones in."""

    def __init__(self, look: Look, model: ModelsViewModel):
        super().__init__()
        self._look, self._model = look, model
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
        self._stack.addWidget(scrolled(body))
        self._stack.addWidget(self._empty())
        open_folder = Button(
            self._look, self.tr("Open folder"), "folder", "quiet", self._open_folder
        )
        place = row(Icon(self._look, "folder", "muted", 15), self._folder, open_folder)
        place.setStretch(1, 1)
        self._page.body.addWidget(self._progress)
        self._page.body.addLayout(place)
        self._page.body.addWidget(self._stack, 1)
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
        for each in self._model.models:
            self._cards.addWidget(ModelCard(self._look, each))
        self._starter_note.setVisible(self._model.starter_only)
        folder = str(self._model.folder)
        self._folder.set_full(self.tr("Models are looked for in {folder}").format(folder=folder))
        empty = self._model.loaded and not self._model.models
        self._stack.setCurrentIndex(1 if empty else 0)

    def choose_file(self) -> None:
        dialog = QFileDialog(self.window(), self.tr("Import a model"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilter(self.tr("GGUF models") + " (*.gguf)")
        dialog.fileSelected.connect(lambda path: self._model.import_file(Path(path)))
        dialog.open()

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


class MachineCard(QFrame):
    """What this machine offers to a model."""

    def __init__(self, look: Look, hardware: Hardware):
        super().__init__()
        self.setProperty("role", "card")
        self.setAccessibleName(self.tr("This machine"))
        icon = Icon(look, "settings", "muted", 22)
        words = column(label(self.tr("This machine"), "title"), gap=6)
        words.addWidget(label(hardware.processor, wrap=True))
        words.addWidget(flow(*(chip(fact) for fact in self._facts(hardware)), gap=6))
        small = f"{hardware.engine} · {' '.join(hardware.features)}"
        words.addWidget(Elided(small, "small", Qt.TextElideMode.ElideRight))
        parts = row(icon, words, gap=Space.L, margins=(Space.L, 14, Space.L, 14))
        parts.setAlignment(icon, Qt.AlignmentFlag.AlignTop)
        parts.setStretch(1, 1)
        self.setLayout(parts)

    def _facts(self, hardware: Hardware) -> list[str]:
        total, free = file_size(hardware.memory_bytes), file_size(hardware.available_bytes)
        graphics = [
            self.tr("{name}: {free} free").format(
                name=device.description or device.name, free=file_size(device.free_bytes)
            )
            for device in hardware.devices
            if device.is_gpu
        ]
        return [
            count(hardware.physical_cores, self.tr("core"), self.tr("cores")),
            self.tr("{free} of {total} memory free").format(free=free, total=total),
            *(graphics or [self.tr("No graphics card for models")]),
        ]


class ModelCard(QFrame):
    """One model file."""

    def __init__(self, look: Look, model: Model):
        super().__init__()
        self.setProperty("role", "card")
        self.setAccessibleName(model.name)
        icon = Icon(look, "models" if model.usable else "alert", "muted", 22)
        if not model.usable:
            icon.change("alert", "danger")
        head = row(label(model.name, "title"), *self._badges(model), STRETCH)
        words = column(head, gap=6)
        if model.problem:
            words.addWidget(label(model.problem, "problem", wrap=True))
        facts = flow(*(chip(fact) for fact in self._facts(model)), gap=6)
        words.addWidget(facts)
        words.addWidget(Elided(str(model.path), "small", Qt.TextElideMode.ElideMiddle))
        parts = row(icon, words, gap=Space.L, margins=(Space.L, 14, Space.L, 14))
        parts.setAlignment(icon, Qt.AlignmentFlag.AlignTop)
        parts.setStretch(1, 1)
        self.setLayout(parts)

    def _badges(self, model: Model) -> list[QWidget]:
        badges: list[QWidget] = []
        if model.is_starter:
            badges.append(chip(self.tr("Starter: very small"), "note"))
        if model.is_adapter:
            badges.append(chip(self.tr("Adapter"), "accent"))
        if not model.usable:
            badges.append(chip(self.tr("Cannot be used"), "danger"))
        return badges

    def _facts(self, model: Model) -> list[str]:
        context = ""
        if model.context_tokens:
            context = self.tr("{count} tokens of context").format(count=f"{model.context_tokens:,}")
        parameters = parameter_count(model.parameters)
        facts = (
            model.architecture,
            self.tr("{count} parameters").format(count=parameters) if parameters else "",
            model.quantisation,
            context,
            file_size(model.size_bytes),
        )
        return [fact for fact in facts if fact]
