"""Loading engines for the pool: after asking for memory, and without importing llama.cpp before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psutil

from core.engines.base import Engine, EngineSpec
from core.engines.gguf import read_header
from core.engines.memory import memory_need
from core.errors import OutOfMemory

if TYPE_CHECKING:
    from core.engines.llama.engine import WeightsShelf

MEMORY_MARGIN_BYTES = 256 << 20
"""What is left to everything else on the machine when a model is loaded."""


class EngineLoader:
    """Makes engines that share weights and the machine's cores; used by one thread at a time."""

    def __init__(self) -> None:
        self._shelf: WeightsShelf | None = None

    def __call__(self, spec: EngineSpec) -> Engine:
        """Return a running engine; raises OutOfMemory, ModelUnusable."""
        from core.engines.llama.engine import LlamaEngine, WeightsShelf

        if self._shelf is None:
            self._shelf = WeightsShelf()
        require_memory(spec, weights_loaded=self._shelf.holds(spec))
        return LlamaEngine(spec, self._shelf)

    def working(self) -> bool:
        """True while an engine reads a prompt or writes a reply; safe from any thread."""
        return self._shelf is not None and self._shelf.cores.busy


def require_memory(spec: EngineSpec, *, weights_loaded: bool) -> None:
    """Raises OutOfMemory if the model's estimated need exceeds what is free."""
    need = memory_need(read_header(spec.model_path), spec)
    needed = need.kv_bytes + need.compute_bytes + (0 if weights_loaded else need.weights_bytes)
    available = psutil.virtual_memory().available - MEMORY_MARGIN_BYTES
    if needed > available:
        raise OutOfMemory(
            f"Deploying needs about {needed / 1e9:.1f} GB of memory; "
            f"{max(available, 0) / 1e9:.1f} GB are free."
        )
