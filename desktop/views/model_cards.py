"""The cards of the Models page, and the sheet with what a model's header says."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QGridLayout, QWidget

from core.records import Agent, Hardware, MemoryForecast, Model, ModelId
from desktop.theme import Space
from desktop.viewmodels.base import tr
from desktop.viewmodels.core_words import told
from desktop.viewmodels.figures import number
from desktop.viewmodels.models import ModelsViewModel
from desktop.viewmodels.wording import count, file_size, memory_forecast, parameter_count
from desktop.views.controls import Button, Elided, Icon, IconButton, chip, label
from desktop.views.dialogs import Question
from desktop.views.layouts import STRETCH, column, flow, row
from desktop.views.look import Look


class MachineCard(QFrame):
    """What this machine offers to a model."""

    def __init__(self, look: Look, hardware: Hardware):
        super().__init__()
        self.setProperty("role", "card")
        self.setAccessibleName(self.tr("This machine"))
        icon = Icon(look, "chip", "muted", 22)
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
            count(hardware.physical_cores, "core", "cores"),
            self.tr("{free} of {total} memory free").format(free=free, total=total),
            *(graphics or [self.tr("No graphics card for models")]),
        ]


class ModelCard(QFrame):
    """One model file, whether it fits into memory, and what can be done with it."""

    details = Signal(object)
    delete = Signal(object)

    def __init__(self, look: Look, model: Model, fit: MemoryForecast | None):
        super().__init__()
        self.setProperty("role", "card")
        self.setAccessibleName(model.name)
        icon = Icon(look, "models" if model.usable else "alert", "muted", 22)
        if not model.usable:
            icon.change("alert", "danger")
        head = row(label(model.name, "title"), *self._badges(model), STRETCH)
        self.words = words = column(head, gap=6)
        if model.problem:
            words.addWidget(label(told(model.problem), "problem", wrap=True))
        facts = flow(*(chip(fact) for fact in self._facts(model)), *_fit_chip(fit), gap=6)
        words.addWidget(facts)
        words.addWidget(Elided(str(model.path), "small", Qt.TextElideMode.ElideMiddle))
        tools = row(*self._tools(look, model), gap=Space.S)
        parts = row(icon, words, tools, gap=Space.L, margins=(Space.L, 14, Space.M, 14))
        parts.setAlignment(icon, Qt.AlignmentFlag.AlignTop)
        parts.setStretch(1, 1)
        self.setLayout(parts)

    def _tools(self, look: Look, model: Model) -> list[QWidget]:
        tools: list[QWidget] = []
        if model.usable:
            details = Button(
                look, self.tr("Details"), "note", on_click=lambda: self.details.emit(model)
            )
            details.setAccessibleName(self.tr("Details of {name}").format(name=model.name))
            tools.append(details)
        if not model.is_starter:
            name = self.tr("Delete {name}").format(name=model.name)
            tools.append(IconButton(look, "trash", name, lambda: self.delete.emit(model)))
        return tools

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
            context = self.tr("{count} tokens of context").format(
                count=number(model.context_tokens)
            )
        parameters = parameter_count(model.parameters)
        facts = (
            model.architecture,
            self.tr("{count} parameters").format(count=parameters) if parameters else "",
            model.quantisation,
            context,
            file_size(model.size_bytes),
        )
        return [fact for fact in facts if fact]


class AdapterCard(ModelCard):
    """A file with LoRA weights: which models it fits, and which agents apply it."""

    def __init__(self, look: Look, model: Model, bases: list[Model] | None, users: list[Agent]):
        super().__init__(look, model, None)
        if bases is not None and model.usable:
            names = ", ".join(each.name for each in bases)
            fits = tr("Fits {models}.").format(models=names)
            nothing = tr("Fits none of the models here.")
            told = label(fits if bases else nothing, "small" if bases else "caution", wrap=True)
            self.words.addWidget(told)
        names = ", ".join(each.name for each in users)
        used = tr("Applied by {agents}.").format(agents=names)
        self.words.addWidget(label(used if users else tr("No agent applies it."), "small"))


def _fit_chip(fit: MemoryForecast | None) -> list[QWidget]:
    """Return a chip that says whether the model fits into the memory that is free."""
    if fit is None:
        return []
    size = file_size(fit.needed_bytes)
    if not fit.fits:
        return [chip(tr("needs {size} of memory: too much").format(size=size), "danger")]
    made = chip(tr("fits: takes {size} of memory").format(size=size), "success")
    made.setToolTip(memory_forecast(fit))
    return [made]


class DetailsSheet(Question):
    """What a model's header says, and its SHA-256 once that is computed.

    It opens once the header was read: a sheet that grows does not stay where it was put.
    """

    def __init__(self, parent: QWidget, look: Look, model: ModelsViewModel, shown: Model):
        super().__init__(parent.window(), shown.name, "")
        self._shown = shown
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(Space.L)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(1, 1)
        self._hash = label(tr("being computed…"), wrap=True)
        self._hash.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.body.addLayout(self._grid)
        if (fit := model.fits.get(shown.id)) is not None:
            self.body.addWidget(label(memory_forecast(fit), "muted", wrap=True))
        if users := model.users(shown):
            names = ", ".join(agent.name for agent in users)
            told = tr("Agents on it: {names}").format(names=names)
            self.body.addWidget(label(told, "muted", wrap=True))
        self._done = Button(look, tr("Done"), kind="primary", on_click=self.accept)
        self.offer(self._done)
        model.described.connect(self._show)
        model.hashed.connect(self._show_hash)
        model.describe(shown)

    @Slot(object, object)
    def _show(self, model: Model, rows: list[tuple[str, str]]) -> None:
        if model.id != self._shown.id or self._grid.count():
            return
        for at, (name, value) in enumerate(rows):
            self._grid.addWidget(label(name, "muted"), at, 0)
            self._grid.addWidget(label(value), at, 1)
        self._grid.addWidget(label(tr("SHA-256"), "muted"), len(rows), 0)
        self._grid.addWidget(self._hash, len(rows), 1)
        self.open()
        self._done.setFocus()

    @Slot(object, str)
    def _show_hash(self, model_id: ModelId, digest: str) -> None:
        if model_id == self._shown.id:
            self._hash.setText(f"{digest[:32]}\n{digest[32:]}")
