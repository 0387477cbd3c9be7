"""The import contracts of pyproject.toml hold for the real tree, and each refuses an offence."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"

# Contract -> the module that is made to offend, and what it is made to import.
OFFENCES = {
    "The core's rooms import downwards only": ("core.errors", "core.app"),
    "The desktop's rooms import downwards only": ("desktop.theme", "desktop.bridge"),
    "The core knows nothing of a window": ("core.streams", "PySide6"),
    "The desktop reaches the core by its services only": ("desktop.bridge", "core.store.users"),
    "Only the store speaks SQL": ("core.pool", "sqlalchemy"),
    "Only the API speaks HTTP": ("core.users", "fastapi"),
    "Only the vector index knows Chroma": ("core.users", "chromadb"),
    "Only the keyword index knows tantivy": ("core.users", "tantivy"),
    "Only the embedder and the reranker know sentence-transformers": (
        "core.users",
        "sentence_transformers",
    ),
    "Only the embedder knows ONNX Runtime": ("core.users", "onnxruntime"),
    "Only the watcher of folders knows watchfiles": ("core.users", "watchfiles"),
    "Only the engine knows llama.cpp": ("core.users", "llama_cpp"),
    "Only the parsers know PDFium": ("core.users", "pypdfium2"),
    "Only the parsers know file formats": ("core.users", "lxml"),
    "Only the export of studies knows XlsxWriter": ("core.users", "xlsxwriter"),
    "Only the bridge knows qasync": ("desktop.theme", "qasync"),
}


def lint(folder: Path) -> tuple[int, str]:
    """Run the contracts over the packages in a folder."""
    environ = {**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200", "NO_COLOR": "1"}
    command = [sys.executable, "-c", LINT, "--no-cache"]
    ran = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True)
    return ran.returncode, ran.stdout + ran.stderr


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the two packages and their contracts, to be spoiled."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in ("core", "desktop"):
        shutil.copytree(
            ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    return tmp_path


def test_the_tree_keeps_its_contracts(copy: Path) -> None:
    """An untouched copy passes, so that a failure below is the offence's doing."""
    status, output = lint(copy)
    assert status == 0, output


def test_every_contract_refuses_its_offence(copy: Path) -> None:
    """With an offence planted against each contract, all are broken, and each names its offence."""
    for module, imported in OFFENCES.values():
        with (copy / (module.replace(".", "/") + ".py")).open("a", encoding="utf-8") as file:
            file.write(f"\n\ndef late() -> None:\n    import {imported}\n")
    status, output = lint(copy)
    assert status == 1, output
    for name, (module, imported) in OFFENCES.items():
        assert re.search(rf"^{re.escape(name)} BROKEN\b", output, re.MULTILINE), output
        assert re.search(rf"- +{module} -> {imported}\b", output), output


def test_a_room_without_a_place_is_refused(copy: Path) -> None:
    """A new module of the core or the desktop must be put into the layers."""
    (copy / "core" / "attic.py").touch()
    (copy / "desktop" / "cellar.py").touch()
    status, output = lint(copy)
    assert status == 1
    assert "core.attic" in output
    assert "desktop.cellar" in output


def test_no_contract_is_without_an_offence() -> None:
    """Whoever adds a contract adds the proof that it bites."""
    content = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    names = {contract["name"] for contract in content["tool"]["importlinter"]["contracts"]}
    assert names == set(OFFENCES)
