"""The API's shapes follow the core's records: a new field cannot be forgotten."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any

import pytest
from pydantic import BaseModel

from core import records
from core.api import answers
from core.api.bodies import agents as bodies

BOTH_WAYS: list[tuple[Any, type[BaseModel], type[BaseModel]]] = [
    (records.Sampling, bodies.SamplingBody, answers.SamplingAnswer),
    (records.RetrievalSettings, bodies.RetrievalBody, answers.RetrievalAnswer),
    (records.EngineOptions, bodies.EngineBody, answers.EngineAnswer),
    (records.Adapter, bodies.AdapterBody, answers.AdapterAnswer),
]
ONLY_OUT: list[tuple[Any, type[BaseModel], set[str]]] = [
    (records.Citation, answers.CitationAnswer, set()),
    (records.Usage, answers.UsageAnswer, set()),
    (records.Timings, answers.TimingsAnswer, set()),
    (records.LedgerEntry, answers.LedgerEntryAnswer, set()),
    (records.Ledger, answers.LedgerAnswer, set()),
    (records.Message, answers.MessageAnswer, set()),
    (records.AnswerRecord, answers.RecordAnswer, {"passages"}),
    (records.Conversation, answers.ConversationAnswer, {"owner_id"}),
    (records.Collection, answers.CollectionAnswer, {"owner_id"}),
    (records.Document, answers.DocumentAnswer, {"owner_id", "path"}),
    (records.IngestJob, answers.JobAnswer, {"owner_id"}),
    (records.Model, answers.ModelAnswer, {"path"}),
    (records.User, answers.UserAnswer, set()),
    (records.ApiToken, answers.TokenAnswer, set()),
]
"""With the fields that are left out on purpose: a client has no use for where files lie."""


def names(record: Any) -> set[str]:
    """The fields of a record."""
    return {each.name for each in fields(record)}


@pytest.mark.parametrize(("record", "body", "answer"), BOTH_WAYS)
def test_settings_can_be_sent_and_are_answered(
    record: Any, body: type[BaseModel], answer: type[BaseModel]
) -> None:
    """Each field can be sent and comes back, and its default is the core's."""
    assert set(body.model_fields) == set(answer.model_fields) == names(record)
    for each in fields(record):
        if each.default is not MISSING:
            sent = body.model_fields[each.name].default
            assert sent == (each.default if not isinstance(each.default, tuple) else type(sent)())


@pytest.mark.parametrize(("record", "answer", "left_out"), ONLY_OUT)
def test_records_are_answered_whole(
    record: Any, answer: type[BaseModel], left_out: set[str]
) -> None:
    """Every field of a record is in its answer, or left out on purpose."""
    assert names(record) - set(answer.model_fields) == left_out


def test_agents_can_be_sent_and_are_answered_whole() -> None:
    """An agent's draft is flattened: sampling and context together are its parameters."""
    expected = names(records.AgentDraft) - {"sampling", "context_tokens"} | {"parameters"}
    assert set(bodies.AgentBody.model_fields) == expected
    assert set(bodies.AgentChangeBody.model_fields) == expected
    assert expected <= set(answers.AgentAnswer.model_fields)
    assert set(bodies.ParametersBody.model_fields) == set(answers.ParametersAnswer.model_fields)


def test_only_sent_fields_change_a_draft() -> None:
    """Each field that is sent changes just that field."""
    draft = records.AgentDraft(
        name="A",
        type=records.AgentType.RAG,
        model=records.ModelId("m.gguf"),
        sampling=records.Sampling(seed=3),
        engine=records.EngineOptions(threads=2),
    )
    for sent in ({"pinned": True}, {"description": "d"}, {"engine": {"gpu_layers": 4}}):
        changed = bodies.AgentChangeBody.model_validate(sent).over(draft)
        different = [
            name for name in names(draft) if getattr(draft, name) != getattr(changed, name)
        ]
        assert different == list(sent)
    changed = bodies.AgentChangeBody.model_validate({"engine": {"gpu_layers": 4}}).over(draft)
    assert (changed.engine.threads, changed.engine.gpu_layers) == (2, 4)


def test_what_a_field_means_is_in_the_document() -> None:
    """The words under a field of an answer are what the OpenAPI document says of it."""
    described = answers.PassageAnswer.model_json_schema()["properties"]["context"]["description"]
    assert described.startswith("The header of the table")
