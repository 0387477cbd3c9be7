"""Embedding models exported once from torch, run by ONNX Runtime: the same vectors, sooner.

ONNX Runtime comes with Chroma. Loading takes a fraction of a second where torch takes several,
and a third of the memory. An export lies in Outpost's own cache, with a note of what it was made
from; it counts only while the weights it was made from are unchanged.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

GRAPH = "model.onnx"
NOTE = "export.json"
PARTS = {"input_ids": "ids", "attention_mask": "attention_mask", "token_type_ids": "type_ids"}
"""What the tokenizer calls the inputs of a graph."""


@dataclass(frozen=True, slots=True)
class Export:
    """What an export was made from, and how it is fed."""

    sha256: str
    """Of the weights, as the folder's own."""
    stamps: list[list[int]]
    """Size and time of each file of weights."""
    inputs: list[str]
    dimension: int
    max_tokens: int
    pad_id: int


class OnnxModel:
    """A loaded export; any number of threads may embed at once."""

    def __init__(self, folder: Path, place: Path, export: Export):
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        # Each call computes on its own thread: how many run at once is decided by who calls.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False  # else the longest batch's memory is kept for good
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(place / GRAPH), options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer: Any = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(export.max_tokens)
        self._tokenizer.enable_padding(pad_id=export.pad_id)
        self._inputs = export.inputs
        self.dimension = export.dimension
        self.max_tokens = export.max_tokens

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one row of length 1 for each text."""
        import numpy as np

        encoded = self._tokenizer.encode_batch(list(texts))
        feed = {
            name: np.array([getattr(each, PARTS[name]) for each in encoded], dtype=np.int64)
            for name in self._inputs
        }
        rows: Vectors = np.asarray(self._session.run(["vectors"], feed)[0], dtype=np.float32)
        return rows


def weights_of(folder: Path) -> list[Path]:
    """Return a model folder's files of weights."""
    return sorted(folder.rglob("*.safetensors"))


def stamps_of(folder: Path) -> list[list[int]]:
    """Return size and time of each file of weights: the same while nothing changed."""
    return [[each.stat().st_size, each.stat().st_mtime_ns] for each in weights_of(folder)]


def find_export(folder: Path, place: Path) -> Export | None:
    """Return the export of a model folder in `place`, None where there is none that fits."""
    try:
        export = Export(**json.loads((place / NOTE).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return export if export.stamps == stamps_of(folder) else None


def write_note(place: Path, export: Export) -> None:
    """Make an export count; the last step of making one."""
    temporary = place / f"{NOTE}.{os.getpid()}"
    temporary.write_text(json.dumps(asdict(export)), "utf-8")
    temporary.replace(place / NOTE)
