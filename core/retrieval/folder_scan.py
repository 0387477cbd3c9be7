"""What became of a folder's files: found on disk, compared with what the collection knows.

A file that is missing was deleted only if the drive it lay on is still there. Where the place it
lay in is on another device now, or cannot be looked at, the drive was taken away: its documents
are offline and come back with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.records import DocumentId
from core.store.document_rows import FileSeen
from core.store.folders import FolderChange, KnownFile

IsDeleted = Callable[[KnownFile], bool]


def compare(
    found: Sequence[FileSeen], known: Sequence[KnownFile], is_deleted: IsDeleted
) -> FolderChange:
    """Return what is different between the files found and those known of the same places.

    A missing file whose identity, size and time are those of a new one was renamed. One whose
    content a copy still has is stood for by the copy.
    """
    there = {each.path: each for each in found}
    live = {each.file.path: each for each in known if each.document_id and not each.is_gone}
    gone = {each.file.path: each for each in known if each.is_gone}
    copies = {each.file.path: each for each in known if not each.document_id}
    change = _Change()
    fresh = []
    for file in found:
        if file.path in live:
            _look_again(change, live[file.path], file)
        elif file.path in copies and _same(copies[file.path].file, file):
            continue
        elif file.path in gone and _same(gone[file.path].file, file):
            change.restored.append((gone[file.path].document_id, file))
        else:
            fresh.append(file)
    missing = {path: each for path, each in live.items() if path not in there}
    _sort_out_moves(change, missing, fresh)
    spare = {each.sha256: each.file for path, each in copies.items() if path in there}
    for each in missing.values():
        if not each.is_waiting and each.sha256 in spare:
            copy = spare.pop(each.sha256)
            change.moved.append((each.document_id, there[copy.path]))
            change.copies_gone.append(copy.path)
        elif is_deleted(each):
            change.gone.append(each.document_id)
        elif not each.is_offline:
            change.offline.append(each.document_id)
    change.copies_gone += [
        path for path, each in copies.items() if path not in there and is_deleted(each)
    ]
    return change.frozen()


@dataclass(slots=True)
class _Change:
    """A FolderChange being gathered."""

    fresh: list[FileSeen] = field(default_factory=list)
    moved: list[tuple[DocumentId, FileSeen]] = field(default_factory=list)
    back: list[tuple[DocumentId, FileSeen]] = field(default_factory=list)
    restored: list[tuple[DocumentId, FileSeen]] = field(default_factory=list)
    gone: list[DocumentId] = field(default_factory=list)
    offline: list[DocumentId] = field(default_factory=list)
    copies_gone: list[str] = field(default_factory=list)

    def frozen(self) -> FolderChange:
        return FolderChange(
            tuple(self.fresh),
            tuple(self.moved),
            tuple(self.back),
            tuple(self.restored),
            tuple(self.gone),
            tuple(self.offline),
            tuple(self.copies_gone),
        )


def _same(one: FileSeen, other: FileSeen) -> bool:
    return one.stamp == other.stamp


def _look_again(change: _Change, known: KnownFile, file: FileSeen) -> None:
    """Note what is different with a file that is known and there."""
    if not _same(known.file, file) and not known.is_waiting:
        change.fresh.append(file)
    elif known.is_offline or known.file.identity != file.identity:
        change.back.append((known.document_id, file))


def _sort_out_moves(
    change: _Change, missing: dict[str, KnownFile], fresh: Sequence[FileSeen]
) -> None:
    """Note which new files are missing ones by another name; the others are to be read."""
    unnamed = {_itself(each.file): path for path, each in missing.items() if each.file.identity}
    for file in fresh:
        path = unnamed.pop(_itself(file), None)
        if path is None:
            change.fresh.append(file)
        else:
            change.moved.append((missing.pop(path).document_id, file))


def _itself(file: FileSeen) -> tuple[str, int, int]:
    """Return what stays the same when a file is renamed."""
    return file.identity, file.size_bytes, file.modified_ns


class Devices:
    """Tells deleted files from those whose drive is away, for one look at a folder."""

    def __init__(self, root: Path, found: Sequence[FileSeen], known: Sequence[KnownFile]):
        self._root = root
        before = {each.file.path: _device(each.file) for each in known}
        self._renumbered = {
            before[file.path]: _device(file) for file in found if file.path in before
        }
        """A drive may get another number each time it is put in."""

    def is_deleted(self, known: KnownFile) -> bool:
        """Tell whether a missing file was deleted, or left out by a rule that is new."""
        path = Path(known.file.path)
        if _is_there(path):
            return True
        if not known.file.identity or not self._root.is_dir():
            return False
        device = _device(known.file)
        return self._device_of_place(path) == self._renumbered.get(device, device)

    def _device_of_place(self, path: Path) -> str:
        """Return the device of the nearest folder above that is there; '' where none can be."""
        for place in path.parents:
            try:
                return str(place.stat().st_dev)
            except FileNotFoundError:
                continue
            except OSError:
                return ""
        return ""


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a drive that fails
        return False


def _device(file: FileSeen) -> str:
    return file.identity.partition(":")[0]
