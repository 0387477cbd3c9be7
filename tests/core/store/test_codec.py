"""Records to JSON and back: nothing is lost, and other versions' texts are understood."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.records import (
    Adapter,
    AgentDraft,
    AgentType,
    AnswerRecord,
    Citation,
    HeadingSpan,
    Message,
    Model,
    ModelId,
    PageSpan,
    Sampling,
    Usage,
)
from core.store.codec import from_json, to_json, tuple_from_json
from tests.core.store.records import records

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("kind", [AgentDraft, AnswerRecord, Citation, Model, Message, Sampling])
@QUICK
@given(data=st.data())
def test_a_record_comes_back_as_it_was(kind: type[Any], data: st.DataObject) -> None:
    """Every field of every nested record survives, in value and in type."""
    record = data.draw(records(kind))
    back = from_json(kind, to_json(record))
    assert back == record
    same_types = repr(back) == repr(record)  # a bare bool: comparing long texts takes minutes
    assert same_types


@QUICK
@given(records(tuple[PageSpan, ...]), records(tuple[HeadingSpan, ...]))
def test_a_tuple_of_records_comes_back(
    pages: tuple[PageSpan, ...], headings: tuple[HeadingSpan, ...]
) -> None:
    """Lists of small records are stored as one text."""
    assert tuple_from_json(PageSpan, to_json(pages)) == pages
    assert tuple_from_json(HeadingSpan, to_json(headings)) == headings


def draft() -> AgentDraft:
    """A small draft."""
    return AgentDraft("Ada", AgentType.FINE_TUNED, ModelId("m.gguf"), sampling=Sampling(seed=1))


def test_a_field_that_an_older_version_did_not_know_takes_its_default() -> None:
    """What is stored need not be rewritten when a record grows."""
    plain = json.loads(to_json(draft()))
    del plain["engine"], plain["sampling"]["deadline_s"]
    assert from_json(AgentDraft, json.dumps(plain)) == draft()


def test_a_field_of_a_newer_version_is_ignored() -> None:
    """A backup of a newer version can be read as far as it is understood."""
    plain = json.loads(to_json(draft()))
    plain["hologram"] = {"size": 3}
    plain["sampling"]["mood"] = "good"
    assert from_json(AgentDraft, json.dumps(plain)) == draft()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"name": "a", "type": "robot", "model": "m"}', '"draft"', "3"]
)
def test_a_damaged_text_is_refused(text: str) -> None:
    """Nothing half-read is taken for a record."""
    with pytest.raises((ValueError, TypeError, AttributeError)):
        from_json(AgentDraft, text)


def test_the_text_is_compact_and_readable() -> None:
    """Letters beyond ASCII are stored as themselves."""
    text = to_json(Adapter(ModelId("für/ä.gguf"), 0.5))
    assert text == '{"model":"für/ä.gguf","scale":0.5}'
    assert to_json((Usage(1, 2, 3),)) == (
        '[{"prompt_tokens":1,"completion_tokens":2,"cached_tokens":3}]'
    )
