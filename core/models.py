"""The model catalogue: every GGUF file in the models folder, and the starter model.

Headers are read once per file and kept in the store by path, size and time of change; so are
SHA-256 sums. A file that cannot be used stays in the list with the reason, since an operator who
copied it there wants to know why it does not work.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core.changes import Changes, Topic
from core.engines.gguf import GgufHeader, read_header
from core.errors import Cancelled, Conflict, NotFound, StorageFailed, UnusableModel
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
BLOCK_BYTES = 4 << 20
PARTIAL_LIFE_S = 86_400

Progress = Callable[[int, int], None]
"""Called with the bytes done and the bytes in all."""


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
    ):
        self._folder = folder
        self._store = store
        self._changes = changes
        self._find_starter = starter
        self._lock = threading.Lock()
        self._known: dict[ModelId, StoredModel] | None = None

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

    def sha256(self, model_id: ModelId) -> str:
        """Return the file's SHA-256 in hex, computed once while the file does not change."""
        stored = self._stored(model_id)
        try:
            current = _stored(stored.id, Path(stored.path), stored)
            if current.sha256 is None:
                with Path(stored.path).open("rb") as file:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
                current = replace(current, sha256=digest)
                self._remember(current)
        except OSError as error:
            raise _missing(stored, error) from error
        return str(current.sha256)

    def import_file(
        self, path: Path, on_progress: Progress | None = None, cancel: Cancel | None = None
    ) -> Model:
        """Copy a model file into the models folder, under its final name only when complete.

        Raises UnusableModel for a file that is not a usable model, Conflict where one of that
        name is there already, Cancelled on request, StorageFailed where the disk is full.
        """
        read_header(path)
        target = self._folder / path.name
        if target.suffix.lower() != SUFFIX:
            target = target.with_name(target.name + SUFFIX)
        if target.exists():
            raise Conflict(
                f"There is already a model file '{target.name}'.",
                advice="Rename the file, or delete the other one from the models folder first.",
            )
        partial = target.with_name(f".{target.name}.{new_id('copy')}{PARTIAL}")
        try:
            _copy(path, partial, on_progress, cancel)
            read_header(partial)
            _publish(partial, target)
        except OSError as error:
            why = error.strerror or error
            raise StorageFailed(f"'{path.name}' could not be copied: {why}.") from error
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


def _reading(path: Path) -> _Reading:
    try:
        return _Reading(header=read_header(path))
    except UnusableModel as refusal:
        return _Reading(problem=str(refusal))


def _missing(stored: StoredModel, error: OSError) -> UnusableModel:
    name = Path(stored.path).name
    return UnusableModel(f"'{name}' cannot be read: {error.strerror}.", reason="missing")


def _copy(source: Path, target: Path, on_progress: Progress | None, cancel: Cancel | None) -> None:
    """Copy in blocks and make the copy durable."""
    total, done = source.stat().st_size, 0
    with source.open("rb") as reader, target.open("xb") as writer:
        while block := reader.read(BLOCK_BYTES):
            if cancel:
                raise Cancelled()
            writer.write(block)
            done += len(block)
            if on_progress:
                on_progress(done, total)
        writer.flush()
        os.fsync(writer.fileno())


def _publish(partial: Path, target: Path) -> None:
    """Give the finished copy its name, durably and without replacing another file."""
    try:
        os.link(partial, target)
    except FileExistsError as error:
        raise Conflict(f"There is already a model file '{target.name}'.") from error
    except OSError:  # a file system without hard links
        partial.rename(target)
    if os.name == "posix":
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
