"""The embedding worker: loads one sentence-transformers model and turns texts into vectors.

A process of its own because importing torch holds the interpreter's lock for more than half a
second, which would freeze the window. Questions and passages have a thread each: a question must
not wait for the batch that is being embedded, and batches give way: a little to everything else,
and, while a reply is written, to whatever wants a core.
"""

from __future__ import annotations

import hashlib
import os
import sys
import threading
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.retrieval.child import Frame
from core.retrieval.worker import IDLE, Handler, Lane, serve

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TOKENIZERS_PARALLELISM": "false",
    # Spinning threads take the cores from a reply that is being written.
    "OMP_WAIT_POLICY": "PASSIVE",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}
"""Read by the libraries when they are imported, so set before."""

BATCH_NICENESS = 10
MAX_HEADER_BYTES = 100 << 20


class _Model:
    """The loaded model; the tokenizer takes one caller at a time, the rest any number."""

    def __init__(self, folder: Path):
        self._tokenizing = threading.Lock()
        self._model = _load(folder)

    def handle(self, request: Frame) -> Frame:
        """Embed the request's texts; the reply's bytes are float32, little-endian, row by row."""
        import torch

        prompt = self._prompt(request.head["kind"])
        with torch.inference_mode():
            with self._tokenizing:
                features = self._model.preprocess(request.head["texts"], prompt=prompt)
            vectors = self._model.forward(features)["sentence_embedding"]
            vectors = torch.nn.functional.normalize(vectors.float(), p=2, dim=1)
        array = vectors.numpy().astype("<f4", copy=False)
        return Frame({"rows": array.shape[0], "dimension": array.shape[1]}, array.tobytes())

    def greeting(self) -> Mapping[str, Any]:
        """Return what the parent wants to know of the model."""
        return {"dimension": self._model.get_embedding_dimension()}

    def _prompt(self, kind: str) -> str | None:
        """Return what the model wants before a question or a passage, such as 'query: '."""
        prompts = self._model.prompts
        names = ("query",) if kind == "query" else ("document", "passage")
        return next((prompts[name] for name in names if prompts.get(name)), None)


def _load(folder: Path) -> SentenceTransformer:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(
        str(folder),
        device="cpu",
        local_files_only=True,
        trust_remote_code=False,
        model_kwargs={"use_safetensors": True},
    )
    model.eval()
    return model


def _fingerprint(folder: Path) -> str:
    """Return the SHA-256 of the weights: two embedders are the same if theirs are."""
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*.safetensors")):
        with file.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()


def _prepare(folder: Path) -> tuple[Handler, Mapping[str, Any]]:
    model = _Model(folder)
    model.handle(Frame({"kind": "query", "texts": ["The first text takes longest."]}))
    return model.handle, {**model.greeting(), "sha256": _fingerprint(folder)}


def main(arguments: list[str]) -> None:
    """Serve until the parent closes the pipe; the argument is the model's folder."""
    os.environ.update(ENVIRONMENT)
    serve(
        partial(_prepare, Path(arguments[0])),
        [
            Lane(frozenset({"query"})),
            Lane(frozenset({"passages"}), niceness=BATCH_NICENESS),
            Lane(frozenset({"idle"}), niceness=IDLE),
        ],
    )


if __name__ == "__main__":
    main(sys.argv[1:])
