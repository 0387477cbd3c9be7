"""Which files a user means who adds some files and folders."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from core.store.document_rows import FileSeen

IGNORED_NAMES = frozenset({"thumbs.db", "desktop.ini", "__pycache__", "node_modules"})


def files_of(paths: Iterable[Path]) -> list[FileSeen]:
    """Return every file that is meant, once each, in a stable order.

    A file named by the user is always taken, even one that does not exist: ingest will say so.
    Folders are walked without hidden and temporary files, and without links out of the folder.
    """
    found: dict[str, FileSeen] = {}
    for path in paths:
        path = path.expanduser().absolute()
        for file in _below(path) if path.is_dir() else [path]:
            found.setdefault(str(file), _seen(file))
    return list(found.values())


def _below(folder: Path) -> Iterator[Path]:
    root = folder.resolve()
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not _is_ignored(name))
        for name in sorted(files):
            path = Path(place, name)
            if not _is_ignored(name) and (not path.is_symlink() or _is_inside(path, root)):
                yield path


def _is_ignored(name: str) -> bool:
    return name.startswith((".", "~$")) or name.endswith("~") or name.lower() in IGNORED_NAMES


def _is_inside(link: Path, root: Path) -> bool:
    """Tell whether a link leads to a file inside the folder being walked."""
    try:
        target = link.resolve(strict=True)
    except OSError:
        return False
    return target.is_relative_to(root) and target.is_file()


def _seen(path: Path) -> FileSeen:
    try:
        status = path.stat()
    except OSError:
        return FileSeen(path.name, str(path))
    return FileSeen(path.name, str(path), status.st_size, status.st_mtime_ns)
