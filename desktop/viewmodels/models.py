"""The Models page: the files that agents can run on, and why some cannot be used."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from core.changes import Topic
from core.records import Model
from core.streams import Cancel
from desktop.viewmodels.base import Desk, ViewModel


class ModelsViewModel(ViewModel):
    """Lists, scans and imports models."""

    topics = frozenset({Topic.MODELS})

    changed = Signal()
    importing = Signal(str, float)
    """(file name, share done from 0 to 1): a copy is under way."""
    import_ended = Signal()
    machine_known = Signal(object)
    """Hardware: what this machine offers to a model."""

    _copied = Signal(str, float)

    def __init__(self, desk: Desk, parent: QObject | None = None):
        super().__init__(desk, parent)
        self.models: list[Model] = []
        self.loaded = False
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
        self.loaded = True
        self.changed.emit()

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
        """Copy a file into the models folder; one at a time."""
        if self._cancel is None:
            self._cancel = Cancel()
            self.do(self._import(path, self._cancel))

    def cancel_import(self) -> None:
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
