"""The core runs without Qt, and nothing heavy is loaded on the way to the window."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

IMPORT_ALL = """
import importlib, pkgutil, sys
import tests.without_qt
import core
# Migrations are run by alembic, which gives them a database; they cannot be imported.
names = [each.name for each in pkgutil.walk_packages(core.__path__, "core.")
         if not each.name.startswith("core.store.migrations")]
for name in names:
    importlib.import_module(name)
print(len(names))
"""

IMPORT_QT = """
import tests.without_qt
for name in ("PySide6.QtCore", "shiboken6", "qasync", "desktop.theme"):
    try:
        __import__(name)
    except ImportError:
        continue
    raise SystemExit(name + " could be imported")
"""

HEAVY = [
    *("torch", "transformers", "sentence_transformers", "onnxruntime", "sklearn", "scipy"),
    *("chromadb", "tantivy", "llama_cpp", "pypdfium2", "fastapi", "uvicorn", "alembic"),
    *("lxml", "python_calamine", "oxmsg", "striprtf", "charset_normalizer"),
]

IMPORT_WINDOW = f"""
import sys
import desktop.main, core.app
print(*(name for name in {HEAVY!r} if name in sys.modules))
"""


def python(code: str) -> str:
    command = [sys.executable, "-c", code]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


def test_every_module_of_the_core_imports_without_qt() -> None:
    """Nothing in the core needs Qt or the desktop, not even indirectly."""
    assert int(python(IMPORT_ALL)) > 30


def test_the_blocker_of_qt_blocks() -> None:
    """Under the plugin that hides Qt, Qt can indeed not be imported."""
    python(IMPORT_QT)


def test_nothing_heavy_is_loaded_on_the_way_to_the_window() -> None:
    """What takes long to import waits until the window is shown."""
    assert python(IMPORT_WINDOW) == ""
