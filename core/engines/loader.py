"""Loading engines for the pool: after asking for memory, and without importing llama.cpp before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psutil

from core.engines.base import Engine, EngineSpec
from core.engines.calibration import Calibration
from core.engines.gguf import read_header
from core.engines.memory import memory_need, vocabulary_bytes
from core.errors import OutOfMemory
from core.records import MemoryForecast
from core.streams import Cancel

if TYPE_CHECKING:
    from core.engines.llama.engine import WeightsShelf

MEMORY_MARGIN_BYTES = 256 << 20
"""What is left to everything else on the machine when a model is loaded."""


class EngineLoader:
    """Makes engines that share weights and the machine's cores; used by one thread at a time."""

    def __init__(self, calibration: Calibration | None = None) -> None:
        self._calibration = calibration or Calibration(None)
        self._shelf: WeightsShelf | None = None

    def __call__(self, spec: EngineSpec, cancel: Cancel | None = None) -> Engine:
        """Return a running engine; raises OutOfMemory, UnusableModel, Cancelled."""
        from core.engines.llama.engine import LlamaEngine, WeightsShelf
        from core.engines.llama.native import buffer_bytes

        if self._shelf is None:
            self._shelf = WeightsShelf()
        header = read_header(spec.model_path)
        need, shared = memory_need(header, spec), self._shelf.holds(spec)
        expected = need.own_bytes if shared else need.total_bytes
        require_memory(int(expected * self._calibration.factor(spec)))
        before = buffer_bytes()
        engine = LlamaEngine(spec, self._shelf, cancel)
        uncounted = need.adapter_bytes + (0 if shared else vocabulary_bytes(header))
        self._calibration.learn(spec, expected, buffer_bytes() - before + uncounted)
        return engine

    def forecast(self, spec: EngineSpec) -> MemoryForecast:
        """Return what deploying would take now, and what there is; loads nothing."""
        need = memory_need(read_header(spec.model_path), spec)
        shared = self._shelf is not None and self._shelf.holds(spec)
        expected = need.own_bytes if shared else need.total_bytes
        return MemoryForecast(
            int(expected * self._calibration.factor(spec)), available_bytes(), shared
        )

    def working(self) -> bool:
        """True while an engine reads a prompt or writes a reply; safe from any thread."""
        return self._shelf is not None and self._shelf.cores.busy


def available_bytes() -> int:
    """Return the memory that an engine may take, the rest of the machine considered."""
    return max(psutil.virtual_memory().available - MEMORY_MARGIN_BYTES, 0)


def require_memory(needed_bytes: int) -> None:
    """Raises OutOfMemory if so much is not to be had."""
    available = available_bytes()
    if needed_bytes > available:
        raise OutOfMemory(
            f"Deploying needs about {needed_bytes / 1e9:.1f} GB of memory; "
            f"{available / 1e9:.1f} GB are free."
        )
