"""What the loader asks before it loads, and what it tells those who should give way."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from core.engines.base import EngineSpec
from core.engines.calibration import Calibration
from core.engines.loader import EngineLoader
from core.errors import Cancelled, OutOfMemory
from core.streams import Cancel
from tests.core.engines.llama.asking import ENDLESS, Asking, prompt, wait_until

pytestmark = pytest.mark.model


def test_a_model_that_does_not_fit_is_refused_with_figures(starter_model_path: Path) -> None:
    """What loading would need, and what there is, is said before anything is loaded."""
    giant = EngineSpec(starter_model_path, context_tokens=1_000_000, slots=64)
    loader = EngineLoader()
    with pytest.raises(OutOfMemory, match=r"needs about \d+\.\d GB of memory; \d+\.\d GB are free"):
        loader(giant)
    assert not loader.forecast(giant).fits


def test_what_a_load_took_corrects_the_next_estimate(
    starter_model_path: Path, tmp_path: Path
) -> None:
    """The forecast after a load is what was taken, also for the next process."""
    spec = EngineSpec(starter_model_path, context_tokens=512, slots=2)
    file = tmp_path / "cache" / "memory.json"
    file.parent.mkdir()
    file.write_text("{broken", "utf-8")
    loader = EngineLoader(Calibration(file))
    first = loader.forecast(spec)
    loader(spec).close()
    corrected = loader.forecast(spec)
    assert corrected.needed_bytes == pytest.approx(first.needed_bytes, rel=0.1)
    assert corrected.needed_bytes != first.needed_bytes
    assert EngineLoader(Calibration(file)).forecast(spec).needed_bytes == corrected.needed_bytes


def test_an_agent_of_the_same_model_needs_less(starter_model_path: Path) -> None:
    """Weights are loaded once; the forecast says so."""
    loader = EngineLoader()
    spec = EngineSpec(starter_model_path, context_tokens=512, slots=1)
    alone = loader.forecast(spec)
    with closing(loader(spec)):
        beside = loader.forecast(replace(spec, context_tokens=1024))
    assert beside.shares_weights
    assert beside.needed_bytes < alone.needed_bytes


def test_loading_ends_where_it_is_no_longer_wanted(starter_model_path: Path) -> None:
    """A stop need not wait until a large model has been read."""
    unwanted = Cancel()
    unwanted.set()
    with pytest.raises(Cancelled):
        EngineLoader()(EngineSpec(starter_model_path, context_tokens=256, slots=1), unwanted)


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
