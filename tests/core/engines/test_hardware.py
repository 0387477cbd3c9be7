"""The hardware report says what the machine itself says."""

from __future__ import annotations

import os

import psutil
import pytest

from core.engines.hardware import hardware


@pytest.mark.model
def test_report_agrees_with_the_system() -> None:
    """Cores and memory are the system's, and the engine names at least one device to run on."""
    report = hardware()
    assert report.logical_cores == os.cpu_count()
    assert 1 <= report.physical_cores <= report.logical_cores
    assert report.memory_bytes == psutil.virtual_memory().total
    assert 0 < report.available_bytes <= report.memory_bytes
    assert report.processor
    assert any(not device.is_gpu for device in report.devices)
    assert "llama.cpp" in report.engine
