"""A pytest plugin under which Qt cannot be imported: `pytest -p no:pytest-qt -p tests.without_qt`.

The core must run on a server where no Qt is installed; an import that works only because the
developer has it would be found by the first user.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

QT = ("PySide6", "shiboken6", "qasync", "desktop")


class NoQt:
    """A finder that comes first and refuses everything of Qt's and of the desktop's."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name.partition(".")[0] in QT:
            raise ModuleNotFoundError(f"{name} is out of reach in this run", name=name)
        return None


sys.meta_path.insert(0, NoQt())
