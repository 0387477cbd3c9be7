"""Which files a user means who adds, or watches, some files and folders."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterable, Iterator, Sequence
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
        for file in files_below(path) if path.is_dir() else [seen(path)]:
            found.setdefault(file.path, file)
    return list(found.values())


def files_below(
    folder: Path, rules: Rules | None = None, start: Path | None = None
) -> Iterator[FileSeen]:
    """Walk a folder, or the part of it from `start` on; rules are relative to the folder."""
    root, rules = folder.resolve(), rules or Rules()
    for place, folders, files in os.walk(start or folder):
        below = os.path.relpath(place, folder).replace(os.sep, "/")
        prefix = "" if below == "." else f"{below}/"
        folders[:] = sorted(
            each
            for each in folders
            if not rules.ignore(prefix + each, is_folder=True)
            and Path(place, each) not in rules.skipped
        )
        for name in sorted(files):
            path = Path(place, name)
            if not rules.ignore(prefix + name) and (not path.is_symlink() or is_inside(path, root)):
                yield seen(path)


class Rules:
    """Tells which files of a folder are left out: hidden and temporary ones, and patterns.

    A pattern without a slash is for names at any depth, one with a slash for paths below the
    folder; one that ends in a slash is for folders only. `*` matches any signs.
    """

    def __init__(self, patterns: Sequence[str] = (), skipped: Sequence[Path] = ()):
        """`skipped` are places that are never looked at, such as Outpost's own data folder."""
        self._patterns = [_compiled(each) for each in patterns if each.strip("/ ")]
        self.skipped = tuple(skipped)

    def ignore(self, below: str, *, is_folder: bool = False) -> bool:
        """Tell whether a path, given relative to the folder with '/', is left out by itself."""
        name = below.rpartition("/")[2]
        return _is_ignored(name) or any(
            pattern.match(below if by_path else name) is not None
            for pattern, by_path, folders_only in self._patterns
            if is_folder or not folders_only
        )

    def leave_out(self, path: Path, folder: Path) -> bool:
        """Tell whether a path inside the folder is left out, by itself or with a folder above."""
        if any(path.is_relative_to(each) for each in self.skipped):
            return True
        parts = path.relative_to(folder).parts
        return any(
            self.ignore("/".join(parts[:depth]), is_folder=depth < len(parts))
            for depth in range(1, len(parts) + 1)
        )


def seen(path: Path) -> FileSeen:
    """Return a file as it is now; one that is not there has neither size nor identity."""
    try:
        status = path.stat()
    except OSError:
        return FileSeen(path.name, str(path))
    return FileSeen(path.name, str(path), status.st_size, status.st_mtime_ns, identity_of(status))


def identity_of(status: os.stat_result) -> str:
    """Name the file that a status is of: device and number."""
    return f"{status.st_dev}:{status.st_ino}"


def _compiled(pattern: str) -> tuple[re.Pattern[str], bool, bool]:
    """Return a pattern, whether it is for paths, and whether it is for folders only."""
    bare = pattern.strip().strip("/")
    by_path = "/" in pattern.strip().rstrip("/")
    return re.compile(fnmatch.translate(bare)), by_path, pattern.rstrip().endswith("/")


def _is_ignored(name: str) -> bool:
    return name.startswith((".", "~$")) or name.endswith("~") or name.lower() in IGNORED_NAMES


def is_inside(link: Path, root: Path) -> bool:
    """Tell whether a link leads to a file inside the folder being walked."""
    try:
        target = link.resolve(strict=True)
    except OSError:
        return False
    return target.is_relative_to(root) and target.is_file()
