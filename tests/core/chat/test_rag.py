"""Answers from documents: passages in the prompt, citations to them, and none without evidence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.chat.grounding import NO_EVIDENCE
from core.chat.sources import SOURCES_STOP
from core.records import (
    AgentType,
    CollectionId,
    LedgerKind,
    MessageState,
    PassagesFound,
    RetrievalSettings,
    Sampling,
    TextDelta,
    TurnDone,
    TurnStarted,
)
from tests.core.chat.conftest import House, Reply
from tests.core.engines.llama.asking import wait_until

pytestmark = pytest.mark.model

WHALES = """# Whales

The blue whale is the largest animal that has ever lived. It grows to a length of thirty metres.

# Bees

A honey bee visits up to five thousand flowers on a single day. The queen lays two thousand eggs.
"""
QUESTION = "How many flowers does a honey bee visit on a single day?"


@pytest.fixture(scope="module")
def collection_id(house: House, tmp_path_factory: pytest.TempPathFactory) -> CollectionId:
    """A collection with one small document, ready to be searched."""
    path = tmp_path_factory.mktemp("documents") / "animals.md"
    path.write_text(WHALES)
    collections = house.core.collections
    collections.start()
    collections.warm()
    made = collections.create(house.owner_id, "Animals")
    job = collections.add_files(house.owner_id, made.id, [path])
    wait_until(lambda: collections.job(house.owner_id, job.id).finished, 60)
    return made.id


@pytest.fixture(scope="module")
def rag(house: House, collection_id: CollectionId) -> Iterator[House]:
    """The same core, where one talks to an agent that answers from the collection."""
    agent = house.deployed(
        "Reader",
        type=AgentType.RAG,
        collections=(collection_id,),
        sampling=Sampling(temperature=0.0, max_tokens=40),
        context_tokens=1024,
    )
    yield replace(house, agent=agent)
    house.core.agents.delete(house.owner_id, agent.id, force=True)


def found(reply: Reply) -> PassagesFound:
    """Return the event that names the passages."""
    (event,) = [each for each in reply.events if isinstance(each, PassagesFound)]
    return event


def test_an_answer_from_documents(rag: House) -> None:
    """Passages come before the answer, are in the record, and the citations lead to them."""
    reply = rag.reply(rag.ask(QUESTION))
    assert [type(event) for event in reply.events[:2]] == [TurnStarted, PassagesFound]
    assert isinstance(reply.events[-1], TurnDone)
    passages = found(reply).passages
    assert passages
    assert "five thousand flowers" in passages[0].text
    record = reply.done.record
    assert record is not None
    assert record.ledger is not None
    assert record.passages == passages
    entries = [each for each in record.ledger.entries if each.kind is LedgerKind.PASSAGE]
    assert len(entries) == len(passages)
    whole = rag.core.collections.document_text(rag.owner_id, passages[0].document_id).text
    for citation in reply.done.citations:
        assert whole[citation.start : citation.end] == citation.quote
        assert citation.chunk_id in {each.chunk_id for each in passages}
        span = reply.done.text[citation.answer_start : citation.answer_end]
        assert span == span.strip() != ""
    assert rag.stored(reply.conversation)[-1] == reply.done


def test_the_answer_ends_before_a_source_of_its_own(rag: House) -> None:
    """What looks like the prompt's own tags is never shown."""
    text = rag.reply(rag.ask(QUESTION)).text
    assert not any(stop in text for stop in SOURCES_STOP)


def test_the_next_turn_keeps_the_passages_of_the_last(rag: House) -> None:
    """The old turn is laid out as it was, so its memory is used again."""
    first = rag.reply(rag.ask(QUESTION))
    ask = rag.ask("And how long is a blue whale?", conversation_id=first.conversation.id)
    second = rag.reply(ask).done.record
    assert first.done.record is not None
    assert second is not None
    assert second.usage.cached_tokens >= first.done.record.usage.prompt_tokens


def test_without_evidence_an_ordinary_agent_still_answers(rag: House) -> None:
    """Nothing found means nothing cited, and no sources in the prompt."""
    reply = rag.reply(rag.ask("zzyzx qwfpgj?"))
    assert found(reply).passages == ()
    assert reply.done.citations == ()
    assert reply.text != NO_EVIDENCE
    assert reply.done.state is MessageState.DONE


def test_a_strict_agent_refuses_without_evidence(rag: House) -> None:
    """It says so in fixed words, generates nothing, and stores the turn as any other."""
    strict = replace(rag.agent.draft, retrieval=RetrievalSettings(strict=True))
    rag.core.agents.edit(rag.owner_id, rag.agent.id, strict)
    reply = rag.reply(rag.ask("zzyzx qwfpgj?"))
    assert [type(event) for event in reply.events] == [
        *(TurnStarted, PassagesFound, TextDelta, TurnDone),
    ]
    assert reply.done.text == NO_EVIDENCE
    assert (reply.done.state, reply.done.citations) == (MessageState.DONE, ())
    assert reply.done.record is not None
    assert reply.done.record.finish_reason == "stop"
    assert reply.done.record.usage.completion_tokens == 0
    assert rag.reply(rag.ask(QUESTION)).text != NO_EVIDENCE


def test_a_strict_agent_refuses_where_no_passage_fits(
    rag: House, collection_id: CollectionId, tmp_path: Path
) -> None:
    """Found is not enough: the model must have been shown a passage."""
    path = tmp_path / "long.md"
    path.write_text("Narwhals " + "dive under the thick ice of the northern sea, " * 12)
    collections = rag.core.collections
    job = collections.add_files(rag.owner_id, collection_id, [path])
    wait_until(lambda: collections.job(rag.owner_id, job.id).finished, 60)
    tight = RetrievalSettings(strict=True, budget_tokens=64, passages=1)
    rag.core.agents.edit(rag.owner_id, rag.agent.id, replace(rag.agent.draft, retrieval=tight))
    reply = rag.reply(rag.ask("Where do narwhals dive?"))
    assert len(found(reply).passages) == 1
    assert reply.done.text == NO_EVIDENCE
    record = reply.done.record
    assert record is not None
    assert record.ledger is not None
    assert record.passages == ()
    assert record.ledger.truncated


def test_strictness_is_for_agents_with_documents(house: House) -> None:
    """An agent without collections has no evidence to ask for."""
    strict = replace(house.agent.draft, retrieval=RetrievalSettings(strict=True))
    house.core.agents.edit(house.owner_id, house.agent.id, strict)
    assert house.reply(house.ask("Say hello.")).text != NO_EVIDENCE
