"""The embedding worker: loads one embedding model and turns texts into vectors.

A process of its own because importing torch holds the interpreter's lock for more than half a
second, which would freeze the window, and because a model file may make its library crash.
Questions and passages have a thread each: a question must not wait for the batch that is being
embedded, and batches give way: a little to everything else, and, while a reply is written, to
whatever wants a core.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Protocol

from core.errors import EngineFailed
from core.retrieval.child import Frame
from core.retrieval.embedding_onnx import (
    GRAPH,
    Export,
    OnnxModel,
    find_export,
    stamps_of,
    weights_of,
    write_note,
)
from core.retrieval.worker import IDLE, Handler, Lane, be_nice, serve

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from core.retrieval.embedding_torch import TorchModel

    Vectors = NDArray[np.float32]

ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    # ONNX Runtime would report to its makers, from native code that no audit hook sees.
    "ORT_DISABLE_TELEMETRY": "1",
    "TOKENIZERS_PARALLELISM": "false",
    # Spinning threads take the cores from a reply that is being written.
    "OMP_WAIT_POLICY": "PASSIVE",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}
"""Read by the libraries when they are imported, so set before."""

BATCH_NICENESS = 10
GROUP = 8
"""Texts in one call of the model. Measured per second of one core, for passages of 40 to 210
tokens: ONNX Runtime 19 in groups of 8, 15 of 16 and 12 of 32, torch 9, 9 and 6, torch in bf16 on
a CPU that has it 16, 13 and 9. So ONNX Runtime in fp32 is what is used."""
PROBES = ("The first text takes longest.", "", "Größe und Maß 🦊 " * 40, "x" * 3000)
SAME = 0.99999
"""Cosine that an export's vectors must have with torch's."""


class _Runtime(Protocol):
    dimension: int

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one row of length 1 for each text."""


class _Model:
    """A loaded model behind the worker's requests."""

    def __init__(self, runtime: _Runtime, cores: int):
        self._runtime = runtime
        self._pool = ThreadPoolExecutor(cores, initializer=partial(be_nice, BATCH_NICENESS))

    def handle(self, request: Frame) -> Frame:
        """Embed the request's texts; the reply's bytes are float32, little-endian, row by row."""
        texts, kind = request.head["texts"], request.head["kind"]
        rows = self._runtime.embed(texts) if kind == "query" else self._in_groups(texts, kind)
        array = rows.astype("<f4", copy=False)
        return Frame({"rows": array.shape[0], "dimension": array.shape[1]}, array.tobytes())

    def _in_groups(self, texts: Sequence[str], kind: str) -> Vectors:
        """Embed texts of similar length together, on all cores or on this thread alone."""
        import numpy as np

        order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
        groups = [order[at : at + GROUP] for at in range(0, len(order), GROUP)]
        groups.reverse()  # the longest first, so that no core ends long after the others
        run: Callable[..., Any] = map if kind == "idle" else self._pool.map
        rows = np.zeros((len(texts), self._runtime.dimension), np.float32)
        made = run(lambda group: self._runtime.embed([texts[i] for i in group]), groups)
        for group, vectors in zip(groups, made, strict=True):
            rows[group] = vectors
        return rows


def fingerprint(files: Sequence[Path]) -> str:
    """Return the SHA-256 of the weights: two embedders are the same if theirs are."""
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()


def _prepare(kind: str, path: Path, place: Path | None) -> tuple[Handler, Mapping[str, Any]]:
    if kind == "export" and place is not None:
        return _export(path, place)
    runtime, sha256, name = _loaded(kind, path, place)
    runtime.embed(PROBES[:1])
    model = _Model(runtime, len(os.sched_getaffinity(0)) if _KNOWS_CORES else os.cpu_count() or 1)
    return model.handle, {"dimension": runtime.dimension, "sha256": sha256, "runtime": name}


def _loaded(kind: str, path: Path, place: Path | None) -> tuple[_Runtime, str, str]:
    """Return the model, the SHA-256 of its weights and what runs it."""
    if kind == "gguf":
        from core.engines.llama.embedder import LlamaEmbedder

        return LlamaEmbedder(path, threads=1), fingerprint([path]), "llama.cpp"
    export = find_export(path, place) if place is not None else None
    if export is not None and place is not None:
        return OnnxModel(path, place, export), export.sha256, "onnxruntime"
    return _torch_model(path), fingerprint(weights_of(path)), "torch"


def _torch_model(folder: Path) -> TorchModel:
    """Load a folder with torch; raises EngineFailed where there is none, as in the installers'."""
    if find_spec("torch") is None:
        raise EngineFailed(
            f"The model folder '{folder.name}' needs torch, which this Outpost comes without",
            advice="Use an embedding model as a GGUF file.",
        )
    from core.retrieval.embedding_torch import TorchModel

    return TorchModel(folder)


def _export(folder: Path, place: Path) -> tuple[Handler, Mapping[str, Any]]:
    """Write the ONNX graph of a model folder, keep it if its vectors are the same, and end.

    The greeting says whether it is.
    """
    place.mkdir(parents=True, exist_ok=True)
    stamps, torch_model = stamps_of(folder), _torch_model(folder)
    temporary = place / f"{GRAPH}.{os.getpid()}"
    try:
        inputs = torch_model.export(temporary)
        temporary.replace(place / GRAPH)
    finally:
        temporary.unlink(missing_ok=True)
    export = Export(
        fingerprint(weights_of(folder)),
        stamps,
        inputs,
        torch_model.dimension,
        torch_model.max_tokens,
        torch_model.pad_id,
    )
    onnx = OnnxModel(folder, place, export)
    cosines = (torch_model.embed(PROBES) * onnx.embed(PROBES)).sum(axis=1)
    same = bool(cosines.min() >= SAME)
    if same:
        write_note(place, export)
    return lambda _request: Frame({}), {"same": same, "cosine": float(cosines.min())}


_KNOWS_CORES = hasattr(os, "sched_getaffinity")


def main(arguments: list[str]) -> None:
    """Serve until the parent closes the pipe.

    The arguments are what the model is ('transformer', 'gguf', or 'export' to make an ONNX graph
    of a transformer), its path, and where its export lies or is to lie, if anywhere.
    """
    os.environ.update(ENVIRONMENT)
    batches: SimpleQueue[Frame | None] = SimpleQueue()
    kind, path, place = arguments[0], Path(arguments[1]), arguments[2:]
    serve(
        partial(_prepare, kind, path, Path(place[0]) if place else None),
        [
            Lane(frozenset({"query"})),
            # Two, so that the cores go on with the next batch while the last groups of one run.
            *(Lane(frozenset({"passages"}), BATCH_NICENESS, batches) for _ in range(2)),
            Lane(frozenset({"idle"}), niceness=IDLE),
        ],
    )


if __name__ == "__main__":
    main(sys.argv[1:])
