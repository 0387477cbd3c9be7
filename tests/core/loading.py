"""What a pool loads by in tests: real engines, counted, and held back where a test wants it."""

from __future__ import annotations

import threading

from core.engines.base import Engine, EngineSpec
from core.engines.llama.engine import LlamaEngine, WeightsShelf
from core.streams import Cancel


class Loader:
    """Loads real engines; while `gate` is closed, loading waits in front of it."""

    def __init__(self) -> None:
        self.shelf = WeightsShelf()
        self.loaded: list[EngineSpec] = []
        self.begun = threading.Event()
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self, spec: EngineSpec, cancel: Cancel | None = None) -> Engine:
        self.begun.set()
        assert self.gate.wait(20)
        self.loaded.append(spec)
        return LlamaEngine(spec, self.shelf, cancel)
