"""What the agent form asks for: each parameter's meaning and limits, and what is wrong so far.

Pure, so that live validation is a function of the draft. The core checks everything again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.records import AgentDraft, AgentType, Model
from desktop.viewmodels.base import tr
from desktop.viewmodels.figures import number

NAME_LENGTH = 80
"""The longest name that lists can show."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number of the form: what it is called, what it does, and its limits."""

    name: str
    label: str
    hint: str
    low: float
    high: float
    step: float
    decimals: int = 0


def parameters() -> tuple[Parameter, ...]:
    """Return the sampling parameters in the order in which they are shown."""
    return (
        Parameter(
            "temperature",
            tr("Temperature"),
            tr("Higher is more varied, lower more predictable; 0 always takes the likeliest word."),
            0.0,
            5.0,
            0.05,
            2,
        ),
        Parameter(
            "max_tokens",
            tr("Longest answer"),
            tr("In tokens; 100 tokens are about 75 English words."),
            1,
            131_072,
            64,
        ),
        Parameter(
            "top_p",
            tr("Top-p"),
            tr("Choose among the likeliest tokens that together have this probability; 1 is all."),
            0.01,
            1.0,
            0.05,
            2,
        ),
        Parameter(
            "top_k",
            tr("Top-k"),
            tr("Choose among this many of the likeliest tokens; 0 sets no limit."),
            0,
            10_000,
            5,
        ),
        Parameter(
            "min_p",
            tr("Min-p"),
            tr("Leave out tokens less likely than this share of the likeliest one."),
            0.0,
            1.0,
            0.01,
            2,
        ),
        Parameter(
            "repeat_penalty",
            tr("Repeat penalty"),
            tr("Above 1 discourages words that were just used; 1 leaves them alone."),
            0.5,
            2.0,
            0.05,
            2,
        ),
    )


def draft_field(name: str) -> str:
    """Return what a field of an agent's draft is called: 'sampling.temperature', 'temperature'."""
    known = {
        "name": tr("Name"),
        "type": tr("Type"),
        "model": tr("Model"),
        "description": tr("Description"),
        "system_prompt": tr("Instructions"),
        "adapters": tr("Adapters"),
        "context_tokens": tr("Context"),
        "tags": tr("Tags"),
        "collections": tr("Collections"),
        "context_policy": tr("When the context is full"),
        "pinned": tr("Keep deployed"),
        "check_before_deploy": tr("Check before deploying"),
        "sampling.temperature": tr("Temperature"),
        "sampling.max_tokens": tr("Longest answer"),
        "sampling.repeat_penalty": tr("Repeat penalty"),
        "sampling.seed": tr("Seed"),
        "retrieval.passages": tr("Passages"),
        "retrieval.strict": tr("Answer only when a passage was found"),
        "retrieval.tags": tr("Documents tagged"),
        "retrieval.reranker": tr("Order of passages"),
    }
    short = name.rpartition(".")[2]
    inner = (words for field, words in known.items() if field.endswith(f".{short}"))
    return known.get(name) or next(inner, short.replace("_", " ").capitalize())


CONTEXT_LOW, CONTEXT_HIGH, CONTEXT_STEP = 256, 1_048_576, 256


def problems(draft: AgentDraft, taken_names: Sequence[str] = ()) -> dict[str, str]:
    """Return what has to be corrected before saving, by field name."""
    found: dict[str, str] = {}
    name = draft.name.strip()
    if not name:
        found["name"] = tr("Give the agent a name.")
    elif len(name) > NAME_LENGTH:
        found["name"] = tr("Use at most {count} characters.").format(count=NAME_LENGTH)
    elif name.casefold() in {other.casefold() for other in taken_names}:
        found["name"] = tr("Another agent has this name already.")
    if not draft.model:
        found["model"] = tr("Choose a model.")
    if draft.type is AgentType.RAG and not draft.collections:
        found["collections"] = tr("Choose at least one collection to answer from.")
    if draft.sampling.max_tokens >= draft.context_tokens:
        found["max_tokens"] = tr("The longest answer has to be shorter than the context.")
    return found


def cautions(draft: AgentDraft, model: Model | None) -> dict[str, str]:
    """Return what may be saved but probably is not meant, by field name."""
    found: dict[str, str] = {}
    if model is None:
        return found
    if model.context_tokens and draft.context_tokens > model.context_tokens:
        found["context_tokens"] = tr(
            "{model} was trained for {count} tokens; beyond that its answers get worse."
        ).format(model=model.name, count=number(model.context_tokens))
    if model.is_starter:
        found["model"] = tr(
            "This is the starter model: very small, good for trying things out, often wrong."
        )
    return found
