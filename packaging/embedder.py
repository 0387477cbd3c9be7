"""The starter's embedder as it is packaged: tokenizer and configuration, and an ONNX graph.

The graph takes the place of the weights that torch would read. Its note says of which weights it
was made, so that vectors keep their name whether torch or ONNX Runtime made them.
"""

from __future__ import annotations

import json
import shutil
import sys
from importlib.metadata import version as installed_version
from pathlib import Path

from ground import ROOT, PackagingError, cache_dir, fresh, say

sys.path.insert(0, str(ROOT))

from core.retrieval.embedders import STARTER, Embedders
from core.retrieval.embedding_onnx import GRAPH, NOTE
from core.retrieval.embedding_worker import fingerprint, weights_of
from core.starter import starter_embedder_dir


def folder_with_graph() -> Path:
    """Return the folder that is packaged; exports the graph if that was not done before."""
    model = starter_embedder_dir()
    if model is None:
        raise PackagingError("The starter's embedder is not installed; run 'python dev.py setup'.")
    made_of = f"{fingerprint(weights_of(model))[:12]}-torch-{installed_version('torch')}"
    kept = cache_dir() / f"embedder-{made_of}"
    if not (kept / NOTE).exists():
        _export(model, kept)
    return kept


def _export(model: Path, kept: Path) -> None:
    say("exporting the embedder's graph")
    exports = fresh(cache_dir() / "export")
    embedders = Embedders(exports / "none", exports, model)
    try:
        if not embedders.export(STARTER):
            raise PackagingError("The exported embedder's vectors differ from torch's.")
    finally:
        embedders.close()
    (graph,) = exports.glob(f"*/{GRAPH}")
    fresh(kept)
    without = shutil.ignore_patterns("*.safetensors", "README.md")
    shutil.copytree(model, kept, ignore=without, dirs_exist_ok=True)
    shutil.copyfile(graph, kept / GRAPH)
    note = json.loads(graph.with_name(NOTE).read_text("utf-8"))
    note["stamps"] = []  # of no weights: there are none in this folder
    (kept / NOTE).write_text(json.dumps(note), "utf-8")
    shutil.rmtree(exports)


if __name__ == "__main__":
    print(folder_with_graph())
