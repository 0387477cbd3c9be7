"""What an agent's fields may hold: every range at both ends, and what is said beyond them."""

from __future__ import annotations

import math
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.agents.validation import (
    MAX_BIASES,
    MAX_NAME,
    MAX_STOP,
    MAX_STOPS,
    MAX_SYSTEM_PROMPT,
    RANGES,
    checked,
)
from core.errors import InvalidInput
from core.records import (
    Adapter,
    AgentDraft,
    AgentType,
    CollectionId,
    EngineOptions,
    ModelId,
    RetrievalSettings,
    Sampling,
)
from core.store.codec import from_json, to_json
from core.tags import MAX_TAG, MAX_TAGS

DRAFT = AgentDraft(
    "Ada",
    AgentType.FINE_TUNED,
    ModelId("m.gguf"),
    context_tokens=int(RANGES["context_tokens"].high),
)
SMALLEST_STEP = 1e-6


def with_value(name: str, value: Any) -> AgentDraft:
    """Return the draft with one of the numbers of RANGES changed, wherever it belongs."""
    if name == "scale":
        return replace(DRAFT, adapters=(Adapter(ModelId("a.gguf"), value),))
    for part in ("sampling", "retrieval", "engine"):
        record = getattr(DRAFT, part)
        if name in {field.name for field in fields(record)}:
            return replace(DRAFT, **{part: replace(record, **{name: value})})
    short = replace(DRAFT, sampling=replace(DRAFT.sampling, max_tokens=1))
    return replace(short, **{name: value})


def refusal(draft: AgentDraft) -> InvalidInput:
    """Check a draft, which must be refused, and return the refusal."""
    with pytest.raises(InvalidInput) as caught:
        checked(draft)
    return caught.value


@pytest.mark.parametrize("name", RANGES)
def test_both_ends_of_a_range_are_allowed(name: str) -> None:
    """The limits themselves can be used."""
    allowed = RANGES[name]
    for value in (allowed.low, allowed.high):
        whole = int(value) if value == int(value) else value
        checked(with_value(name, whole))


@pytest.mark.parametrize("name", RANGES)
def test_what_lies_beyond_a_range_is_refused(name: str) -> None:
    """The error names the field and both limits in full; no number is not a number."""
    allowed = RANGES[name]
    step = 1 if allowed.high > 100 else SMALLEST_STEP
    for value in (allowed.low - step, allowed.high + step, math.nan, math.inf, -math.inf):
        error = refusal(with_value(name, value))
        assert error.param == name
        assert name in str(error)
        assert "e+" not in str(error)
    assert f"{allowed.high:.0f}." in str(error) or f"{allowed.high:g}." in str(error)


@pytest.mark.parametrize("name", RANGES)
@given(share=st.floats(0, 1))
def test_everything_inside_a_range_is_allowed(name: str, share: float) -> None:
    """Between the limits nothing is refused."""
    allowed = RANGES[name]
    value = allowed.low + share * (allowed.high - allowed.low)
    value = int(value) if allowed.high > 100 else min(value, allowed.high)
    checked(with_value(name, max(value, allowed.low)))


def test_every_number_of_a_draft_has_a_range() -> None:
    """A new number cannot be forgotten."""
    records = (Sampling, RetrievalSettings, EngineOptions, Adapter, AgentDraft)
    numbers = {
        field.name
        for record in records
        for field in fields(record)
        if str(field.type) in ("int", "float", "int | None", "float | None")
    }
    assert numbers == RANGES.keys()


def test_the_seed_that_means_random_is_refused() -> None:
    """llama.cpp takes 2^32 - 1 for 'draw one', which would not be repeatable."""
    assert refusal(with_value("seed", 2**32 - 1)).param == "seed"
    checked(with_value("seed", 2**32 - 2))


def test_an_answer_must_leave_room_for_the_question() -> None:
    """max_tokens has to be less than the context."""
    small = replace(DRAFT, context_tokens=512)
    checked(replace(small, sampling=Sampling(max_tokens=511)))
    assert refusal(replace(small, sampling=Sampling(max_tokens=512))).param == "max_tokens"


def test_names_and_tags_are_trimmed() -> None:
    """White space around and inside is made one space; doubled and empty tags go."""
    draft = checked(
        replace(DRAFT, name="  Ada\n the  first ", tags=(" red", "red ", " ", "", "dark\tblue"))
    )
    assert draft.name == "Ada the first"
    assert draft.tags == ("red", "dark blue")


@pytest.mark.parametrize(
    ("param", "change"),
    [
        ("name", {"name": ""}),
        ("name", {"name": " \n"}),
        ("name", {"name": "x" * (MAX_NAME + 1)}),
        ("name", {"name": "a\x1b[31m"}),
        ("name", {"name": "a\0"}),
        ("name", {"name": "a\ud800"}),
        ("description", {"description": "x" * 10_001}),
        ("description", {"description": "\udfff"}),
        ("system_prompt", {"system_prompt": "x" * (MAX_SYSTEM_PROMPT + 1)}),
        ("system_prompt", {"system_prompt": "\ud83d"}),
        ("tags", {"tags": tuple(f"{n}" for n in range(MAX_TAGS + 1))}),
        ("tags", {"tags": ("x" * (MAX_TAG + 1),)}),
        ("tags", {"tags": ("a\x07",)}),
        ("retrieval.tags", {"retrieval": RetrievalSettings(tags=("x" * (MAX_TAG + 1),))}),
        ("stop", {"sampling": Sampling(stop=("x",) * (MAX_STOPS + 1))}),
        ("stop", {"sampling": Sampling(stop=("",))}),
        ("stop", {"sampling": Sampling(stop=("x" * (MAX_STOP + 1),))}),
        ("stop", {"sampling": Sampling(stop=("\ud800",))}),
        ("logit_bias", {"sampling": Sampling(logit_bias=((1, math.inf),))}),
        ("logit_bias", {"sampling": Sampling(logit_bias=((1, math.nan),))}),
        ("logit_bias", {"sampling": Sampling(logit_bias=((1, 0.0),) * (MAX_BIASES + 1))}),
        ("grammar", {"sampling": Sampling(grammar="\ud800")}),
        ("json_schema", {"sampling": Sampling(json_schema="\ud800")}),
        ("collections", {"collections": (CollectionId("c"),)}),
        ("collections", {"type": AgentType.RAG}),
    ],
)
def test_a_field_that_cannot_be_used_is_named(param: str, change: dict[str, Any]) -> None:
    """The error says which field is at fault."""
    assert refusal(replace(DRAFT, **change)).param == param


@pytest.mark.parametrize(
    "change",
    [
        {"name": "x" * MAX_NAME},
        {"name": "👩‍👩‍👧 Ärger 鯨"},
        {"system_prompt": "x" * MAX_SYSTEM_PROMPT},
        {"system_prompt": "Line one.\n\tLine two.\x0c"},
        {"tags": tuple(f"{n}" for n in range(MAX_TAGS))},
        {"tags": ("x" * MAX_TAG,)},
        {"sampling": Sampling(stop=("x" * MAX_STOP,) * MAX_STOPS)},
        {"type": AgentType.RAG, "collections": (CollectionId("c"),)},
    ],
)
def test_what_is_just_allowed_is_kept(change: dict[str, Any]) -> None:
    """Nothing of an allowed value is lost."""
    draft = replace(DRAFT, **change)
    assert checked(draft) == draft


def test_doubled_collections_count_once() -> None:
    """The order of the first mention stays."""
    one, two = CollectionId("one"), CollectionId("two")
    draft = replace(DRAFT, type=AgentType.RAG, collections=(two, one, two))
    assert checked(draft).collections == (two, one)


@given(st.text(max_size=90), st.lists(st.text(max_size=50), max_size=25), st.text(max_size=20))
def test_any_words_are_refused_or_can_be_stored(name: str, tags: list[str], prompt: str) -> None:
    """What passes can be written as UTF-8 and read back; checking it again changes nothing."""
    try:
        draft = checked(replace(DRAFT, name=name, tags=tuple(tags), system_prompt=prompt))
    except InvalidInput as error:
        assert error.param in ("name", "tags", "system_prompt")  # noqa: PT017
    else:
        stored = to_json(draft).encode()
        assert from_json(AgentDraft, stored.decode()) == draft
        assert checked(draft) == draft
