"""Reads what a GGUF file says about itself without loading it, and refuses malformed files.

llama.cpp trusts a header further than it should: a hostile or damaged one can abort the whole
process (an assertion or a division by zero cannot be caught from Python). So every count,
length, offset and type is checked here first, and a file that passes is still only opened for
real after this. Format: the GGUF specification of the ggml project, versions 2 and 3.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from core.engines.ggml_types import BLOCKS, FILE_TYPES
from core.engines.gguf_keys import Keys
from core.engines.gguf_reader import Cursor, refuse
from core.errors import UnusableModel

MAGIC = b"GGUF"
VERSIONS = (2, 3)
MAX_KEYS = 10_000
MAX_TENSORS = 100_000
MAX_NAME_BYTES = 63
"""llama.cpp keeps tensor names in 64 bytes, one of them the final zero."""
MAX_DIMENSIONS = 4
MAX_LAYERS = 512
"""LLAMA_MAX_LAYERS; per-layer arrays beyond it would be written past their end."""
GUESSED = 1024
"""LLAMA_FTYPE_GUESSED: the header does not name its quantisation."""
_LAYER = re.compile(r"blk\.(\d{1,3})\.")
_FROM_WIDTH = re.compile(r"\.(attn_q|attn_k|attn_v|attn_qkv|ffn_up|ffn_gate)\.weight\.lora_a$")
POOLING = {0: "none", 1: "mean", 2: "cls", 3: "last", 4: "rank"}


@dataclass(frozen=True, slots=True)
class GgufHeader:
    """What a model file says about itself."""

    version: int
    architecture: str
    name: str
    quantisation: str
    """The name people know it by, such as 'Q4_K_M'."""
    parameters: int
    """Number of weights, counted from the tensors."""
    tensor_bytes: int
    context_tokens: int = 0
    """The context length the model was trained for; 0 where the header does not tell."""
    embedding_length: int = 0
    """Of an adapter: that of the model it was made for; 0 where its tensors do not tell."""
    layers: int = 0
    """Of an adapter: how many layers its model has at least."""
    heads: int = 0
    kv_heads: tuple[int, ...] = ()
    """Key and value heads of each layer; 0 for a layer without attention."""
    key_length: int = 0
    value_length: int = 0
    vocabulary: int = 0
    chat_template: str | None = None
    is_adapter: bool = False
    pooling: str | None = None
    """How an embedding model pools its tokens; None for a model that writes text."""


@dataclass(frozen=True, slots=True)
class _Tensor:
    name: str
    shape: tuple[int, ...]
    kind: int
    size_bytes: int


def read_header(path: Path) -> GgufHeader:
    """Read and check the header of a GGUF file.

    Raises UnusableModel with the reason 'missing', 'not_gguf', 'unsupported_version',
    'unsupported_kind', 'truncated', 'damaged' or 'split'.
    """
    try:
        with path.open("rb") as file:
            return _read(Cursor(file, path.stat().st_size, path.name))
    except OSError as error:
        raise UnusableModel(
            f"'{path.name}' cannot be read: {error.strerror or error}.", reason="missing"
        ) from error


def _read(cursor: Cursor) -> GgufHeader:
    version = _version(cursor)
    tensor_count = cursor.count(MAX_TENSORS, "tensors")
    key_count = cursor.count(MAX_KEYS, "keys")
    keys = Keys(cursor.name, _key_values(cursor, key_count))
    if keys.number("split.count", 0) > 1:
        raise UnusableModel(
            f"'{cursor.name}' is one part of a model that was split into several files.",
            reason="split",
            advice="Merge the parts with 'llama-gguf-split --merge' and use the merged file.",
        )
    tensors = _tensors(cursor, tensor_count, keys.alignment())
    return _header(version, keys, tensors)


def _version(cursor: Cursor) -> int:
    if cursor.take(4, reason="not_gguf") != MAGIC:
        raise refuse(cursor.name, "not_gguf", "it does not begin like a GGUF file")
    version = cursor.number("<I")
    if version not in VERSIONS:
        swapped = int.from_bytes(version.to_bytes(4, "little"), "big")
        what = "big-endian" if swapped in VERSIONS else f"version {version}"
        raise refuse(cursor.name, "unsupported_version", f"its format ({what}) is not supported")
    return int(version)


def _key_values(cursor: Cursor, count: int) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for _ in range(count):
        key = cursor.text("a key", limit=65_535)
        if not key or "\0" in key:
            raise refuse(cursor.name, "damaged", "it has a key without a name")
        if key in values:
            raise refuse(cursor.name, "damaged", f"the key '{key}' occurs twice")
        values[key] = cursor.value(cursor.number("<I"))
    return values


def _tensors(cursor: Cursor, count: int, alignment: int) -> list[_Tensor]:
    """Read the tensor table; every tensor must start where the one before it ended."""
    tensors: list[_Tensor] = []
    expected = end = 0
    for _ in range(count):
        tensor = _tensor(cursor)
        if cursor.number("<Q") != expected:
            raise refuse(cursor.name, "damaged", f"the tensor '{tensor.name}' is out of place")
        end = expected + tensor.size_bytes
        expected = _padded(end, alignment)
        tensors.append(tensor)
    if len({tensor.name for tensor in tensors}) != count:
        raise refuse(cursor.name, "damaged", "two tensors have the same name")
    if _padded(cursor.position, alignment) + end > cursor.size_bytes:
        raise refuse(cursor.name, "truncated", "its end is missing")
    return tensors


def _tensor(cursor: Cursor) -> _Tensor:
    name = cursor.text("a tensor's name", limit=MAX_NAME_BYTES)
    rank = cursor.number("<I")
    if rank > MAX_DIMENSIONS:
        raise refuse(cursor.name, "damaged", f"the tensor '{name}' has {rank} dimensions")
    shape = tuple(cursor.number("<Q") for _ in range(rank))
    kind = cursor.number("<I")
    if kind not in BLOCKS:
        raise refuse(cursor.name, "unsupported_kind", f"its number format {kind} is not supported")
    _, block, block_bytes = BLOCKS[kind]
    weights = prod(shape)
    if not name or weights == 0 or weights >= 2**60 or (shape or (1,))[0] % block:
        raise refuse(cursor.name, "damaged", f"the tensor '{name}' has an impossible shape")
    return _Tensor(name, shape, kind, weights // block * block_bytes)


def _padded(position: int, alignment: int) -> int:
    return (position + alignment - 1) // alignment * alignment


def _header(version: int, keys: Keys, tensors: list[_Tensor]) -> GgufHeader:
    kind = keys.text("general.type", "model")
    if kind not in ("model", "adapter") or keys.architecture == "clip":
        raise keys.unsupported(f"it holds a '{kind}', not a language model or adapter")
    if not tensors:
        raise keys.unsupported("it holds no weights")
    layers = keys.own("block_count")
    if layers > MAX_LAYERS:
        raise keys.damaged(f"it claims {layers} layers")
    heads = max(keys.per_layer("attention.head_count", layers, 0), default=0)
    embedding = keys.own("embedding_length")
    if kind == "adapter":
        layers, embedding = _adapted(tensors)
    head_length = embedding // heads if heads else 0
    header = GgufHeader(
        version=version,
        architecture=keys.architecture,
        name=keys.text("general.name"),
        quantisation=_quantisation(keys, tensors),
        parameters=sum(prod(tensor.shape) for tensor in tensors),
        tensor_bytes=sum(tensor.size_bytes for tensor in tensors),
        context_tokens=keys.own("context_length"),
        embedding_length=embedding,
        layers=layers,
        heads=heads,
        kv_heads=keys.per_layer("attention.head_count_kv", layers, heads),
        key_length=keys.own("attention.key_length", head_length),
        value_length=keys.own("attention.value_length", head_length),
        vocabulary=_vocabulary(keys, tensors),
        chat_template=keys.text("tokenizer.chat_template") or None,
        is_adapter=kind == "adapter",
        pooling=_pooling(keys),
    )
    if not header.is_adapter:
        _check_model(header, keys, tensors)
    return header


def _adapted(tensors: list[_Tensor]) -> tuple[int, int]:
    """Return (layers, embedding length) of the model that an adapter was made for.

    A LoRA's first factor takes what its weight takes, which for these is the model's width.
    """
    numbers = [int(match[1]) for each in tensors if (match := _LAYER.match(each.name))]
    widths = {each.shape[0] for each in tensors if _FROM_WIDTH.search(each.name)}
    return max(numbers, default=-1) + 1, widths.pop() if len(widths) == 1 else 0


def fits(adapter: GgufHeader, model: GgufHeader) -> bool:
    """Tell whether an adapter can be applied to a model, as far as the two headers show."""
    width = adapter.embedding_length
    return (
        adapter.architecture == model.architecture
        and width in (0, model.embedding_length)
        and adapter.layers <= model.layers
    )


def _quantisation(keys: Keys, tensors: list[_Tensor]) -> str:
    named = FILE_TYPES.get(keys.number("general.file_type", GUESSED))
    if named:
        return named
    by_bytes: Counter[int] = Counter()
    for tensor in tensors:
        by_bytes[tensor.kind] += tensor.size_bytes
    return BLOCKS[by_bytes.most_common(1)[0][0]][0]


def _pooling(keys: Keys) -> str | None:
    number = keys.own("pooling_type", 2**30)
    return POOLING.get(number)


def _vocabulary(keys: Keys, tensors: list[_Tensor]) -> int:
    """Count the vocabulary's tokens; its companion arrays must be as long."""
    tokens = keys.length("tokenizer.ggml.tokens")
    for companion in ("scores", "token_type"):
        length = keys.length(f"tokenizer.ggml.{companion}")
        if length and length != tokens:
            raise keys.damaged(f"its vocabulary has {tokens} tokens but {length} {companion}")
    return tokens or keys.own("vocab_size")


def _check_model(header: GgufHeader, keys: Keys, tensors: list[_Tensor]) -> None:
    """Refuse numbers that do not fit each other, on which llama.cpp may divide or index."""
    if not header.layers or not header.embedding_length:
        raise keys.unsupported("it is not a language model: it names no layers")
    if header.heads and header.heads > header.embedding_length:
        raise keys.damaged(f"it claims {header.heads} attention heads")
    if any(count > max(header.heads, 1) for count in header.kv_heads):
        raise keys.damaged("it claims more key-value heads than attention heads")
    if not header.vocabulary:
        raise keys.unsupported("it has no vocabulary")
    embedding = next((item for item in tensors if item.name == "token_embd.weight"), None)
    if embedding and embedding.shape != (header.embedding_length, header.vocabulary):
        raise keys.damaged("its vocabulary does not fit its embedding table")
