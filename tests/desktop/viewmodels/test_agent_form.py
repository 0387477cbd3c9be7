"""The agent form's rules: live validation, and the same limits as the core's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from core.agents.validation import MAX_NAME, RANGES
from core.records import AgentDraft, AgentType, CollectionId, Model, ModelId, Sampling
from desktop.viewmodels.agent_form import (
    CONTEXT_HIGH,
    CONTEXT_LOW,
    NAME_LENGTH,
    cautions,
    parameters,
    problems,
)

GOOD = AgentDraft(name="Writer", type=AgentType.FINE_TUNED, model=ModelId("m.gguf"))


def test_a_good_draft_has_no_problems() -> None:
    """What can be saved is not complained about."""
    assert problems(GOOD) == {}


def test_each_problem_is_told_at_its_field() -> None:
    """An empty name, no model, no collection and too long an answer are named one by one."""
    bad = AgentDraft(
        name="  ",
        type=AgentType.RAG,
        model=ModelId(""),
        context_tokens=512,
        sampling=Sampling(max_tokens=512),
    )
    assert set(problems(bad)) == {"name", "model", "collections", "max_tokens"}
    assert set(problems(replace(bad, name="x" * (NAME_LENGTH + 1)))) >= {"name"}
    assert set(problems(GOOD, ["writer"])) == {"name"}


def test_a_collection_makes_a_rag_agent_complete() -> None:
    """One collection is enough to answer from."""
    assert problems(replace(GOOD, type=AgentType.RAG, collections=(CollectionId("c"),))) == {}


def test_what_is_doubtful_is_a_caution_and_not_a_problem() -> None:
    """A context beyond the model's training and the starter model are allowed."""
    starter = Model(
        ModelId("m.gguf"), "Tiny", Path("m.gguf"), 1, context_tokens=2048, is_starter=True
    )
    draft = replace(GOOD, context_tokens=8192)
    assert set(cautions(draft, starter)) == {"model", "context_tokens"}
    assert problems(draft) == {}


def test_the_forms_limits_are_the_cores() -> None:
    """What the form lets through, the core takes; what the core has, the form can show."""
    for parameter in parameters():
        allowed = RANGES[parameter.name]
        assert (parameter.low, parameter.high) == (allowed.low, allowed.high), parameter.name
    assert (
        RANGES["context_tokens"].low,
        RANGES["context_tokens"].high,
    ) == (CONTEXT_LOW, CONTEXT_HIGH)
    assert NAME_LENGTH == MAX_NAME


def test_every_parameter_says_what_it_does() -> None:
    """One line of help each, and defaults that lie within the limits."""
    for parameter in parameters():
        assert parameter.hint
        assert "\n" not in parameter.hint
        assert parameter.low <= getattr(Sampling(), parameter.name) <= parameter.high
