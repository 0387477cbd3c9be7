"""Writes LoRA adapters for the starter model, which nobody publishes any for."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np

WIDTH = 576
"""The starter model's embedding length; its queries are as wide."""
LAYERS = 30


def write_adapter(
    path: Path,
    *,
    strength: float = 0.3,
    width: int = WIDTH,
    layers: int = LAYERS,
    architecture: str = "llama",
    tensor: str = "attn_q",
    seed: int = 1,
) -> Path:
    """Write a rank-2 adapter with random weights for one tensor of every layer.

    A is (rank, in), B is (out, rank); the model adds scale * alpha / rank * B(Ax).
    """
    numbers = np.random.default_rng(seed)
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", 2.0)
    for layer in range(layers):
        name = f"blk.{layer}.{tensor}.weight"
        down = numbers.normal(0, 1, (2, width)).astype(np.float32)
        up = numbers.normal(0, strength, (width, 2)).astype(np.float32)
        writer.add_tensor(f"{name}.lora_a", down)
        writer.add_tensor(f"{name}.lora_b", up)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
