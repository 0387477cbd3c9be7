"""What every engine offers, whichever runtime is below it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from core.engines.tools import CallFormat, CallRules
from core.records import ChatMessage, KvType, PromptProgress, Sampling, TextDelta, Tool
from core.streams import Cancel


@dataclass(frozen=True, slots=True)
class EngineSpec:
    """What has to be loaded; equal specs share one engine."""

    model_path: Path
    adapters: tuple[tuple[Path, float], ...] = ()
    """LoRA files with their scales."""
    context_tokens: int = 4096
    """The most tokens one conversation may have in memory, prompt and answer together."""
    slots: int = 4
    threads: int = 1
    kv_type: KvType = KvType.F16
    gpu_layers: int = -1
    batch_tokens: int = 512
    map_file: bool = True
    lock_memory: bool = False
    recent_bytes: int = 512 << 20
    """Memory for conversations that lost their slot, so that they need not be read again."""
    prefix_dir: Path | None = None
    """Where the memory of system prompts is stored between deployments; None stores nothing."""


@dataclass(frozen=True, slots=True)
class Extras:
    """What a request may want beyond its sampling; the default wants and costs nothing."""

    scores: int | None = None
    """With each text the scores of its tokens, and so many of the likeliest at each place."""
    calls: CallRules | None = None
    """The answer may, or has to, ask for tools, and can do so in the right form only."""


NO_EXTRAS = Extras()


class FinishReason(StrEnum):
    STOP = "stop"
    LENGTH = "length"
    CANCELLED = "cancelled"
    DEADLINE = "deadline"


@dataclass(frozen=True, slots=True)
class Finished:
    """The last event of a generation."""

    reason: FinishReason
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    seed: int
    prompt_ms: float
    """From the request's start to its first token, waiting for a slot included."""
    generation_ms: float
    """From the first token to the last."""


GenerationEvent = PromptProgress | TextDelta | Finished


class Session(Protocol):
    """A lease on an engine: while it is open, the engine is neither stopped nor evicted."""

    @property
    def context_tokens(self) -> int:
        """The most tokens that prompt and answer may have together."""
        ...

    def count(self, text: str) -> int:
        """Return how many tokens a plain text has."""
        ...

    @property
    def call_format(self) -> CallFormat | None:
        """How the model asks for tools; None where its chat template knows none."""
        ...

    def prompt_tokens(
        self, messages: Sequence[ChatMessage], tools: Sequence[Tool] = ()
    ) -> list[int]:
        """Lay out the messages by the model's chat template, ready for the answer.

        Control tokens written in a message or tool are defused: they reach the model as text.
        Raises UnusableModel if the template cannot be rendered.
        """
        ...

    def text_tokens(self, text: str) -> list[int]:
        """Return a text as it is, without the chat template; control tokens are read as such."""
        ...

    def text(self, tokens: Sequence[int]) -> str:
        """Return what tokens stand for; raises InvalidInput for one that the model lacks."""
        ...

    def generate(
        self,
        prompt: Sequence[int],
        sampling: Sampling,
        cancel: Cancel,
        extras: Extras = NO_EXTRAS,
    ) -> Iterator[GenerationEvent]:
        """Read the prompt and yield the answer; the last event is always Finished.

        Leaving the iterator early cancels the generation. Raises ContextExceeded if the prompt
        does not fit, Busy if too many requests wait, EngineFailed if the runtime breaks.
        """
        ...

    def warm(self, system_prompt: str, cancel: Cancel) -> None:
        """Read a system prompt once and keep it, in memory and on disk; blocks until done."""
        ...


class Engine(Session, Protocol):
    """A loaded model, usable from any thread."""

    @property
    def spec(self) -> EngineSpec: ...

    def close(self) -> None:
        """End every generation with Cancelled and free the memory; safe to call twice."""
        ...
