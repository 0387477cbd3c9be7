"""Model files, how they are loaded, and the machine that they run on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from core.records.ids import ModelId


@dataclass(frozen=True, slots=True)
class Model:
    """A model file as its header describes it; `problem` says why it cannot be used."""

    id: ModelId
    name: str
    path: Path
    size_bytes: int
    architecture: str = ""
    quantisation: str = ""
    parameters: int = 0
    """Number of weights, 0 where the header does not tell."""
    context_tokens: int = 0
    """The context length the model was trained for."""
    has_chat_template: bool = False
    is_adapter: bool = False
    is_starter: bool = False
    problem: str | None = None

    @property
    def usable(self) -> bool:
        return self.problem is None


class KvType(StrEnum):
    """How precisely a conversation is kept in memory; q8_0 takes about half the room."""

    F16 = "f16"
    Q8_0 = "q8_0"


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """How a model is loaded and run; the defaults suit an ordinary workstation."""

    kv_type: KvType = KvType.F16
    gpu_layers: int = -1
    """Layers on the GPU where there is one: -1 all that fit, 0 none."""
    threads: int = 0
    """CPU threads; 0 takes Outpost's setting."""
    batch_tokens: int = 512
    """Most tokens of a prompt that are read in one step."""
    map_file: bool = True
    """Map the model's file into memory: quicker to load, and given back where memory is short."""
    lock_memory: bool = False
    """Keep the weights from being swapped out or given back."""


@dataclass(frozen=True, slots=True)
class Device:
    """Something that can run a model, as the engine sees it."""

    name: str
    description: str
    is_gpu: bool
    memory_bytes: int
    free_bytes: int


@dataclass(frozen=True, slots=True)
class Hardware:
    """What this machine offers to a model."""

    processor: str
    physical_cores: int
    logical_cores: int
    features: tuple[str, ...]
    """Instruction sets that the engine's build uses, such as 'AVX2'."""
    memory_bytes: int
    available_bytes: int
    devices: tuple[Device, ...]
    gpu_offload: bool
    """Whether the engine was built with a GPU backend at all."""
    engine: str
    """Name and version of the runtime."""


@dataclass(frozen=True, slots=True)
class Occupancy:
    """How many of the places for deployed agents are taken, and how many replies are written."""

    places: int
    taken: int
    replies: int


@dataclass(frozen=True, slots=True)
class MemoryForecast:
    """What deploying an agent would take of the machine's memory, and what is free."""

    needed_bytes: int
    available_bytes: int
    shares_weights: bool
    """True where another deployed agent has loaded the same weights already."""

    @property
    def fits(self) -> bool:
        return self.needed_bytes <= self.available_bytes
