"""The estimate of an engine's memory follows its spec; the benchmark compares it with reality."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core.engines.base import EngineSpec
from core.engines.gguf import GgufHeader, read_header
from core.engines.memory import memory_need
from core.records import KvType

MIB = 1 << 20


@pytest.fixture(scope="module")
def header(starter_model_path: Path) -> GgufHeader:
    """The starter model's header."""
    return read_header(starter_model_path)


@pytest.fixture(scope="module")
def spec(starter_model_path: Path) -> EngineSpec:
    """Four conversations of 4,096 tokens."""
    return EngineSpec(starter_model_path, context_tokens=4096, slots=4)


def test_kv_memory_is_exact(header: GgufHeader, spec: EngineSpec) -> None:
    """2 bytes for each key and value of each layer and token, and half a context for prompts."""
    assert memory_need(header, spec).kv_bytes == 2 * (4096 * 4 + 2048) * 30 * 3 * (64 + 64)


def test_quantised_kv_memory_takes_about_half(header: GgufHeader, spec: EngineSpec) -> None:
    """q8_0 needs 34 bytes where f16 needs 64."""
    full, small = (memory_need(header, replace(spec, kv_type=kind)) for kind in KvType)
    assert small.kv_bytes == pytest.approx(full.kv_bytes * 34 / 64, abs=1)
    assert small.weights_bytes == full.weights_bytes


def test_every_part_grows_with_what_it_depends_on(header: GgufHeader, spec: EngineSpec) -> None:
    """More slots, longer contexts and larger batches cost memory; weights stay what they are."""
    usual = memory_need(header, spec)
    more_slots = memory_need(header, replace(spec, slots=8))
    longer = memory_need(header, replace(spec, context_tokens=8192))
    larger = memory_need(header, replace(spec, batch_tokens=2048))
    assert longer.kv_bytes == 2 * usual.kv_bytes < 2 * more_slots.kv_bytes
    assert larger.compute_bytes > 3 * usual.compute_bytes
    assert larger.kv_bytes == usual.kv_bytes
    assert {need.weights_bytes for need in (more_slots, longer, larger)} == {usual.weights_bytes}


def test_compute_buffers_are_near_what_llama_cpp_reports(
    header: GgufHeader, spec: EngineSpec
) -> None:
    """It logged 31.8 MiB of compute and 2.3 MiB of output buffers for this very spec."""
    assert memory_need(header, spec).compute_bytes / MIB == pytest.approx(34.1, rel=0.15)
