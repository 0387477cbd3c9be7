"""The parts of the agent form: a labelled field, the collections, and the model's parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QDoubleSpinBox,
    QSpinBox,
    QWidget,
)

from core.records import Adapter, AgentDraft, Collection, CollectionId, Model, Sampling
from desktop.theme import Size, Space
from desktop.viewmodels.agent_form import (
    CONTEXT_HIGH,
    CONTEXT_LOW,
    CONTEXT_STEP,
    Parameter,
    parameters,
)
from desktop.viewmodels.figures import count
from desktop.views.controls import Button, label, set_property
from desktop.views.layouts import STRETCH, clear, column, row
from desktop.views.look import Look

SEED_HIGH = 2**32 - 1
SCALE_LOW, SCALE_HIGH = -10.0, 10.0


class Field(QWidget):
    """A control under its label, with a hint or what is wrong with it below."""

    def __init__(self, name: str, control: QWidget, hint: str = "", *, beside: bool = False):
        super().__init__()
        self._control = control
        self._problem = label(role="problem", wrap=True)
        self._caution = label(role="caution", wrap=True)
        self._hint = label(hint, "small", wrap=True)
        caption = label(name, "strong")
        caption.setBuddy(control)
        if name:
            control.setAccessibleName(name)
        if hint:
            control.setAccessibleDescription(hint)
        top = row(caption, STRETCH, control) if beside else column(caption, control, gap=6)
        self.setLayout(column(top, self._problem, self._caution, self._hint, gap=4))
        for part, text in ((self._hint, hint), (caption, name)):
            part.setVisible(bool(text))  # not before it has a parent: it would be a window
        self.setFocusProxy(control)
        self.complain("")

    def complain(self, problem: str, caution: str = "") -> None:
        """Show what has to be corrected, or what may not be meant."""
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))
        self._caution.setText(caution)
        self._caution.setVisible(bool(caution) and not problem)
        set_property(self._control, "invalid", "true" if problem else "false")


class CollectionsField(QWidget):
    """Collections to tick."""

    changed = Signal()

    def __init__(self, look: Look):
        super().__init__()
        self._boxes: dict[CollectionId, QCheckBox] = {}
        self._offered: Sequence[Collection] = ()
        self._rows = column(gap=2)
        self._none = label(
            self.tr("There are no collections yet; make one on the Collections page."),
            "small",
            wrap=True,
        )
        self.setLayout(column(self._none, self._rows, gap=2))

    def offer(self, collections: Sequence[Collection]) -> None:
        """Offer these collections, keeping what is ticked."""
        if collections == self._offered and collections:
            return
        self._offered = collections
        ticked = self.chosen()
        clear(self._rows)
        self._boxes = {}
        for collection in collections:
            documents = count(collection.document_count, "document", "documents")
            box = QCheckBox(f"{collection.name}  ({documents})")
            box.setAccessibleName(collection.name)
            box.setChecked(collection.id in ticked)
            box.toggled.connect(self.changed)
            self._rows.addWidget(box)
            self._boxes[collection.id] = box
        self._none.setVisible(not collections)

    def choose(self, collections: Sequence[CollectionId]) -> None:
        for collection_id, box in self._boxes.items():
            box.setChecked(collection_id in collections)

    def chosen(self) -> tuple[CollectionId, ...]:
        return tuple(each for each, box in self._boxes.items() if box.isChecked())


class AdaptersField(QWidget):
    """Adapters to tick, each with the strength at which it is applied."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._parts: dict[str, tuple[Model, QCheckBox, QDoubleSpinBox]] = {}
        self._rows = column(gap=4)
        self.setLayout(self._rows)

    def offer(self, adapters: Sequence[Model]) -> None:
        chosen = self.chosen()
        clear(self._rows)
        self._parts = {}
        for model in adapters:
            box, scale = QCheckBox(model.name), number(SCALE_LOW, SCALE_HIGH, 0.1, 2)
            scale.setAccessibleName(self.tr("Strength of {name}").format(name=model.name))
            box.toggled.connect(self.changed)
            box.toggled.connect(scale.setEnabled)
            scale.setEnabled(False)
            holder = QWidget()
            holder.setLayout(row(box, STRETCH, scale))
            self._rows.addWidget(holder)
            self._parts[model.id] = (model, box, scale)
        self.choose(chosen)

    def choose(self, adapters: Sequence[Adapter]) -> None:
        scales = {adapter.model: adapter.scale for adapter in adapters}
        for model, box, scale in self._parts.values():
            box.setChecked(model.id in scales)
            scale.setValue(scales.get(model.id, 1.0))

    def chosen(self) -> tuple[Adapter, ...]:
        return tuple(
            Adapter(model.id, float(scale.value()))
            for model, box, scale in self._parts.values()
            if box.isChecked()
        )


class SamplingFields(QWidget):
    """The model's parameters: those that matter first, the others behind a button."""

    changed = Signal()

    def __init__(self, look: Look):
        super().__init__()
        self._specs = {spec.name: spec for spec in parameters()}
        self._numbers = {name: _spin(spec) for name, spec in self._specs.items()}
        self._context = whole(CONTEXT_LOW, CONTEXT_HIGH, CONTEXT_STEP)
        self._passages = whole(1, 50, 1)
        self._fixed = QCheckBox(self.tr("Always the same"))
        self._seed = number(0, SEED_HIGH, 1, 0)  # a QSpinBox ends at 2³¹ − 1
        self._adapters = AdaptersField()
        self.fields = self._make_fields()
        self._more = Button(look, "", "chevron-down", "quiet", self._toggle)
        self._lay_out()
        self._connect()
        self.show_more(False)

    def _make_fields(self) -> dict[str, Field]:
        fields = {
            name: Field(spec.label, self._numbers[name], spec.hint, beside=True)
            for name, spec in self._specs.items()
        }
        seed = QWidget()
        seed.setLayout(row(self._fixed, self._seed))
        fields["context_tokens"] = Field(
            self.tr("Context"),
            self._context,
            self.tr("Tokens for instructions, conversation, passages and answer together."),
            beside=True,
        )
        fields["passages"] = Field(
            self.tr("Passages"),
            self._passages,
            self.tr("How many passages are put before the model for each question."),
            beside=True,
        )
        fields["seed"] = Field(
            self.tr("Seed"), seed, self.tr("The same seed and question give the same answer.")
        )
        self._seed.setAccessibleName(self.tr("Seed"))
        fields["adapters"] = Field(
            self.tr("Adapters"), self._adapters, self.tr("LoRA files that fit the model.")
        )
        return fields

    def _lay_out(self) -> None:
        first = [self.fields[n] for n in ("temperature", "max_tokens", "context_tokens")]
        rest = [self.fields[n] for n in ("top_p", "top_k", "min_p", "repeat_penalty", "seed")]
        self._rest = QWidget()
        self._rest.setLayout(column(*rest, self.fields["adapters"], gap=Space.L))
        heading = label(self.tr("Parameters"), "section")
        more = row(self._more, STRETCH)
        self.setLayout(column(heading, *first, more, self._rest, gap=Space.L))

    def _connect(self) -> None:
        for spin in (*self._numbers.values(), self._context, self._passages, self._seed):
            spin.valueChanged.connect(self._tell)
        self._fixed.toggled.connect(self._seed.setEnabled)
        self._fixed.toggled.connect(self._tell)
        self._adapters.changed.connect(self._tell)

    def offer(self, adapters: Sequence[Model]) -> None:
        self._adapters.offer(adapters)
        self.fields["adapters"].setVisible(bool(adapters))

    def fill(self, draft: AgentDraft) -> None:
        for name, spin in self._numbers.items():
            spin.setValue(getattr(draft.sampling, name))
        self._context.setValue(draft.context_tokens)
        self._passages.setValue(draft.retrieval.passages)
        seed = draft.sampling.seed
        self._fixed.setChecked(seed is not None)
        self._seed.setEnabled(seed is not None)
        self._seed.setValue(seed or 0)
        self._adapters.choose(draft.adapters)

    def sampling(self, base: Sampling) -> Sampling:
        """Return the sampling that is entered; what the form does not show is kept."""
        seed = int(self._seed.value()) if self._fixed.isChecked() else None
        values = {name: _value(spin) for name, spin in self._numbers.items()}
        return replace(base, seed=seed, **values)  # type: ignore[arg-type]

    def context_tokens(self) -> int:
        return self._context.value()

    def passages(self) -> int:
        return self._passages.value()

    def adapters(self) -> tuple[Adapter, ...]:
        return self._adapters.chosen()

    def _toggle(self) -> None:
        self.show_more(self._rest.isHidden())

    def show_more(self, shown: bool) -> None:
        """Show the parameters that few agents need, or hide them."""
        self._rest.setVisible(shown)
        text = self.tr("Fewer parameters") if shown else self.tr("More parameters")
        self._more.change(text, "chevron-up" if shown else "chevron-down")

    @Slot()
    def _tell(self, *_: object) -> None:
        self.changed.emit()


class CalmSpinBox(QSpinBox):
    """Scrolling the form over it does not change the number."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class CalmDoubleSpinBox(QDoubleSpinBox):
    """Scrolling the form over it does not change the number."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


def whole(low: int, high: int, step: int) -> QSpinBox:
    """Return a field for a whole number."""
    spin = CalmSpinBox()
    spin.setRange(low, high)
    spin.setSingleStep(step)
    spin.setGroupSeparatorShown(True)
    _measure(spin)
    return spin


def number(low: float, high: float, step: float, decimals: int) -> QDoubleSpinBox:
    """Return a field for a number with decimals."""
    spin = CalmDoubleSpinBox()
    spin.setDecimals(decimals)
    spin.setRange(low, high)
    spin.setSingleStep(step)
    _measure(spin)
    return spin


def _measure(spin: QAbstractSpinBox) -> None:
    """Give a number field its size; a style sheet's padding does not reach its text."""
    spin.setFixedSize(Size.SPIN, Size.CONTROL)
    spin.lineEdit().setTextMargins(Space.S, 0, 0, 0)


def _spin(spec: Parameter) -> QSpinBox | QDoubleSpinBox:
    if spec.decimals:
        return number(spec.low, spec.high, spec.step, spec.decimals)
    return whole(int(spec.low), int(spec.high), int(spec.step))


def _value(spin: QAbstractSpinBox) -> int | float:
    """Return a spin box's value without the noise of binary fractions."""
    if isinstance(spin, QDoubleSpinBox):
        return round(float(spin.value()), spin.decimals())
    return int(spin.value()) if isinstance(spin, QSpinBox) else 0
