"""The Models page: the files that agents can run on, and why some cannot be used."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from core.changes import Topic
from core.errors import OutpostError
from core.records import Agent, AgentDraft, AgentType, MemoryForecast, Model, ModelId
from core.streams import Cancel
from desktop.viewmodels.base import Desk, Reload, ViewModel, tr
from desktop.viewmodels.figures import number
from desktop.viewmodels.wording import file_size, parameter_count


class ModelsViewModel(ViewModel):
    """Lists, scans, imports and deletes models."""

    topics = frozenset({Topic.MODELS, Topic.AGENTS})

    changed = Signal()
    """`models`, what fits, or who uses which."""
    described = Signal(object, object)
    """(Model, list of (name, value)): what a model's header says."""
    hashed = Signal(object, str)
    """(ModelId, SHA-256 in hex)."""
    importing = Signal(str, float)
    """(file name, share done from 0 to 1): a copy is under way."""
    import_ended = Signal()
    machine_known = Signal(object)
    """Hardware: what this machine offers to a model."""

    _copied = Signal(str, float)

    def __init__(self, desk: Desk, parent: QObject | None = None):
        super().__init__(desk, parent)
        self.models: list[Model] = []
        self.agents: list[Agent] = []
        self.fits: dict[ModelId, MemoryForecast] = {}
        """What an agent with an ordinary context takes on each model."""
        self.bases: dict[ModelId, list[Model]] = {}
        """The models that each adapter fits."""
        self.loaded = False
        self._waiting: list[Path] = []
        self._fitting = Reload(desk.bridge, self._fit)
        self._cancel: Cancel | None = None
        self._looked_at_machine = False
        self._copied.connect(self.importing)

    @property
    def folder(self) -> Path:
        """Where models are looked for."""
        return self.desk.core.settings.model_storage_path

    @property
    def starter_only(self) -> bool:
        """True while the small starter model is all there is."""
        usable = [m for m in self.models if m.usable and not m.is_adapter]
        return bool(usable) and all(model.is_starter for model in usable)

    async def load(self) -> None:
        models = await self.call(self.desk.core.models.list)
        self.models = sorted(models, key=lambda m: (not m.usable, m.is_starter, m.name.casefold()))
        self.agents = await self.call(self.desk.core.agents.list, self.desk.owner.id)
        self.loaded = True
        self.changed.emit()
        self._fitting.request()

    async def _fit(self) -> None:
        """Learn what memory the models take that were not looked at yet."""
        new = [m for m in self.models if m.usable and not m.is_adapter and m.id not in self.fits]
        for model in new:
            draft = AgentDraft(name=model.name, type=AgentType.FINE_TUNED, model=model.id)
            if 0 < model.context_tokens < draft.context_tokens:
                draft = replace(draft, context_tokens=model.context_tokens)
            try:
                self.fits[model.id] = await self.call(self.desk.core.agents.forecast, draft)
            except OutpostError:  # gone or damaged meanwhile; the next look at the folder says so
                continue
        bases = {each.id: await self._bases(each) for each in self.adapters}
        if new or bases != self.bases:
            self.bases = bases
            self.changed.emit()

    async def _bases(self, adapter: Model) -> list[Model]:
        try:
            return list(await self.call(self.desk.core.models.bases, adapter.id))
        except OutpostError:  # gone or damaged meanwhile
            return []

    @property
    def adapters(self) -> list[Model]:
        """The files with LoRA weights."""
        return [each for each in self.models if each.is_adapter]

    @property
    def whole(self) -> list[Model]:
        """The files that agents can run on, and those that cannot be used at all."""
        return [each for each in self.models if not each.is_adapter]

    def users(self, model: Model) -> list[Agent]:
        """Return the agents that run on a model or adapter."""
        return [
            agent
            for agent in self.agents
            if agent.draft.model == model.id
            or any(adapter.model == model.id for adapter in agent.draft.adapters)
        ]

    def describe(self, model: Model) -> None:
        """Read what the model's header says, and its SHA-256; `described` and `hashed` tell."""
        self.do(self._describe(model))

    async def _describe(self, model: Model) -> None:
        header = await self.call(self.desk.core.models.header, model.id)
        rows = [
            (tr("Name in the header"), header.name),
            (tr("Architecture"), header.architecture),
            (tr("Parameters"), parameter_count(header.parameters)),
            (tr("Quantisation"), header.quantisation),
            (tr("Trained for"), _tokens(header.context_tokens)),
            (tr("Layers"), number(header.layers) if header.layers else ""),
            (tr("Width"), number(header.embedding_length) if header.embedding_length else ""),
            (tr("Vocabulary"), _tokens(header.vocabulary)),
            (tr("Chat template"), tr("yes") if header.chat_template else tr("no")),
            (tr("Size"), file_size(model.size_bytes)),
        ]
        self.described.emit(model, [(name, value) for name, value in rows if value])
        self.hashed.emit(model.id, await self.call(self.desk.core.models.sha256, model.id))

    def delete(self, model_id: ModelId) -> None:
        """Delete a model's file; the view has asked already."""
        self.do(self.call(self.desk.core.models.delete, model_id))

    def look_at_machine(self) -> None:
        """Tell what the machine offers; once, since it loads the engine's runtime."""
        if not self._looked_at_machine:
            self._looked_at_machine = True
            self.do(self._look_at_machine())

    async def _look_at_machine(self) -> None:
        self.machine_known.emit(await self.call(self.desk.core.hardware))

    def scan(self) -> None:
        """Look into the models folder again."""
        self.do(self._scan())

    def import_file(self, path: Path) -> None:
        """Copy a file into the models folder; one at a time, the others wait."""
        self._waiting.append(path)
        self._go_on()

    def _go_on(self) -> None:
        if self._cancel is None and self._waiting:
            self._cancel = Cancel()
            self.do(self._import(self._waiting.pop(0), self._cancel))

    def cancel_import(self) -> None:
        """Stop copying, and forget the files that wait."""
        self._waiting.clear()
        if self._cancel is not None:
            self._cancel.set()

    async def _scan(self) -> None:
        await self.call(self.desk.core.models.scan)
        await self.load()

    async def _import(self, path: Path, cancel: Cancel) -> None:
        def tell(done: int, total: int) -> None:
            self._copied.emit(path.name, done / max(1, total))

        try:
            self.importing.emit(path.name, 0.0)
            await self.call(self.desk.core.models.import_file, path, tell, cancel)
        finally:
            self._cancel = None
            self.import_ended.emit()
            self._go_on()


def _tokens(many: int) -> str:
    return tr("{count} tokens").format(count=number(many)) if many else ""
