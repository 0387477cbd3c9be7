"""What an engine will take of the machine's memory, known before anything is loaded."""

from __future__ import annotations

from dataclasses import dataclass

from core.engines.base import EngineSpec
from core.engines.gguf import GgufHeader
from core.records import KvType

KEPT_PREFIXES = 8
"""System prompts held in memory beside the slots."""
BYTES_PER_VALUE = {KvType.F16: 2.0, KvType.Q8_0: 34 / 32}
"""Of KV memory; q8_0 has a scale of 2 bytes for every 32 values."""
VOCABULARY_BYTES = 200
"""For each token: its text, score and merges, in the tables that look them up."""
ACTIVATIONS = 12
"""Vectors as wide as the embedding that a token of a batch needs at once, in f32: its way through
the feed-forward layer, about three times four. Seen with llama-like models."""


@dataclass(frozen=True, slots=True)
class MemoryNeed:
    """What loading a model will take, in bytes."""

    weights_bytes: int
    """The weights and the tables of the vocabulary, shared by engines of the same model."""
    kv_bytes: int
    compute_bytes: int
    adapter_bytes: int = 0

    @property
    def total_bytes(self) -> int:
        return self.weights_bytes + self.own_bytes

    @property
    def own_bytes(self) -> int:
        """What comes on top where the weights are loaded already."""
        return self.kv_bytes + self.compute_bytes + self.adapter_bytes


def kv_tokens(spec: EngineSpec) -> int:
    """Return the KV memory of an engine in tokens: its slots, and room for system prompts."""
    tokens = spec.context_tokens * spec.slots + spec.context_tokens // 2
    return (tokens + 255) // 256 * 256


def sequences(spec: EngineSpec) -> int:
    """Return how many token sequences an engine's memory holds."""
    return spec.slots + KEPT_PREFIXES


def memory_need(header: GgufHeader, spec: EngineSpec) -> MemoryNeed:
    """Estimate what an engine takes, all of it in main memory, with flash attention.

    KV: values * tokens * Σ over layers of KV heads * (key + value length); a sliding window
    makes the truth smaller. Compute buffers: for each token of a batch its activations and, in
    f16, its mask over all tokens; and the logits of each sequence. Conversations kept for later
    (`recent_bytes`) come on top as they are had. Measured in tests/benchmarks/engine_memory.py.
    """
    tokens = kv_tokens(spec)
    widths = sum(header.kv_heads) * (header.key_length + header.value_length)
    row_bytes = 4 * ACTIVATIONS * header.embedding_length + 2 * tokens
    logits_bytes = 4 * header.vocabulary * sequences(spec)
    return MemoryNeed(
        weights_bytes=header.tensor_bytes + vocabulary_bytes(header),
        kv_bytes=int(BYTES_PER_VALUE[spec.kv_type] * tokens * widths),
        compute_bytes=spec.batch_tokens * row_bytes + logits_bytes,
        adapter_bytes=sum(path.stat().st_size for path, _ in spec.adapters),
    )


def vocabulary_bytes(header: GgufHeader) -> int:
    """Return what llama.cpp takes for a vocabulary without counting it among its buffers."""
    return VOCABULARY_BYTES * header.vocabulary
