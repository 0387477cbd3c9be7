"""What the loader asks before it loads, and what it tells those who should give way."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from core.engines.base import EngineSpec
from core.engines.loader import EngineLoader, require_memory
from core.errors import OutOfMemory
from tests.core.engines.llama.asking import ENDLESS, Asking, prompt, wait_until

pytestmark = pytest.mark.model


def test_a_model_that_does_not_fit_is_refused_with_figures(starter_model_path: Path) -> None:
    """What loading would need, and what there is, is said before anything is loaded."""
    giant = EngineSpec(starter_model_path, context_tokens=1_000_000, slots=64)
    with pytest.raises(OutOfMemory, match=r"needs about \d+\.\d GB of memory; \d+\.\d GB are free"):
        require_memory(giant, weights_loaded=False)
    require_memory(replace(giant, context_tokens=256, slots=1), weights_loaded=False)


def test_a_loader_knows_whether_its_engines_work(starter_model_path: Path) -> None:
    """While a reply is written others have to give way; before and after it they have not."""
    loader = EngineLoader()
    assert not loader.working()
    engine = loader(EngineSpec(starter_model_path, context_tokens=512, slots=1))
    with closing(engine):
        assert not loader.working()
        asking = Asking(engine, prompt(engine, "Tell a long story."), ENDLESS).writing(3)
        assert loader.working()
        asking.cancel.set()
        asking.ended(5)
        wait_until(lambda: not loader.working())
