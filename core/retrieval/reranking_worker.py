"""The reranking worker: loads one cross-encoder and scores pairs of question and passage.

A process of its own for the same reasons as the embedding worker. It takes all cores, since a
question waits for it and nothing is written meanwhile.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Mapping
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import EngineFailed
from core.retrieval.child import Frame
from core.retrieval.embedding_worker import ENVIRONMENT
from core.retrieval.worker import Handler, Lane, serve

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

BATCH = 8
"""Pairs in one call of the model: small, since the longest text decides what each of them costs."""


def _prepare(folder: Path) -> tuple[Handler, Mapping[str, Any]]:
    if find_spec("torch") is None:
        raise EngineFailed("it needs torch, which this Outpost comes without")
    return partial(_score, _load(folder)), {}


def _load(folder: Path) -> CrossEncoder:
    from sentence_transformers import CrossEncoder

    model: CrossEncoder = CrossEncoder(
        str(folder),
        device="cpu",
        local_files_only=True,
        trust_remote_code=False,
        model_kwargs={"use_safetensors": True},
    )
    model.eval()
    return model


def _score(model: CrossEncoder, request: Frame) -> Frame:
    """Score the request's texts against its question, in their order."""
    pairs = [(request.head["question"], text) for text in request.head["texts"]]
    scores = [
        float(each) for each in model.predict(pairs, batch_size=BATCH, show_progress_bar=False)
    ]
    if not all(map(math.isfinite, scores)):
        raise EngineFailed("it gave scores that are no numbers")
    return Frame({"scores": scores})


def main(arguments: list[str]) -> None:
    """Serve until the parent closes the pipe; the argument is the model's folder."""
    cores = str(os.cpu_count() or 1)
    os.environ.update({**ENVIRONMENT, "OMP_NUM_THREADS": cores, "MKL_NUM_THREADS": cores})
    serve(partial(_prepare, Path(arguments[0])), [Lane(frozenset({"score"}))])


if __name__ == "__main__":
    main(sys.argv[1:])
