"""Embedding models as GGUF files, run by llama.cpp: texts in, unit vectors out.

One context with a sequence for each text of a batch; texts longer than the model's context are
cut. Calls are serialised in small pieces, and a query goes before all batches that wait: it waits
for one piece at most.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import llama_cpp.llama_cpp as llama
import numpy as np
from numpy.typing import NDArray

from core.engines.llama.native import Batch, Weights
from core.errors import EngineFailed, OutOfMemory, UnusableModel

BATCH_TEXTS = 16
MAX_TEXT_TOKENS = 8192
PIECE_TOKENS = 512
"""Of several short texts at once; more of them are no faster on a processor."""

Vectors = NDArray[np.float32]


class LlamaEmbedder:
    """A loaded embedding model."""

    def __init__(self, path: Path, *, threads: int):
        """Raises UnusableModel for a file that is no embedding model, OutOfMemory."""
        self._changed = threading.Condition()
        self._running = False
        self._urgent = 0
        self._weights = Weights(path)
        self._handle: Any = None
        self.dimension = 0
        try:
            self._open(threads)
        except BaseException:
            self.close()
            raise

    def _open(self, threads: int) -> None:
        self._text_tokens = min(self._weights.trained_context_tokens, MAX_TEXT_TOKENS)
        self._capacity = max(self._text_tokens, PIECE_TOKENS)
        settings = llama.llama_context_default_params()
        settings.n_ctx = settings.n_batch = settings.n_ubatch = self._capacity
        settings.n_seq_max = BATCH_TEXTS
        settings.n_threads = settings.n_threads_batch = threads
        settings.embeddings = True
        settings.kv_unified = True
        self._handle = llama.llama_init_from_model(self._weights.handle, settings)
        if not self._handle:
            raise OutOfMemory(f"There is not enough memory for '{self._weights.path.name}'.")
        if llama.llama_pooling_type(self._handle) in (
            llama.LLAMA_POOLING_TYPE_NONE,
            llama.LLAMA_POOLING_TYPE_RANK,
        ):
            raise UnusableModel(
                f"'{self._weights.path.name}' is not an embedding model.", reason="no_embeddings"
            )
        self.dimension = int(llama.llama_model_n_embd_out(self._weights.handle))
        self._batch = Batch(self._capacity)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one row of length 1 for each text, in order: shape (texts, dimension).

        Raises EngineFailed if the runtime breaks or the embedder was closed.
        """
        tokens = [self._weights.tokenize(text, special=True) for text in texts]
        cut = [self._cut(each) for each in tokens]
        rows = np.zeros((len(texts), self.dimension), np.float32)
        for at in self._batches(cut):
            with self._turn(urgent=len(texts) == 1):
                rows[at] = self._run([cut[index] for index in at])
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        rows /= np.maximum(lengths, 1e-12)
        return rows

    @contextmanager
    def _turn(self, *, urgent: bool) -> Iterator[None]:
        """Wait until nobody else runs the model; what is urgent comes first."""
        with self._changed:
            self._urgent += urgent
            self._changed.wait_for(lambda: not self._running and (urgent or not self._urgent))
            self._urgent -= urgent
            self._running = True
        try:
            yield
        finally:
            with self._changed:
                self._running = False
                self._changed.notify_all()

    def _cut(self, tokens: list[int]) -> list[int]:
        """Shorten a text to the model's context, keeping the token that ends it."""
        if len(tokens) <= self._text_tokens:
            return tokens
        return [*tokens[: self._text_tokens - 1], tokens[-1]]

    def _batches(self, tokens: Sequence[Sequence[int]]) -> Iterator[list[int]]:
        """Group text indices, of similar length, so that each group is a small piece of work."""
        group: list[int] = []
        size = 0
        for index in sorted(range(len(tokens)), key=lambda index: len(tokens[index])):
            length = len(tokens[index])
            if group and (len(group) == BATCH_TEXTS or size + length > PIECE_TOKENS):
                yield group
                group, size = [], 0
            group.append(index)
            size += length
        if group:
            yield group

    def _run(self, texts: Sequence[Sequence[int]]) -> Vectors:
        if self._handle is None:
            raise EngineFailed("The embedding model was closed.")
        flat = [token for text in texts for token in text]
        positions = [at for text in texts for at in range(len(text))]
        sequences = [number for number, text in enumerate(texts) for _ in text]
        self._batch.fill(flat, positions, sequences, range(len(flat)))
        llama.llama_memory_clear(llama.llama_get_memory(self._handle), True)
        verdict = llama.llama_decode(self._handle, self._batch.native)
        if verdict != 0:
            raise EngineFailed(f"The embedding model failed (code {verdict}).")
        return np.stack([self._vector(number) for number in range(len(texts))])

    def _vector(self, sequence: int) -> Vectors:
        pointer = llama.llama_get_embeddings_seq(self._handle, sequence)
        if not pointer:
            raise EngineFailed("The embedding model gave no vector.")
        floats = ctypes.cast(pointer, ctypes.POINTER(ctypes.c_float))
        return np.ctypeslib.as_array(floats, shape=(self.dimension,)).copy()

    def close(self) -> None:
        """Free the model; safe to call twice."""
        with self._turn(urgent=True):
            if self._handle is not None:
                llama.llama_free(self._handle)
                self._handle = None
            self._weights.close()
