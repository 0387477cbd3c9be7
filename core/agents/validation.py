"""What an agent's fields may hold. One table, so that the window and the API say the same."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.errors import InvalidInput
from core.records import AgentDraft, AgentType

MAX_NAME = 80
MAX_TAGS = 20
MAX_TAG = 40
MAX_SYSTEM_PROMPT = 100_000
MAX_STOPS = 8
MAX_STOP = 80


@dataclass(frozen=True, slots=True)
class Range:
    """The values a number may take, both ends included."""

    low: float
    high: float


RANGES = {
    "temperature": Range(0, 5),
    "top_p": Range(0.01, 1),
    "top_k": Range(0, 10_000),
    "min_p": Range(0, 1),
    "repeat_penalty": Range(0.5, 2),
    "frequency_penalty": Range(-2, 2),
    "presence_penalty": Range(-2, 2),
    "max_tokens": Range(1, 131_072),
    "seed": Range(0, 2**32 - 1),
    "context_tokens": Range(256, 1_048_576),
    "passages": Range(1, 50),
    "budget_tokens": Range(64, 131_072),
    "scale": Range(-10, 10),
    "deadline_s": Range(0.1, 86_400),
    "gpu_layers": Range(-1, 10_000),
    "threads": Range(0, 512),
    "batch_tokens": Range(32, 8192),
}


def checked(draft: AgentDraft) -> AgentDraft:
    """Return the draft with names trimmed; raises InvalidInput naming the field at fault."""
    draft = replace(
        draft,
        name=draft.name.strip(),
        tags=tuple(dict.fromkeys(tag.strip() for tag in draft.tags if tag.strip())),
        collections=tuple(dict.fromkeys(draft.collections)),
    )
    _check_words(draft)
    check_sampling(draft)
    _check_range("context_tokens", draft.context_tokens)
    _check_range("passages", draft.retrieval.passages)
    _check_range("budget_tokens", draft.retrieval.budget_tokens)
    for name in ("gpu_layers", "threads", "batch_tokens"):
        _check_range(name, getattr(draft.engine, name))
    for adapter in draft.adapters:
        _check_range("scale", adapter.scale)
    _check_type(draft)
    return draft


def check_sampling(draft: AgentDraft) -> None:
    """Raises InvalidInput for a sampling value out of range or that cannot fit the context."""
    sampling = draft.sampling
    for name in RANGES.keys() & set(type(sampling).__slots__):
        value = getattr(sampling, name)
        if value is not None:
            _check_range(name, value)
    if sampling.max_tokens >= draft.context_tokens:
        raise InvalidInput(
            f"max_tokens is {sampling.max_tokens}, but the context holds only "
            f"{draft.context_tokens} tokens.",
            param="max_tokens",
        )
    if len(sampling.stop) > MAX_STOPS or any(not 0 < len(s) <= MAX_STOP for s in sampling.stop):
        raise InvalidInput(
            f"stop may hold up to {MAX_STOPS} texts of 1 to {MAX_STOP} characters.", param="stop"
        )


def _check_range(name: str, value: float) -> None:
    allowed = RANGES[name]
    if not allowed.low <= value <= allowed.high:
        raise InvalidInput(
            f"{name} is {value:g}; it must be from {allowed.low:g} to {allowed.high:g}.", param=name
        )


def _check_words(draft: AgentDraft) -> None:
    if not 1 <= len(draft.name) <= MAX_NAME:
        raise InvalidInput(f"The name must have 1 to {MAX_NAME} characters.", param="name")
    if len(draft.system_prompt) > MAX_SYSTEM_PROMPT:
        raise InvalidInput(
            f"The instructions may have up to {MAX_SYSTEM_PROMPT} characters.",
            param="system_prompt",
        )
    if len(draft.tags) > MAX_TAGS or any(len(tag) > MAX_TAG for tag in draft.tags):
        raise InvalidInput(
            f"There may be up to {MAX_TAGS} tags of up to {MAX_TAG} characters.", param="tags"
        )


def _check_type(draft: AgentDraft) -> None:
    if draft.type is AgentType.RAG and not draft.collections:
        raise InvalidInput(
            "A RAG agent needs at least one collection.",
            advice="Choose a collection, or make the agent a fine-tuned one.",
            param="collections",
        )
    if draft.type is AgentType.FINE_TUNED and draft.collections:
        raise InvalidInput(
            "A fine-tuned agent has no collections.",
            advice="Make the agent a RAG agent, or leave the collections out.",
            param="collections",
        )
