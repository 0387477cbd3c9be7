"""LoRA adapters on shared weights: they change their own engine's answers and no other's."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.engines.base import EngineSpec
from core.engines.gguf import read_header
from core.engines.llama.engine import LlamaEngine, WeightsShelf
from core.errors import UnusableModel
from tests.core.engines.llama.asking import Asking, ask, prompt
from tests.core.engines.llama.lora import write_adapter

pytestmark = pytest.mark.model

QUESTION = "What is the capital of France?"


@pytest.fixture(scope="module")
def small(spec: EngineSpec) -> EngineSpec:
    """One slot and a small context, since several engines are open at once."""
    return replace(spec, context_tokens=256, slots=1)


@pytest.fixture(scope="module")
def plain(small: EngineSpec, shelf: WeightsShelf) -> Iterator[LlamaEngine]:
    """The model without an adapter."""
    made = LlamaEngine(small, shelf)
    yield made
    made.close()


@pytest.fixture(scope="module")
def adapter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An adapter that fits the model."""
    return write_adapter(tmp_path_factory.mktemp("adapters") / "odd.gguf")


def answer(engine: LlamaEngine) -> str:
    """Ask the question and return the greedy answer."""
    return ask(engine, prompt(engine, QUESTION)).text


def test_the_adapter_file_is_known_as_one(adapter: Path) -> None:
    """The header reader tells adapters from models."""
    assert read_header(adapter).is_adapter


def test_an_adapter_changes_only_its_own_engine(
    plain: LlamaEngine, small: EngineSpec, shelf: WeightsShelf, adapter: Path
) -> None:
    """With the adapter the answer differs; without it, before, beside and after, it does not."""
    answer(plain)  # from here on the prompt is in memory and the numbers stay the same
    before = answer(plain)
    tuned = LlamaEngine(replace(small, adapters=((adapter, 1.0),)), shelf)
    try:
        assert tuned._weights is plain._weights
        assert answer(tuned) != before
        tokens = prompt(plain, QUESTION)
        beside, with_adapter = [Asking(engine, tokens) for engine in (plain, tuned)]
        assert with_adapter.ended().text != before
        assert beside.ended().text == before
    finally:
        tuned.close()
    assert answer(plain) == before


def test_a_scale_of_zero_is_no_adapter(
    plain: LlamaEngine, small: EngineSpec, shelf: WeightsShelf, adapter: Path
) -> None:
    """The scale multiplies what the adapter adds."""
    tuned = LlamaEngine(replace(small, adapters=((adapter, 0.0),)), shelf)
    try:
        assert answer(tuned) == answer(plain)
    finally:
        tuned.close()


def test_adapters_add_up(
    plain: LlamaEngine, small: EngineSpec, shelf: WeightsShelf, adapter: Path
) -> None:
    """An adapter and its negative cancel out; both are applied."""
    twice = ((adapter, 1.0), (adapter, -1.0))
    tuned = LlamaEngine(replace(small, adapters=twice), shelf)
    try:
        assert answer(tuned) == answer(plain)
    finally:
        tuned.close()


def test_an_adapter_that_does_not_fit_is_refused(
    plain: LlamaEngine, small: EngineSpec, shelf: WeightsShelf, tmp_path: Path
) -> None:
    """Another width, another architecture, unknown tensors: the error names file and model."""
    misfits = [
        write_adapter(tmp_path / "wide.gguf", width=640),
        write_adapter(tmp_path / "other.gguf", architecture="qwen2"),
        write_adapter(tmp_path / "deep.gguf", layers=40),
        write_adapter(tmp_path / "unknown.gguf", tensor="attn_nonesuch"),
        tmp_path / "missing.gguf",
    ]
    for path in misfits:
        with pytest.raises(UnusableModel) as refusal:
            LlamaEngine(replace(small, adapters=((path, 1.0),)), shelf)
        assert path.name in str(refusal.value)
        assert refusal.value.reason == "adapter_mismatch"
    gc.collect()
    assert answer(plain)
