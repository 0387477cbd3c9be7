"""How much room Outpost takes and where, and the end of its log.

Only looked at: nothing here changes a file, so it may be asked while everything is in use.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from core.config import Settings
from core.records import Place, PlaceKind, Storage

TAIL_BYTES = 128_000
"""How much of the log's end is read; some thousand lines."""


def storage(settings: Settings) -> Storage:
    """Return every place with its size, and the free room beside them."""
    database = settings.database_file
    beside = (database.with_name(database.name + end) for end in ("-wal", "-shm"))
    places = (
        Place(PlaceKind.DATABASE, database, sum(map(_size, (database, *beside)))),
        *(Place(kind, path, _size(path)) for kind, path in _folders(settings)),
    )
    return Storage(places, shutil.disk_usage(settings.data_dir).free)


def _folders(settings: Settings) -> Iterator[tuple[PlaceKind, Path]]:
    yield PlaceKind.INDEX, settings.chroma_dir.parent
    yield PlaceKind.UPLOADS, settings.uploads_dir
    yield PlaceKind.CACHE, settings.calibration_file.parent
    yield PlaceKind.BACKUPS, settings.backup_dir
    yield PlaceKind.LOG, settings.log_file.parent
    yield PlaceKind.MODELS, settings.model_storage_path


def _size(path: Path) -> int:
    """Return the bytes of a file, or of all files in a folder; what is gone counts nothing."""
    if path.is_file():
        return _bytes(path)
    return sum(_bytes(Path(folder) / name) for folder, _, names in os.walk(path) for name in names)


def _bytes(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:  # deleted since it was listed
        return 0


def log_tail(settings: Settings, lines: int) -> list[str]:
    """Return the last lines of the log, oldest first; none where nothing was logged yet."""
    try:
        with settings.log_file.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - TAIL_BYTES))
            read = file.read().decode("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return []
    whole = read if size <= TAIL_BYTES else read[1:]  # the first one was cut
    return whole[-lines:]
