"""Answers from documents: passages in the prompt, citations to them, and none without evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.chat.grounding import NO_EVIDENCE
from core.chat.sources import SOURCES_STOP
from core.config import Settings
from core.errors import NotFound
from core.records import (
    AgentType,
    CollectionId,
    Evidence,
    LedgerKind,
    MessageState,
    PassagesFound,
    RetrievalSettings,
    Sampling,
    TextDelta,
    TurnDone,
    TurnStarted,
    UserId,
    Verdict,
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
def collection_id(
    house: House,
    tmp_path_factory: pytest.TempPathFactory,
    lend_embedder: Callable[[Settings], None],
) -> CollectionId:
    """A collection with one small document, ready to be searched."""
    path = tmp_path_factory.mktemp("documents") / "animals.md"
    path.write_text(WHALES)
    lend_embedder(house.core.settings)
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
    assert record.passages == tuple(replace(each, number=1) for each in passages)
    assert record.ledger.evidence is Evidence.SHOWN
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
    assert reply.done.record.finish_reason == "no_evidence"
    assert reply.done.record.ledger is not None
    assert reply.done.record.ledger.evidence is Evidence.NOTHING_FOUND
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
    assert record.ledger.evidence is Evidence.NOTHING_FITS


def test_an_agent_refuses_in_its_own_words(rag: House) -> None:
    """Whoever answers in another language says so in that one."""
    own = RetrievalSettings(strict=True, refusal="Dazu steht nichts in meinen Dokumenten.")
    rag.core.agents.edit(rag.owner_id, rag.agent.id, replace(rag.agent.draft, retrieval=own))
    assert rag.reply(rag.ask("zzyzx qwfpgj?")).text == own.refusal


def test_what_was_found_earlier_is_no_evidence_for_another_question(rag: House) -> None:
    """A strict agent refuses though passages of the turn before are still in the prompt."""
    strict = RetrievalSettings(strict=True)
    rag.core.agents.edit(rag.owner_id, rag.agent.id, replace(rag.agent.draft, retrieval=strict))
    first = rag.reply(rag.ask(QUESTION))
    ask = rag.ask("zzyzx qwfpgj?", conversation_id=first.conversation.id)
    second = rag.reply(ask).done
    assert (second.text, second.citations) == (NO_EVIDENCE, ())
    assert second.record is not None
    assert second.record.passages != ()


def test_a_passage_is_shown_once_in_a_conversation(rag: House) -> None:
    """The same question again reads nothing but the question."""
    plain = RetrievalSettings()
    rag.core.agents.edit(rag.owner_id, rag.agent.id, replace(rag.agent.draft, retrieval=plain))
    first = rag.reply(rag.ask(QUESTION))
    second = rag.reply(rag.ask(QUESTION, conversation_id=first.conversation.id)).done.record
    assert first.done.record is not None
    assert second is not None
    assert second.passages == first.done.record.passages
    assert second.usage.prompt_tokens - second.usage.cached_tokens < 60


def test_documents_that_fit_are_shown_whole(rag: House, tmp_path: Path) -> None:
    """All of a short document of several chunks, or its best passages where that is not wanted."""
    path = tmp_path / "voyages.md"
    path.write_text(
        "\n\n".join(f"# Voyage {at}\n\nThe brig sailed to port {at}." for at in range(20))
    )
    collections, owner_id = rag.core.collections, rag.owner_id
    made = collections.create(owner_id, "Voyages")
    job = collections.add_files(owner_id, made.id, [path])
    wait_until(lambda: collections.job(owner_id, job.id).finished, 60)
    for whole in (True, False):
        settings = RetrievalSettings(passages=1, budget_tokens=600, whole_documents=whole)
        draft = replace(rag.agent.draft, collections=(made.id,), retrieval=settings)
        rag.core.agents.edit(owner_id, rag.agent.id, draft)
        record = rag.reply(rag.ask("Where did the brig sail on voyage 7?")).done.record
        assert record is not None
        (passage,) = record.passages
        assert ("port 0" in passage.text and "port 19" in passage.text) is whole


def test_strictness_is_for_agents_with_documents(house: House) -> None:
    """An agent without collections has no evidence to ask for."""
    strict = replace(house.agent.draft, retrieval=RetrievalSettings(strict=True))
    house.core.agents.edit(house.owner_id, house.agent.id, strict)
    assert house.reply(house.ask("Say hello.")).text != NO_EVIDENCE


def test_a_search_can_be_looked_into_afterwards(rag: House, collection_id: CollectionId) -> None:
    """The stored reply leads to what its search considered, document by document."""
    rag.core.agents.edit(rag.owner_id, rag.agent.id, rag.agent.draft)  # as it was at first
    first = rag.reply(rag.ask(QUESTION))
    again = rag.reply(rag.ask("And the queen?", conversation_id=first.conversation.id)).done
    explanations, owner = rag.core.explanations, rag.owner_id
    document = explanations.documents(owner, again.id)[0]
    assert document.name == "animals.md"
    whole = explanations.inspect(owner, again.id)
    shown = {each.chunk_id for each in found(first).passages}
    kept = {each.passage.chunk_id for each in whole.candidates if each.verdict is Verdict.KEPT}
    assert kept & shown
    assert explanations.why_not(owner, again.id, document.id).reason == ""
    with pytest.raises(NotFound):
        explanations.inspect(UserId("usr_nobody"), again.id)


def test_why_a_document_was_not_used_is_told(
    rag: House, collection_id: CollectionId, tmp_path: Path
) -> None:
    """Of one about something else a sentence tells what kept it out, by the same search."""
    rag.core.agents.edit(rag.owner_id, rag.agent.id, rag.agent.draft)
    reply = rag.reply(rag.ask(QUESTION)).done
    path = tmp_path / "rivers.md"
    path.write_text("The Danube rises in the Black Forest and ends in the Black Sea.")
    collections, owner = rag.core.collections, rag.owner_id
    job = collections.add_files(owner, collection_id, [path])
    wait_until(lambda: collections.job(owner, job.id).finished, 60)
    documents = {each.name: each for each in rag.core.explanations.documents(owner, reply.id)}
    told = rag.core.explanations.why_not(owner, reply.id, documents["rivers.md"].id)
    assert "'rivers.md'" in told.reason
    assert all(each.verdict is not Verdict.KEPT for each in told.candidates)
    collections.delete_document(owner, documents["rivers.md"].id)
