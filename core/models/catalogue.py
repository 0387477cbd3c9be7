"""The model catalogue: every GGUF file in the models folder, and the starter model.

Headers are read once per file and kept in the store by path, size and time of change; so are
SHA-256 sums. A file that cannot be used stays in the list with the reason, since an operator who
copied it there wants to know why it does not work.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from core.changes import Changes, Topic
from core.engines.gguf import GgufHeader, fits, read_header
from core.errors import Conflict, NotFound, StorageFailed, UnusableModel
from core.models.files import Progress, blocks_of, publish, sha256_of, write
from core.models.probing import Probe, probed
from core.records import Model, ModelId, new_id
from core.starter import starter_model_file
from core.store.codec import from_json, to_json
from core.store.models import ModelStore, StoredModel
from core.streams import Cancel

SUFFIX = ".gguf"
PARTIAL = ".partial"
"""Ends the name of a file that is still being copied."""
STARTER_PREFIX = "starter:"
"""Begins the starter model's id, since it lies outside the models folder."""
PARTIAL_LIFE_S = 86_400


@dataclass(frozen=True, slots=True)
class _Reading:
    """The outcome of reading a file's header: what it says, or why it was refused."""

    header: GgufHeader | None = None
    problem: str | None = None


class Models:
    """Knows every model file; thread-safe."""

    def __init__(
        self,
        folder: Path,
        store: ModelStore,
        changes: Changes,
        starter: Callable[[], Path | None] = starter_model_file,
        probe: Probe = probed,
    ):
        self._folder = folder
        self._store = store
        self._changes = changes
        self._find_starter = starter
        self._probe = probe
        self._lock = threading.Lock()
        self._known: dict[ModelId, StoredModel] | None = None

    @property
    def folder(self) -> Path:
        """Where model files lie."""
        return self._folder

    def list(self) -> list[Model]:
        """Return the models of the last scan, which is made now if there was none."""
        if self._known is None:
            self.scan()
        return [*self._records()]

    def get(self, model_id: ModelId) -> Model:
        """Return one model; raises NotFound."""
        return self._record(self._stored(model_id))

    def header(self, model_id: ModelId) -> GgufHeader:
        """Return a usable model's header; raises NotFound or UnusableModel."""
        stored = self._stored(model_id)
        reading = from_json(_Reading, stored.header_json)
        if reading.header is None:
            raise UnusableModel(str(reading.problem), reason="damaged")
        return reading.header

    def bases(self, adapter_id: ModelId) -> Sequence[Model]:
        """Return the models that an adapter fits, as far as headers tell; raises as `header`."""
        adapter = self.header(adapter_id)
        whole = (each for each in self._records() if each.usable and not each.is_adapter)
        return [each for each in whole if fits(adapter, self.header(each.id))]

    def starter(self) -> Model | None:
        """Return the model that Outpost brings along, if it is installed."""
        return next((model for model in self.list() if model.is_starter), None)

    def scan(self) -> Sequence[Model]:
        """Look at the models folder again, reading the headers of new and changed files."""
        with self._lock:
            if self._known is None:
                self._remove_old_partials()
            before = {each.id: each for each in self._store.list()}
            after = {each.id: each for each in self._look(before)}
            changed = [each for each in after.values() if before.get(each.id) != each]
            gone = [model_id for model_id in before if model_id not in after]
            self._store.save(changed, gone)
            self._known = after
        if changed or gone:
            self._changes.announce(Topic.MODELS)
        return self._records()

    def sha256(self, model_id: ModelId, cancel: Cancel | None = None) -> str:
        """Return the file's SHA-256 in hex, computed once while the file does not change."""
        return str(self._current(model_id, Cancel() if cancel is None else cancel).sha256)

    def _current(self, model_id: ModelId, cancel: Cancel) -> StoredModel:
        """Return what is known of the file as it is now, its SHA-256 included."""
        stored = self._stored(model_id)
        try:
            current = _stored(stored.id, Path(stored.path), stored)
            if current.sha256 is None:
                current = replace(current, sha256=sha256_of(Path(stored.path), cancel))
                self._remember(current)
        except OSError as error:
            raise _missing(stored, error) from error
        return current

    def trust(self, model_id: ModelId, adapters: Sequence[ModelId], cancel: Cancel) -> None:
        """Make sure that files may be loaded into this process.

        At their first use they are loaded by a process of their own, and pinned by their SHA-256
        if it survives; from then on, a file of another content is refused. An unchanged file
        costs a stat. Raises UnusableModel, NotFound, Cancelled.
        """
        files = [self._current(each, cancel) for each in (model_id, *adapters)]
        pins = self._store.pins([each.id for each in files])
        for each in files:
            _expect_pinned(each, pins.get(each.id))
        new = [each for each in files if each.id not in pins]
        if any(not each.id.startswith(STARTER_PREFIX) for each in new):
            self._probe([Path(each.path) for each in files], cancel)
        for each in new:
            self._store.pin(each.id, str(each.sha256))

    def accept(self, model_id: ModelId) -> Model:
        """Take a file of another content for the model from now on; raises NotFound.

        It is treated as a new one at its next use.
        """
        self._stored(model_id)
        self._store.unpin(model_id)
        self.scan()
        return self.get(model_id)

    def import_file(
        self, path: Path, on_progress: Progress | None = None, cancel: Cancel | None = None
    ) -> Model:
        """Copy a model file into the models folder, under its final name only when complete.

        Raises UnusableModel for a file that is not a usable model, Conflict where one of that
        name is there already, Cancelled on request, StorageFailed where the disk is full.
        """
        read_header(path)
        total, done = path.stat().st_size, 0

        def watched() -> Iterator[bytes]:
            nonlocal done
            for block in blocks_of(path):
                yield block
                done += len(block)
                if on_progress:
                    on_progress(done, total)

        return self.take(path.name, watched(), Cancel() if cancel is None else cancel)

    def take(self, name: str, blocks: Iterator[bytes], cancel: Cancel) -> Model:
        """Write a model file into the models folder; raises as `import_file`."""
        target = self._folder / PurePath(name).name
        if target.suffix.lower() != SUFFIX:
            target = target.with_name(target.name + SUFFIX)
        if target.exists():
            raise Conflict(
                f"There is already a model file '{target.name}'.",
                advice="Rename the file, or delete the other one from the models folder first.",
            )
        partial = target.with_name(f".{target.name}.{new_id('copy')}{PARTIAL}")
        try:
            write(blocks, partial, cancel)
            read_header(partial)
            publish(partial, target)
        except OSError as error:
            why = error.strerror or error
            raise StorageFailed(f"'{target.name}' could not be copied: {why}.") from error
        finally:
            partial.unlink(missing_ok=True)
        self._store.note_import(ModelId(target.name))
        self.scan()
        return self.get(ModelId(target.name))

    def delete(self, model_id: ModelId) -> None:
        """Delete a model's file; raises NotFound, Conflict for the starter, StorageFailed.

        Agents on it stay as they are; they cannot be deployed before they have another model.
        """
        stored = self._stored(model_id)
        path = Path(stored.path)
        if stored.id.startswith(STARTER_PREFIX):
            raise Conflict(
                "The starter model is a part of Outpost and cannot be deleted.",
                advice="Leave it; it takes no memory while no agent on it is deployed.",
            )
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            why = error.strerror or error
            raise StorageFailed(f"'{path.name}' could not be deleted: {why}.") from error
        self._store.note_deletion(model_id)
        self.scan()

    def _look(self, before: dict[ModelId, StoredModel]) -> Iterator[StoredModel]:
        for model_id, path in self._files():
            try:
                yield _stored(model_id, path, before.get(model_id))
            except OSError:
                continue  # deleted since the folder was listed, or a dangling link

    def _remove_old_partials(self) -> None:
        """Delete what a crash left of an import; a day old, as another Outpost may be copying."""
        for partial in self._folder.glob(f".*{PARTIAL}"):
            if time.time() - partial.stat().st_mtime > PARTIAL_LIFE_S:
                partial.unlink(missing_ok=True)

    def _files(self) -> Iterator[tuple[ModelId, Path]]:
        starter = self._find_starter()
        if starter is not None:
            yield ModelId(STARTER_PREFIX + starter.name), starter
        for folder, _, names in os.walk(self._folder):
            for name in sorted(names):
                if name.lower().endswith(SUFFIX) and not name.startswith("."):
                    path = Path(folder) / name
                    model_id = path.relative_to(self._folder).as_posix()
                    if not model_id.startswith(STARTER_PREFIX):
                        yield ModelId(model_id), path

    def _stored(self, model_id: ModelId) -> StoredModel:
        if self._known is None:
            self.scan()
        with self._lock:
            stored = (self._known or {}).get(model_id)
        if stored is None:
            raise NotFound("model", model_id)
        return stored

    def _remember(self, stored: StoredModel) -> None:
        self._store.save([stored], [])
        with self._lock:
            if self._known is not None:
                self._known[stored.id] = stored

    def _records(self) -> Sequence[Model]:
        with self._lock:
            known = list((self._known or {}).values())
        return [self._record(each) for each in known]

    def _record(self, stored: StoredModel) -> Model:
        reading = from_json(_Reading, stored.header_json)
        path = Path(stored.path)
        model = Model(
            id=stored.id,
            name=path.stem,
            path=path,
            size_bytes=stored.size_bytes,
            is_starter=stored.id.startswith(STARTER_PREFIX),
            problem=reading.problem,
        )
        return model if reading.header is None else _described(model, reading.header)


def _described(model: Model, header: GgufHeader) -> Model:
    return replace(
        model,
        architecture=header.architecture,
        quantisation=header.quantisation,
        parameters=header.parameters,
        context_tokens=header.context_tokens,
        has_chat_template=header.chat_template is not None,
        is_adapter=header.is_adapter,
    )


def _stored(model_id: ModelId, path: Path, before: StoredModel | None) -> StoredModel:
    """Return what is known of the file, reading its header if it is new or has changed."""
    status = path.stat()
    # Not the modification time alone: 'cp -p' keeps it, and 'chmod' makes a file readable.
    changed_ns = max(status.st_mtime_ns, status.st_ctime_ns)
    if before is not None and before.is_of(str(path), status.st_size, changed_ns):
        return before
    header_json = to_json(_reading(path))
    return StoredModel(model_id, str(path), status.st_size, changed_ns, header_json)


def _expect_pinned(file: StoredModel, pin: str | None) -> None:
    """Raises UnusableModel for a file that cannot be used, or is not the one that was."""
    name, reading = Path(file.path).name, from_json(_Reading, file.header_json)
    if reading.problem is not None:
        raise UnusableModel(reading.problem, reason="damaged")
    if pin not in (None, file.sha256):
        raise UnusableModel(
            f"'{name}' is not the file that was used before: its SHA-256 has changed.",
            reason="changed",
            advice=(
                "If it was replaced on purpose, accept it with 'outpost models accept'; "
                "if not, copy it again from its source."
            ),
        )


def _reading(path: Path) -> _Reading:
    try:
        return _Reading(header=read_header(path))
    except UnusableModel as refusal:
        return _Reading(problem=str(refusal))


def _missing(stored: StoredModel, error: OSError) -> UnusableModel:
    name = Path(stored.path).name
    return UnusableModel(f"'{name}' cannot be read: {error.strerror}.", reason="missing")
