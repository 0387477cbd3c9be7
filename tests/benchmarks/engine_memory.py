"""Memory: is what we expect before loading what loading takes, and does all of it come back?

Each context size is loaded in a process of its own, since a process keeps what it freed. Run as
a program, this module is that process.
"""

from __future__ import annotations

import gc
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from core.engines.base import EngineSpec
from core.engines.gguf import read_header
from core.engines.memory import memory_need
from tests.benchmarks.engine_child import Answers, Child, serve
from tests.benchmarks.engine_sides import options, our_environ
from tests.benchmarks.figures import Figure, emit, progress

CONTEXTS = (2048, 4096, 8192)
SLOTS = 4
CYCLES = 50
WARM_CYCLES = 3
"""Loads after which the allocator has seen all sizes; growth is counted from here."""
MIB = 1 << 20


def measure(rounds: int) -> None:
    """Emit the figures of the issue's line 7."""
    spec = {name: options()[name] for name in ("path", "threads")}
    for context_tokens in CONTEXTS:
        _measure_estimate(spec, context_tokens, rounds)
    with Child("engine_memory", environ=our_environ(), **spec) as child:
        cycles = child.ask("cycles", count=CYCLES)
    progress(f"RSS after each unload, MiB: {[round(each / MIB) for each in cycles['rss']]}")
    growth = cycles["rss"][-1] / cycles["rss"][WARM_CYCLES - 1] - 1
    emit(Figure("reload_rss_growth", growth, "share", 0.03, "lower", CYCLES))
    emit(Figure("reload_leaked_threads", cycles["threads"], "threads", 0, "lower", CYCLES))
    emit(Figure("reload_leaked_files", cycles["files"], "files", 0, "lower", CYCLES))


def _measure_estimate(spec: Mapping[str, Any], context_tokens: int, rounds: int) -> None:
    """Compare estimate and truth; the peer's figure is what llama.cpp itself reports, in MiB."""
    path = Path(spec["path"])
    wanted = EngineSpec(path, context_tokens=context_tokens, slots=SLOTS, threads=spec["threads"])
    expected = memory_need(read_header(path), wanted).total_bytes
    taken, reported = [], []
    for _ in range(rounds):
        with Child("engine_memory", environ=our_environ(), **spec) as child:
            loaded = child.ask("load", context_tokens=context_tokens)
        taken.append(loaded["taken"])
        reported.append(loaded["reported"])
    progress(
        f"{SLOTS} x {context_tokens} tokens: expected {expected / MIB:.0f} MiB, "
        f"taken {median(taken) / MIB:.0f}, reported {median(reported) / MIB:.0f}"
    )
    off = abs(expected / median(taken) - 1)
    name = f"memory_estimate_error_{context_tokens}"
    emit(Figure(name, off, "share", 0.10, "lower", rounds, median(reported) / MIB))


# ---- in the child


class _Loads:
    """Loads engines and looks at the process."""

    def __init__(self, path: str, threads: int):
        self._path, self._threads = Path(path), threads
        self._process = psutil.Process()

    def _rss(self) -> int:
        gc.collect()
        rss: int = self._process.memory_info().rss
        return rss

    def _spec(self, context_tokens: int) -> EngineSpec:
        return EngineSpec(
            self._path, context_tokens=context_tokens, slots=SLOTS, threads=self._threads
        )

    def load(self, context_tokens: int) -> dict[str, float]:
        """Load and use an engine once; return what it took and what llama.cpp says it took."""
        from core.engines.llama import engine

        reports = _listen()
        before = self._rss()
        loaded = engine.LlamaEngine(self._spec(context_tokens), engine.WeightsShelf())
        _use(loaded)
        taken = self._rss() - before
        loaded.close()
        return {"taken": taken, "reported": sum(reports)}

    def cycles(self, count: int) -> dict[str, Any]:
        """Load, use and unload; return the RSS after each time and what was left behind."""
        from core.engines.llama import engine

        shelf, rss = engine.WeightsShelf(), []
        for number in range(count):
            loaded = engine.LlamaEngine(self._spec(CONTEXTS[0]), shelf)
            _use(loaded)
            loaded.close()
            rss.append(self._rss())
            if number == 0:
                threads, files = self._process.num_threads(), self._open_files()
        return {
            "rss": rss,
            "threads": self._process.num_threads() - threads,
            "files": self._open_files() - files,
        }

    def _open_files(self) -> int:
        count = "num_handles" if sys.platform == "win32" else "num_fds"
        opened: int = getattr(self._process, count)()
        return opened


def _use(loaded: Any) -> None:
    """Read a prompt of more than a batch and write a little, so that every buffer is touched."""
    from core.records import ChatMessage, Role, Sampling
    from core.streams import Cancel

    prompt = loaded.prompt_tokens([ChatMessage(Role.USER, "What is a harbour for? " * 120)])
    for _ in loaded.generate(prompt, Sampling(temperature=0.0, max_tokens=4), Cancel()):
        pass


def _listen() -> list[float]:
    """Collect the sizes, in bytes, of the buffers that llama.cpp says it makes."""
    import ctypes

    import llama_cpp.llama_cpp as llama

    from core.engines.llama.native import start_backend

    sizes: list[float] = []

    def note(_level: int, text: bytes, _user: object) -> None:
        found = re.findall(rb"buffer size = +([0-9.]+) MiB", text)
        sizes.extend(float(size) * MIB for size in found)

    start_backend()
    _LISTENERS.append(llama.llama_log_callback(note))
    llama.llama_log_set(_LISTENERS[-1], ctypes.c_void_p(0))
    return sizes


_LISTENERS: list[Any] = []
"""Callbacks that llama.cpp may call until the process ends."""


def answers(**spec: Any) -> Answers:
    """Say what a loading child can be asked."""
    loads = _Loads(**spec)
    return {"load": loads.load, "cycles": loads.cycles}


if __name__ == "__main__":
    serve(answers)
