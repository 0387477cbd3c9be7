"""How far the memory that models take is from what was expected, remembered for each model.

The estimate knows llama-like models; another architecture, a sliding window or a graphics card
can make it wrong, by the same share each time. So what a load really took corrects the next one.
"""

from __future__ import annotations

import json
import logging
from contextlib import suppress
from pathlib import Path

from core.engines.base import EngineSpec

log = logging.getLogger(__name__)

CREDIBLE = 0.25, 4.0
"""A load that took less or more than this multiple of what was expected was measured wrongly."""


class Calibration:
    """Factors in a JSON file; without a file they last as long as the process."""

    def __init__(self, file: Path | None):
        self._file = file
        self._factors = _read(file)

    def factor(self, spec: EngineSpec) -> float:
        """Return what the estimate has to be multiplied by, 1 before the first load."""
        return self._factors.get(_key(spec), 1.0)

    def learn(self, spec: EngineSpec, expected_bytes: int, taken_bytes: int) -> None:
        """Remember what a load took that was expected, uncorrected, to take something else."""
        factor = round(taken_bytes / max(expected_bytes, 1), 3)
        if CREDIBLE[0] <= factor <= CREDIBLE[1] and factor != self.factor(spec):
            self._factors[_key(spec)] = factor
            self._write()

    def _write(self) -> None:
        if self._file is None:
            return
        fresh = self._file.with_suffix(".new")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_text(json.dumps(self._factors, indent=2), "utf-8")
            fresh.replace(self._file)
        except OSError as error:
            log.info("the memory factors could not be stored: %s", error)


def _key(spec: EngineSpec) -> str:
    """Name a model and what changes the share by which its estimate is wrong."""
    size = spec.model_path.stat().st_size
    return f"{spec.model_path.name}:{size}:{spec.kv_type}:{spec.gpu_layers}"


def _read(file: Path | None) -> dict[str, float]:
    """Return the stored factors; a file that is damaged is as good as none."""
    if file is None:
        return {}
    stored: object = None
    with suppress(OSError, ValueError):
        stored = json.loads(file.read_text("utf-8"))
    if not isinstance(stored, dict):
        return {}
    return {
        str(key): float(factor)
        for key, factor in stored.items()
        if isinstance(factor, int | float) and CREDIBLE[0] <= factor <= CREDIBLE[1]
    }
