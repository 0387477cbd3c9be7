"""The GGUF reader against the real starter model, generated files and damaged ones."""

from __future__ import annotations

import ctypes
import struct
from dataclasses import replace
from pathlib import Path

import gguf
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.engines.ggml_types import BLOCKS
from core.engines.gguf import fits, read_header
from core.errors import UnusableModel
from core.starter import starter_model_file
from tests.core.engines.llama.lora import write_adapter

VOCABULARY = 40
WIDTH = 64
REASONS = ("not_gguf", "unsupported_version", "unsupported_kind", "truncated", "damaged", "split")


@pytest.fixture(scope="session")
def starter() -> Path:
    """The starter model's file."""
    path = starter_model_file()
    assert path is not None
    return path


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A well-formed file of a few kilobytes, written by the ggml project's own package."""
    return write_small(tmp_path / "small.gguf")


def write_small(path: Path, **changes: object) -> Path:
    """Write a tiny llama-like file; `changes` replace or add values of the header."""
    writer = gguf.GGUFWriter(path, "llama")
    kind = str(changes.get("type", "model"))
    writer.add_type(kind)
    writer.add_name("Tiny")
    writer.add_context_length(256)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(int(str(changes.get("layers", 2))))
    writer.add_head_count(int(str(changes.get("heads", 4))))
    writer.add_head_count_kv(changes.get("kv_heads", 2))  # type: ignore[arg-type]
    writer.add_file_type(0)
    writer.add_token_list([f"t{number}" for number in range(VOCABULARY)])
    scores = int(str(changes.get("scores", VOCABULARY)))
    writer.add_token_scores([0.0] * scores)
    if "pooling" in changes:
        writer.add_pooling_type(gguf.PoolingType.MEAN)
    if "parts" in changes:
        writer.add_uint16("split.count", int(str(changes["parts"])))
    writer.add_tensor("token_embd.weight", np.zeros((VOCABULARY, WIDTH), np.float32))
    writer.add_tensor("output_norm.weight", np.ones(WIDTH, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def reason_of(path: Path) -> str:
    """Read the header, which must be refused, and return the refusal's reason."""
    with pytest.raises(UnusableModel) as refusal:
        read_header(path)
    assert path.name in str(refusal.value)
    return refusal.value.reason


def test_starter_model_describes_itself(starter: Path) -> None:
    """The starter's header yields what its makers publish about it."""
    header = read_header(starter)
    assert (header.architecture, header.quantisation) == ("llama", "Q4_1")
    assert header.parameters == 134_515_008
    assert (header.layers, header.heads, set(header.kv_heads)) == (30, 9, {3})
    assert (header.embedding_length, header.key_length) == (576, 64)
    assert (header.context_tokens, header.vocabulary) == (8192, 49152)
    assert header.chat_template is not None
    assert "<|im_start|>" in header.chat_template
    assert not header.is_adapter
    assert header.tensor_bytes < starter.stat().st_size


def test_reads_what_the_ggml_package_writes(small: Path) -> None:
    """A file of the reference writer is read back value for value."""
    header = read_header(small)
    assert (header.name, header.quantisation, header.version) == ("Tiny", "F32", 3)
    assert header.parameters == VOCABULARY * WIDTH + WIDTH
    assert header.tensor_bytes == 4 * header.parameters
    assert (header.kv_heads, header.key_length) == ((2, 2), 16)
    assert header.pooling is None


def test_heads_may_differ_by_layer(tmp_path: Path) -> None:
    """A per-layer array of key-value heads is kept as such."""
    assert read_header(write_small(tmp_path / "m.gguf", kv_heads=[4, 0])).kv_heads == (4, 0)


def test_adapters_and_embedding_models_are_told_apart(tmp_path: Path) -> None:
    """general.type and pooling_type say what the file is for."""
    assert read_header(write_small(tmp_path / "a.gguf", type="adapter")).is_adapter
    assert read_header(write_small(tmp_path / "e.gguf", pooling=1)).pooling == "mean"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"parts": 3}, "split"),
        ({"type": "imatrix"}, "unsupported_kind"),
        ({"layers": 100_000}, "damaged"),
        ({"layers": 0}, "unsupported_kind"),
        ({"heads": 1000}, "damaged"),
        ({"kv_heads": 5}, "damaged"),
        ({"kv_heads": [2]}, "damaged"),
        ({"scores": VOCABULARY - 1}, "damaged"),
    ],
)
def test_numbers_that_do_not_fit_are_refused(
    tmp_path: Path, changes: dict[str, object], reason: str
) -> None:
    """A header whose parts contradict each other is refused with a reason."""
    assert reason_of(write_small(tmp_path / "odd.gguf", **changes)) == reason


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not_gguf"),
        (b"GGU", "not_gguf"),
        (b"PK\x03\x04" + bytes(100), "not_gguf"),
        (b"GGUF", "truncated"),
        (b"GGUF" + struct.pack("<I", 1) + bytes(100), "unsupported_version"),
        (b"GGUF" + struct.pack(">I", 3) + bytes(100), "unsupported_version"),
        (b"GGUF" + struct.pack("<IQQ", 3, 1 << 62, 1), "damaged"),
        (b"GGUF" + struct.pack("<IQQ", 3, 1, 1 << 62), "damaged"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 0) + bytes(20), "damaged"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 1 << 63), "damaged"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 0) + bytes(100), "damaged"),
    ],
)
def test_malformed_beginnings_are_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    """Hand-made hostile headers are refused with the fitting reason."""
    path = tmp_path / "bad.gguf"
    path.write_bytes(content)
    assert reason_of(path) == reason


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """A file that is not there is an unusable model, not a crash."""
    assert reason_of(tmp_path / "none.gguf") == "missing"


def test_every_truncation_is_refused(small: Path) -> None:
    """A file cut at any byte before the last tensor's end is refused."""
    whole = small.read_bytes()
    end = len(whole)
    while read_ok(small, whole[: end - 1]):
        end -= 1  # the padding after the last tensor may be missing
    assert end > len(whole) - 32
    for length in range(0, end, 7):
        assert not read_ok(small, whole[:length]), length


def read_ok(path: Path, content: bytes) -> bool:
    """Write the content and say whether it passes as a model."""
    path.write_bytes(content)
    try:
        header = read_header(path)
    except UnusableModel:
        return False
    assert header.parameters > 0
    return True


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(place=st.integers(0, 1500), patch=st.binary(min_size=1, max_size=9), cut=st.integers(0, 300))
def test_mutations_are_read_or_refused(tmp_path: Path, place: int, patch: bytes, cut: int) -> None:
    """Any overwritten stretch of a header gives a header or a refusal, never another error."""
    path = tmp_path / "mutant.gguf"
    if not (tmp_path / "origin.gguf").exists():
        write_small(tmp_path / "origin.gguf")
    whole = bytearray((tmp_path / "origin.gguf").read_bytes())
    whole[place : place + len(patch)] = patch
    read_ok(path, bytes(whole[: len(whole) - cut]))


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(place=st.integers(4, 1_785_000), patch=st.binary(min_size=8, max_size=8))
def test_mutations_of_the_starter_are_read_or_refused(
    tmp_path: Path, starter: Path, place: int, patch: bytes
) -> None:
    """The same with the real header, behind which the tensors lie as a sparse hole."""
    path = tmp_path / "mutant.gguf"
    with starter.open("rb") as origin:
        head = bytearray(origin.read(1_785_664))
    head[place : place + 8] = patch
    with path.open("wb") as file:
        file.write(head)
        file.truncate(starter.stat().st_size)
    try:
        header = read_header(path)
    except UnusableModel as refused:
        reason = refused.reason
    else:
        reason = "" if header.parameters else "no parameters"
    assert reason in {"", *REASONS}


def test_number_formats_are_those_of_the_bundled_library() -> None:
    """Our table of block sizes is the one of the ggml that will read the file."""
    import llama_cpp

    (library,) = (Path(llama_cpp.__file__).parent / "lib").glob("libggml-base.*[os]")
    ggml = ctypes.CDLL(str(library))
    ggml.ggml_type_name.restype = ctypes.c_char_p
    ggml.ggml_blck_size.restype = ctypes.c_int64
    ggml.ggml_type_size.restype = ctypes.c_size_t
    for kind, (name, block, size) in BLOCKS.items():
        assert ggml.ggml_type_name(kind).decode().upper() == name.upper()
        assert (ggml.ggml_blck_size(kind), ggml.ggml_type_size(kind)) == (block, size)


def test_an_adapter_tells_which_models_it_fits(tmp_path: Path) -> None:
    """Its architecture, its width and its layers have to be the model's; more cannot be seen."""
    fitting = read_header(write_adapter(tmp_path / "a.gguf", layers=30))
    assert (fitting.layers, fitting.embedding_length) == (30, 576)
    model = replace(fitting, is_adapter=False, layers=30)
    assert fits(fitting, model)
    assert fits(read_header(write_adapter(tmp_path / "b.gguf", layers=2)), model)
    for changes in ({"layers": 29}, {"embedding_length": 960}, {"architecture": "qwen2"}):
        assert not fits(fitting, replace(model, **changes))
