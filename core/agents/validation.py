"""What an agent's fields may hold. One table, so that the window and the API say the same."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace

from core.errors import InvalidInput
from core.records import AgentDraft, AgentType, RetrievalSettings
from core.tags import checked_tags

MAX_NAME = 80
MAX_DESCRIPTION = 10_000
MAX_SYSTEM_PROMPT = 100_000
MAX_STOPS = 8
MAX_STOP = 80
MAX_BIASES = 1000
MAX_BIAS = 1000.0
"""A logit so changed is chosen always or never."""


@dataclass(frozen=True, slots=True)
class Range:
    """The values a number may take, both ends included."""

    low: float
    high: float


# llama.cpp takes the seed 2^32 - 1 for "draw one".
RANGES = {
    "temperature": Range(0, 5),
    "top_p": Range(0.01, 1),
    "top_k": Range(0, 10_000),
    "min_p": Range(0, 1),
    "repeat_penalty": Range(0.5, 2),
    "frequency_penalty": Range(-2, 2),
    "presence_penalty": Range(-2, 2),
    "max_tokens": Range(1, 131_072),
    "seed": Range(0, 2**32 - 2),
    "context_tokens": Range(256, 1_048_576),
    "passages": Range(1, 50),
    "budget_tokens": Range(64, 131_072),
    "dense_weight": Range(0, 1),
    "min_evidence": Range(0, 1),
    "diversity": Range(0, 1),
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
        name=_one_line(draft.name),
        tags=checked_tags(draft.tags),
        retrieval=checked_retrieval(draft.retrieval),
        collections=tuple(dict.fromkeys(draft.collections)),
    )
    _check_words(draft)
    _check_range("context_tokens", draft.context_tokens)
    check_sampling(draft)
    for name in ("gpu_layers", "threads", "batch_tokens"):
        _check_range(name, getattr(draft.engine, name))
    for adapter in draft.adapters:
        _check_range("scale", adapter.scale)
    _check_type(draft)
    return draft


def checked_retrieval(settings: RetrievalSettings) -> RetrievalSettings:
    """Return the settings with tags trimmed; raises InvalidInput naming the field at fault."""
    for name in ("passages", "budget_tokens", "dense_weight", "min_evidence", "diversity"):
        _check_range(name, getattr(settings, name))
    _check_characters("retrieval.reranker", settings.reranker, controls=False)
    return replace(settings, tags=checked_tags(settings.tags, "retrieval.tags"))


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
    if len(sampling.logit_bias) > MAX_BIASES or any(
        not abs(bias) <= MAX_BIAS for _, bias in sampling.logit_bias
    ):
        raise InvalidInput(
            f"logit_bias may hold up to {MAX_BIASES} values from -{MAX_BIAS:g} to {MAX_BIAS:g}.",
            param="logit_bias",
        )
    texts = {"stop": "".join(sampling.stop), "grammar": sampling.grammar or ""}
    for param, text in {**texts, "json_schema": sampling.json_schema or ""}.items():
        _check_characters(param, text, controls=True)


def _check_range(name: str, value: float) -> None:
    allowed = RANGES[name]
    if not allowed.low <= value <= allowed.high:
        raise InvalidInput(
            f"{name} is {_plain(value)}; it must be from {_plain(allowed.low)} "
            f"to {_plain(allowed.high)}.",
            param=name,
        )


def _plain(number: float) -> str:
    """Write whole numbers in full: '1048576', not '1.04858e+06'."""
    return f"{number:.0f}" if number == number // 1 else f"{number:g}"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _check_characters(param: str, text: str, *, controls: bool) -> None:
    """Refuse what cannot be stored, and in names what a terminal would obey."""
    kinds = {"Cs"} if controls else {"Cs", "Cc"}
    if any(unicodedata.category(character) in kinds for character in text):
        raise InvalidInput(f"{param} holds a character that is no text.", param=param)


def _check_words(draft: AgentDraft) -> None:
    _check_characters("name", draft.name, controls=False)
    for param in ("description", "system_prompt"):
        _check_characters(param, getattr(draft, param), controls=True)
    if len(draft.description) > MAX_DESCRIPTION:
        raise InvalidInput(
            f"The description may have up to {MAX_DESCRIPTION} characters.", param="description"
        )
    if not 1 <= len(draft.name) <= MAX_NAME:
        raise InvalidInput(f"The name must have 1 to {MAX_NAME} characters.", param="name")
    if len(draft.system_prompt) > MAX_SYSTEM_PROMPT:
        raise InvalidInput(
            f"The instructions may have up to {MAX_SYSTEM_PROMPT} characters.",
            param="system_prompt",
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
