"""Edits, second answers, and replies that are stopped and written on, with the real model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from core.errors import Conflict, ContextExceeded, InvalidInput, NotDeployed, NotFound
from core.records import (
    ChatEvent,
    LedgerKind,
    Message,
    MessageId,
    MessageState,
    Sampling,
    TextDelta,
    TurnStarted,
    UserId,
)
from core.streams import Cancel
from tests.core.chat.conftest import House, Reply
from tests.core.engines.llama.asking import ENDLESS

pytestmark = pytest.mark.model

ENDLESSLY = replace(ENDLESS, max_tokens=400)


def all_of(events: Iterator[ChatEvent]) -> Reply:
    """Follow a reply to its end."""
    return Reply(list(events))


def all_of_it(events: Iterator[ChatEvent]) -> Reply | None:
    """Follow a reply to its end; None where it does not fit into the context."""
    try:
        return all_of(events)
    except ContextExceeded:
        return None


def until_written(events: Iterator[ChatEvent]) -> TurnStarted:
    """Follow a reply until its first text."""
    started = next(events)
    assert isinstance(started, TurnStarted)
    while not isinstance(next(events), TextDelta):
        pass
    return started


def stopped(house: House) -> Message:
    """Ask for an endless answer and stop it after its first words."""
    cancel = Cancel()
    events = house.core.chat.reply(house.ask("Count.", sampling=ENDLESSLY), cancel)
    until_written(events)
    cancel.set()
    reply = all_of(events).done
    assert reply.state is MessageState.STOPPED
    return reply


def test_the_first_question_can_be_edited(house: House) -> None:
    """The other question is answered without the first; both stay."""
    chat, owner_id = house.core.chat, house.owner_id
    first = house.reply(house.ask("Say one."))
    question = first.started.question
    edited = all_of(chat.edit(owner_id, question.id, "Say two.", Cancel()))
    assert edited.conversation.id == first.conversation.id
    assert edited.started.question.text == "Say two."
    assert edited.started.question.siblings == (question.id, edited.started.question.id)
    record = edited.done.record
    assert record is not None
    assert record.ledger is not None
    assert LedgerKind.HISTORY not in {entry.kind for entry in record.ledger.entries}
    assert next(each.text for each in house.stored(first.conversation)) == "Say two."
    with pytest.raises(InvalidInput):
        all_of(chat.edit(owner_id, question.id, "  ", Cancel()))


def test_a_question_is_answered_again(house: House) -> None:
    """With the same history, beside the first answer, also where that was deleted."""
    chat, owner_id = house.core.chat, house.owner_id
    first = house.reply(house.ask("Say one."))
    second = house.reply(house.ask("Say two.", conversation_id=first.conversation.id))
    again = all_of(chat.regenerate(owner_id, second.done.id, Cancel()))
    assert again.started.question == second.started.question
    assert again.done.siblings == (second.done.id, again.done.id)
    assert again.done.record is not None
    assert second.done.record is not None
    assert again.done.record.prompt_sha256 == second.done.record.prompt_sha256
    question_id = second.started.question.id
    house.core.conversations.delete_message(owner_id, second.done.id)
    house.core.conversations.delete_message(owner_id, again.done.id)
    anew = all_of(chat.regenerate(owner_id, question_id, Cancel()))
    assert anew.done.siblings == (anew.done.id,)


def test_a_reply_is_stopped_by_its_id(house: House) -> None:
    """Whoever began it; a second stop and one that comes late change nothing."""
    chat = house.core.chat
    events = chat.reply(house.ask("Count.", sampling=ENDLESSLY), Cancel())
    started = until_written(events)
    reply_id = started.reply.id
    with pytest.raises(NotFound):
        chat.stop(UserId("usr_other"), reply_id)
    chat.stop(house.owner_id, reply_id)
    chat.stop(house.owner_id, reply_id)
    ended = Reply([started, *events]).done
    assert ended.state is MessageState.STOPPED
    chat.stop(house.owner_id, reply_id)
    assert house.core.conversations.message(house.owner_id, reply_id) == ended


def test_a_stopped_reply_is_written_on(house: House) -> None:
    """After its own words, in its own place, and its record says where."""
    before = stopped(house)
    assert before.record is not None
    resumed = all_of(house.core.chat.resume(house.owner_id, before.id, Cancel()))
    assert resumed.started.reply.text == before.text
    after = resumed.done
    assert (after.id, after.siblings) == (before.id, (before.id,))
    assert after.text == before.text + resumed.text
    assert resumed.text.strip()
    assert after.record is not None
    assert after.record.continued_at == (len(before.text),)
    assert after.record.usage.completion_tokens > before.record.usage.completion_tokens
    ledger = after.record.ledger
    assert ledger is not None
    assert ledger.context_tokens == 512
    assert LedgerKind.ANSWER in {entry.kind for entry in ledger.entries}
    assert after.record.usage.prompt_tokens == ledger.used_tokens


def test_writing_on_says_what_would_have_come(house: House) -> None:
    """A greedy answer in two pieces is the answer in one."""
    short, long = (Sampling(temperature=0.0, repeat_penalty=1.0, max_tokens=n) for n in (12, 28))
    agent = house.deployed("Two pieces", sampling=short)
    ask = replace(house.ask("What is the capital of France?"), agent_id=agent.id)
    whole = house.reply(replace(ask, sampling=long))
    part = house.reply(ask)
    draft = replace(agent.draft, sampling=replace(long, max_tokens=16))
    house.core.agents.edit(house.owner_id, agent.id, draft)
    record = part.done.record
    assert record is not None
    if record.finish_reason == "length":
        resumed = all_of(house.core.chat.resume(house.owner_id, part.done.id, Cancel()))
        assert resumed.done.text == whole.done.text
    house.core.agents.delete(house.owner_id, agent.id, force=True)


def test_a_complete_reply_is_not_written_on(house: House) -> None:
    """Nor one that is being written, nor a question."""
    chat, owner_id = house.core.chat, house.owner_id
    done = house.reply(house.ask("Say hello.", sampling=Sampling(temperature=0, max_tokens=200)))
    assert done.done.record is not None
    assert done.done.record.finish_reason == "stop"
    with pytest.raises(Conflict):
        all_of(chat.resume(owner_id, done.done.id, Cancel()))
    with pytest.raises(Conflict):
        all_of(chat.resume(owner_id, done.started.question.id, Cancel()))
    events = chat.reply(house.ask(sampling=ENDLESSLY), Cancel())
    reply_id = until_written(events).reply.id
    for call in (chat.resume, chat.regenerate):
        with pytest.raises(Conflict):
            all_of(call(owner_id, reply_id, Cancel()))
    chat.stop(owner_id, reply_id)
    assert list(events)


def test_what_no_longer_fits_keeps_its_text(house: House) -> None:
    """A reply that fills the context cannot be continued, and is not lost by trying."""
    agent = house.deployed("Narrow", context_tokens=256, sampling=replace(ENDLESS, max_tokens=250))
    ask = replace(house.ask("Count."), agent_id=agent.id)
    long = house.reply(ask).done
    resume = house.core.chat.resume
    while (reply := all_of_it(resume(house.owner_id, long.id, Cancel()))) is not None:
        assert reply.done.record is not None
    after = house.core.conversations.message(house.owner_id, long.id)
    assert after.state is MessageState.FAILED
    assert after.text.startswith(long.text)
    house.core.agents.delete(house.owner_id, agent.id, force=True)


def test_branches_need_what_is_there_and_ready(house: House) -> None:
    """Foreign messages are not found; an agent that is stopped or gone is named."""
    chat, owner_id = house.core.chat, house.owner_id
    agent = house.deployed("Soon gone")
    reply = house.reply(replace(house.ask(), agent_id=agent.id))
    question_id, reply_id = reply.started.question.id, reply.done.id
    calls: tuple[Callable[[UserId, MessageId, MessageId], Iterator[ChatEvent]], ...] = (
        lambda owner, one, other: chat.edit(owner, one, "Else?", Cancel()),
        lambda owner, one, other: chat.regenerate(owner, other, Cancel()),
        lambda owner, one, other: chat.resume(owner, other, Cancel()),
    )
    missing = MessageId("msg_missing")
    for call in calls:
        with pytest.raises(NotFound):
            all_of(call(UserId("usr_other"), question_id, reply_id))
        with pytest.raises(NotFound):
            all_of(call(owner_id, missing, missing))
    house.core.agents.stop(owner_id, agent.id, wait=True)
    for call in calls:
        with pytest.raises(NotDeployed):
            all_of(call(owner_id, question_id, reply_id))
    house.core.agents.delete(owner_id, agent.id)
    for call in calls:
        with pytest.raises(NotFound, match="Soon gone"):
            all_of(call(owner_id, question_id, reply_id))
    assert len(house.core.conversations.tree(owner_id, reply.conversation.id)) == 2
