"""One loaded engine for each module that asks for it, and ways to ask it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.engines.base import EngineSpec
from core.engines.llama.engine import LlamaEngine, WeightsShelf


@pytest.fixture(scope="session")
def spec(starter_model_path: Path) -> EngineSpec:
    """The starter model with a small context and one thread, so that tests share the machine."""
    return EngineSpec(starter_model_path, context_tokens=512, slots=2, threads=1)


@pytest.fixture(scope="module")
def shelf() -> WeightsShelf:
    """Weights shared by the module's engines."""
    return WeightsShelf()


@pytest.fixture(scope="module")
def engine(spec: EngineSpec, shelf: WeightsShelf) -> Iterator[LlamaEngine]:
    """An engine of four slots of 4,096 tokens, shared by the module's tests."""
    made = LlamaEngine(replace(spec, context_tokens=4096, slots=4), shelf)
    yield made
    made.close()
