"""A hundred model files that are wrong in their header, their tensors or their template."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import gguf
import numpy as np

from tests.corpus.cases import Case, cut, of_bytes, spoiled

WIDTH, HEADS, TOKENS, INNER = 32, 4, 64, 64
LLAMA = "llama."
Change = Callable[["Draft"], object]


class Draft:
    """A tiny llama that loads, before it is spoiled."""

    def __init__(self) -> None:
        self.architecture = "llama"
        self.numbers: dict[str, Any] = {
            f"{LLAMA}context_length": 512,
            f"{LLAMA}embedding_length": WIDTH,
            f"{LLAMA}block_count": 1,
            f"{LLAMA}feed_forward_length": INNER,
            f"{LLAMA}attention.head_count": HEADS,
            f"{LLAMA}attention.head_count_kv": HEADS,
            f"{LLAMA}rope.dimension_count": WIDTH // HEADS,
            "tokenizer.ggml.bos_token_id": 1,
            "tokenizer.ggml.eos_token_id": 2,
        }
        self.floats = {f"{LLAMA}attention.layer_norm_rms_epsilon": 1e-5}
        self.texts = {"tokenizer.ggml.model": "llama"}
        self.tokens: list[str] | None = ["<unk>", "<s>", "</s>"] + [
            f"<0x{number:02X}>" for number in range(TOKENS - 3)
        ]
        self.scores: list[float] | None = [0.0] * TOKENS
        self.kinds: list[int] | None = [2, 3, 3] + [6] * (TOKENS - 3)
        self.tensors: dict[str, np.ndarray[Any, Any]] = {
            "token_embd.weight": _noise(TOKENS, WIDTH),
            "output_norm.weight": np.ones(WIDTH, np.float32),
            "output.weight": _noise(TOKENS, WIDTH),
            "blk.0.attn_norm.weight": np.ones(WIDTH, np.float32),
            "blk.0.attn_q.weight": _noise(WIDTH, WIDTH),
            "blk.0.attn_k.weight": _noise(WIDTH, WIDTH),
            "blk.0.attn_v.weight": _noise(WIDTH, WIDTH),
            "blk.0.attn_output.weight": _noise(WIDTH, WIDTH),
            "blk.0.ffn_norm.weight": np.ones(WIDTH, np.float32),
            "blk.0.ffn_gate.weight": _noise(INNER, WIDTH),
            "blk.0.ffn_up.weight": _noise(INNER, WIDTH),
            "blk.0.ffn_down.weight": _noise(WIDTH, INNER),
        }

    def write(self, path: Path) -> None:
        writer = gguf.GGUFWriter(path, self.architecture)
        for name, number in self.numbers.items():
            (writer.add_int64 if number < 0 else writer.add_uint32)(name, number)
        for name, value in self.floats.items():
            writer.add_float32(name, value)
        for name, text in self.texts.items():
            writer.add_string(name, text)
        for name, values in (("tokens", self.tokens), ("scores", self.scores)):
            if values is not None:
                writer.add_array(f"tokenizer.ggml.{name}", values)
        if self.kinds is not None:
            writer.add_array("tokenizer.ggml.token_type", self.kinds)
        for name, tensor in self.tensors.items():
            writer.add_tensor(name, tensor)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()


def _noise(*shape: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(7).normal(0, 0.05, shape).astype(np.float32)


@cache
def good() -> bytes:
    """The file before it is spoiled."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "good.gguf"
        Draft().write(path)
        return path.read_bytes()


def _drafted(path: Path, change: Change) -> None:
    draft = Draft()
    change(draft)
    draft.write(path)


def _number(key: str, value: int) -> Change:
    return lambda draft: draft.numbers.update({key: value})


def _text(key: str, value: str) -> Change:
    return lambda draft: draft.texts.update({key: value})


def _template(source: str) -> Change:
    return _text("tokenizer.chat_template", source)


def _shaped(name: str, *shape: int) -> Change:
    return lambda draft: draft.tensors.update({name: _noise(*shape)})


def _of_type(name: str, kind: Any) -> Change:
    return lambda draft: draft.tensors.update({name: draft.tensors[name].astype(kind)})


def _filled(name: str, value: float) -> Change:
    return lambda draft: draft.tensors.update({name: np.full_like(draft.tensors[name], value)})


def _without(name: str) -> Change:
    return lambda draft: draft.tensors.pop(name)


def _set(**fields: Any) -> Change:
    return lambda draft: vars(draft).update(fields)


WRONG: dict[str, Change] = {
    **{
        f"{key}-{value}": _number(f"{LLAMA}{key}", value)
        for key, values in {
            "context_length": (0, 2**32 - 1),
            "embedding_length": (0, 16, 33, 2**31),
            "block_count": (0, 2, 511, 2**31),
            "feed_forward_length": (0, 63, 2**31),
            "attention.head_count": (0, 3, 32, 33, 2**31),
            "attention.head_count_kv": (0, 3, 2**31),
            "rope.dimension_count": (0, 7, 2**31),
            "attention.key_length": (0, 7, 2**31),
            "attention.value_length": (1, 2**31),
            "expert_count": (1, 2**31),
            "vocab_size": (1, 2**31),
        }.items()
        for value in values
    },
    "eps-nan": lambda draft: draft.floats.update(
        {f"{LLAMA}attention.layer_norm_rms_epsilon": math.nan}
    ),
    "rope-base-0": lambda draft: draft.floats.update({f"{LLAMA}rope.freq_base": 0.0}),
    "bos-out": _number("tokenizer.ggml.bos_token_id", 2**31 - 1),
    "eos-out": _number("tokenizer.ggml.eos_token_id", TOKENS),
    "alignment-0": _number("general.alignment", 0),
    "alignment-3": _number("general.alignment", 3),
    "alignment-huge": _number("general.alignment", 2**31),
    "tokenizer-none": _text("tokenizer.ggml.model", "none"),
    "tokenizer-gpt2": _text("tokenizer.ggml.model", "gpt2"),
    "tokenizer-bert": _text("tokenizer.ggml.model", "bert"),
    "tokenizer-t5": _text("tokenizer.ggml.model", "t5"),
    "tokenizer-new": _text("tokenizer.ggml.model", "\U0001f600" * 500),
    "architecture-new": _set(architecture="nonesuch"),
    "architecture-bert": _set(architecture="bert"),
    "architecture-mamba": _set(architecture="mamba"),
    "tokens-none": _set(tokens=None),
    "tokens-alike": _set(tokens=["same"] * TOKENS),
    "tokens-empty": _set(tokens=[""] * TOKENS),
    "tokens-long": _set(tokens=["x" * 5000] * TOKENS),
    "tokens-more": _set(tokens=["t"] * (TOKENS + 1)),
    "scores-none": _set(scores=None),
    "scores-nan": _set(scores=[math.nan] * TOKENS),
    "kinds-none": _set(kinds=None),
    "kinds-wild": _set(kinds=[2**30] * TOKENS),
    "kinds-plain": _set(kinds=[1] * TOKENS),
    "template-loop": _template("{% for a in range(99999) %}" * 4 + "{% endfor %}" * 4),
    "template-giant": _template("{{ 'x' * 10**12 }}"),
    "template-broken": _template("{% if"),
    "template-escape": _template("{{ ''.__class__.__mro__[1].__subclasses__() }}"),
    "template-long": _template("x" * 300_000),
    "shape-turned": _shaped("token_embd.weight", WIDTH, TOKENS),
    "shape-q": _shaped("blk.0.attn_q.weight", WIDTH // 2, WIDTH),
    "shape-down": _shaped("blk.0.ffn_down.weight", INNER, WIDTH),
    "shape-norm": _shaped("output_norm.weight", WIDTH + 1),
    "shape-3d": _shaped("blk.0.attn_k.weight", 2, WIDTH // 2, WIDTH),
    "type-f64": _of_type("blk.0.attn_q.weight", np.float64),
    "type-i8": _of_type("blk.0.attn_q.weight", np.int8),
    "type-i32-norm": _of_type("output_norm.weight", np.int32),
    "weights-nan": _filled("blk.0.attn_q.weight", math.nan),
    "weights-inf": _filled("token_embd.weight", math.inf),
    "without-norm": _without("output_norm.weight"),
    "without-embedding": _without("token_embd.weight"),
    "without-q": _without("blk.0.attn_q.weight"),
    "tensor-more": _shaped("blk.7.attn_q.weight", WIDTH, WIDTH),
}


def _cases() -> Iterator[Case]:
    for name, change in WRONG.items():
        yield Case(f"{name}.gguf", partial(_drafted, change=change))
    yield of_bytes("empty.gguf", b"")
    yield of_bytes("zip.gguf", b"PK\x03\x04" + bytes(100))
    yield of_bytes("zeros.gguf", bytes(1 << 20))
    yield of_bytes("magic.gguf", b"GGUF" * 5000)
    yield from cut("tiny.gguf", good, (0.01, 0.1, 0.3, 0.6, 0.9, 0.99))
    yield from spoiled("tiny.gguf", good, 100)


MODELS = tuple(_cases())[:100]
