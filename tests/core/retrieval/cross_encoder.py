"""A tiny cross-encoder with random weights: a folder like one that an operator installs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

WORDS = "a bearing dawn feeds form gasket grease income mice of pump tax the vixen which . ?"
CONFIG = {
    "architectures": ["BertForSequenceClassification"],
    "model_type": "bert",
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "max_position_embeddings": 128,
    "type_vocab_size": 2,
    "id2label": {"0": "LABEL_0"},
}
_LAYER = {
    "attention.self.query": (32, 32),
    "attention.self.key": (32, 32),
    "attention.self.value": (32, 32),
    "attention.output.dense": (32, 32),
    "intermediate.dense": (64, 32),
    "output.dense": (32, 64),
}
_NORMS = ("attention.output.LayerNorm", "output.LayerNorm")


def write_cross_encoder(folder: Path) -> Path:
    """Write the folder and return it; the weights are the same each time."""
    folder.mkdir(parents=True)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS.split()]
    words += [chr(each) for each in range(ord("a"), ord("z") + 1) if chr(each) != "a"]
    words += [f"##{chr(each)}" for each in range(ord("a"), ord("z") + 1)]
    (folder / "vocab.txt").write_text("\n".join(words))
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "BertTokenizer", "do_lower_case": True})
    )
    (folder / "config.json").write_text(json.dumps({**CONFIG, "vocab_size": len(words)}))
    save_file(_weights(len(words)), folder / "model.safetensors", {"format": "pt"})
    return folder


def _weights(words: int) -> dict[str, np.ndarray]:
    random, made = np.random.default_rng(7), {}

    def put(name: str, *shape: int) -> None:
        made[name] = (random.standard_normal(shape) * 0.5).astype(np.float32)

    def linear(name: str, rows: int, columns: int) -> None:
        put(f"{name}.weight", rows, columns)
        put(f"{name}.bias", rows)

    def norm(name: str) -> None:
        made[f"{name}.weight"] = np.ones(32, np.float32)
        made[f"{name}.bias"] = np.zeros(32, np.float32)

    for table, rows in (("word", words), ("position", 128), ("token_type", 2)):
        put(f"bert.embeddings.{table}_embeddings.weight", rows, 32)
    norm("bert.embeddings.LayerNorm")
    for layer in range(2):
        for name, shape in _LAYER.items():
            linear(f"bert.encoder.layer.{layer}.{name}", *shape)
        for name in _NORMS:
            norm(f"bert.encoder.layer.{layer}.{name}")
    linear("bert.pooler.dense", 32, 32)
    linear("classifier", 1, 32)
    return made
