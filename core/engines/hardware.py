"""What this machine offers to a model, for the Models page, /status and the doctor."""

from __future__ import annotations

import platform
from contextlib import suppress
from pathlib import Path

import psutil

from core.records import Hardware


def hardware() -> Hardware:
    """Look at the machine; imports the engine's runtime, so not on the way to a window."""
    from core.engines.llama import devices

    memory = psutil.virtual_memory()
    return Hardware(
        processor=_processor(),
        physical_cores=physical_cores(),
        logical_cores=psutil.cpu_count() or 1,
        features=devices.features(),
        memory_bytes=memory.total,
        available_bytes=memory.available,
        devices=devices.devices(),
        gpu_offload=devices.gpu_offload(),
        engine=devices.engine_name(),
    )


def process_bytes() -> int:
    """Return the memory that this process and its workers take at the moment."""
    process, taken = psutil.Process(), 0
    for each in (process, *process.children(recursive=True)):
        with suppress(psutil.Error):  # a worker that has just ended
            taken += each.memory_info().rss
    return taken


def physical_cores() -> int:
    """Return the number of physical cores; hyper-threads do not make a model faster."""
    return psutil.cpu_count(logical=False) or psutil.cpu_count() or 1


def _processor() -> str:
    """Return the processor's marketing name where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
