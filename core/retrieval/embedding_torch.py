"""Embedding models run by sentence-transformers, and their export for ONNX Runtime.

The reference: whatever such a folder holds, this gives its vectors. It is slow to load, so the
whole model, pooling included, is written once as an ONNX graph, which `embedding_onnx.py` runs.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from sentence_transformers import SentenceTransformer

    Vectors = NDArray[np.float32]

OPSET = 17


class TorchModel:
    """A loaded model; the tokenizer takes one caller at a time, the rest any number."""

    def __init__(self, folder: Path):
        self._tokenizing = threading.Lock()
        self._model = _load(folder)
        self.dimension = int(self._model.get_embedding_dimension() or 0)
        self.max_tokens = int(self._model.max_seq_length or 512)
        self.pad_id = int(getattr(self._model.tokenizer, "pad_token_id", 0) or 0)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one row of length 1 for each text."""
        import torch

        with torch.inference_mode():
            with self._tokenizing:
                features = self._model.preprocess(list(texts), prompt=None)
            vectors = self._model.forward(features)["sentence_embedding"]
            unit = torch.nn.functional.normalize(vectors.float(), p=2, dim=1)
        rows: Vectors = unit.numpy()
        return rows

    def export(self, file: Path) -> list[str]:
        """Write the model as an ONNX graph and return the names of its inputs.

        Raises whatever torch raises for a model that cannot be traced.
        """
        import torch

        features = self._model.preprocess(["A short text.", "And one that is longer."])
        names = [name for name, value in features.items() if isinstance(value, torch.Tensor)]
        axes = {0: "texts", 1: "tokens"}
        graph = _graph(self._model, names)
        with warnings.catch_warnings(), torch.inference_mode():
            warnings.simplefilter("ignore")  # the tracer warns of every constant
            _need_no_onnx_package()
            torch.onnx.export(
                graph,
                tuple(features[name] for name in names),
                str(file),
                input_names=names,
                output_names=["vectors"],
                dynamic_axes={**dict.fromkeys(names, axes), "vectors": {0: "texts"}},
                opset_version=OPSET,
                dynamo=False,
            )
        return names


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


def _graph(model: SentenceTransformer, names: Sequence[str]) -> Any:
    """Wrap the model so that it takes tensors in order and gives one: what a graph does."""
    import torch

    class Graph(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = model

        def forward(self, *tensors: torch.Tensor) -> torch.Tensor:
            features = dict(zip(names, tensors, strict=True))
            vectors: torch.Tensor = self.inner.forward(features)["sentence_embedding"]
            return torch.nn.functional.normalize(vectors, p=2, dim=1)

    return Graph().eval()  # else the exporter leaves the model in training mode, with dropout


def _need_no_onnx_package() -> None:
    """Leave out a step that only looks for functions which no such model has.

    It is the one place where torch's exporter wants the `onnx` package, 18 MB for nothing.
    """
    from torch.onnx._internal.torchscript_exporter import onnx_proto_utils

    onnx_proto_utils._add_onnxscript_fn = lambda model_bytes, custom_opsets: model_bytes
