"""One turn with the real model: what is durable when, and how every kind of end is kept."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

import core.chat.service
import core.chat.unclosed
from core.changes import Change, Topic
from core.chat.unclosed import Unclosed
from core.errors import (
    Conflict,
    ContextExceeded,
    EngineFailed,
    InvalidInput,
    NotDeployed,
    NotFound,
    OutpostError,
    StorageFailed,
)
from core.records import (
    AgentId,
    Ask,
    ConversationId,
    DeploymentState,
    LedgerKind,
    Message,
    MessageState,
    PromptProgress,
    Role,
    Sampling,
    TextDelta,
    TurnDone,
    TurnStarted,
)
from core.streams import Cancel
from tests.core.chat.conftest import House, Reply
from tests.core.engines.llama.asking import ENDLESS, wait_until

pytestmark = pytest.mark.model

ENDLESSLY = replace(ENDLESS, max_tokens=400)


@contextmanager
def listening(house: House) -> Iterator[list[Change]]:
    """Collect the change notices meanwhile."""
    seen: list[Change] = []
    unsubscribe = house.core.changes.subscribe(seen.append)
    try:
        yield seen
    finally:
        unsubscribe()


def count(house: House) -> int:
    """Return how many conversations the owner has."""
    return len(house.core.conversations.list(house.owner_id))


# ---------------------------------------------------------------- the turn


def test_the_question_is_durable_before_anything_is_written(house: House) -> None:
    """At the first event both messages are stored, the reply empty and streaming."""
    events = house.core.chat.reply(house.ask("Say hello."), Cancel())
    started = next(events)
    assert isinstance(started, TurnStarted)
    question, reply = house.stored(started.conversation)
    assert (question, reply) == (started.question, started.reply)
    assert (question.text, question.state) == ("Say hello.", MessageState.DONE)
    assert (reply.text, reply.state) == ("", MessageState.STREAMING)
    list(events)


def test_a_reply_is_streamed_and_stored(house: House) -> None:
    """What was streamed is what is stored, with everything that explains it."""
    reply = house.reply(house.ask("What is the capital of France?"))
    kinds = [type(event) for event in reply.events]
    assert kinds[0] is TurnStarted
    assert kinds[-1] is TurnDone
    assert set(kinds[1:-1]) <= {PromptProgress, TextDelta}
    done = reply.done
    assert done.text == reply.text != ""
    assert (done.state, done.role, done.error) == (MessageState.DONE, Role.ASSISTANT, None)
    assert done.agent_version_id == house.agent.version_id
    assert house.stored(reply.conversation) == [reply.started.question, done]


def test_the_record_explains_the_answer(house: House) -> None:
    """Model, parameters, seed, prompt, counts and times are kept with the message."""
    model_id = house.agent.draft.model
    hot = Sampling(temperature=0.8, max_tokens=5, seed=11)
    record = house.reply(house.ask(sampling=hot)).done.record
    assert record is not None
    assert (record.model, record.model_sha256) == (model_id, house.core.models.sha256(model_id))
    assert (record.sampling, record.seed) == (hot, 11)
    assert (record.context_tokens, record.finish_reason) == (512, "length")
    assert len(record.prompt_sha256) == 64
    assert record.usage.completion_tokens == 5
    assert record.ledger is not None
    assert record.usage.prompt_tokens == record.ledger.used_tokens
    assert record.timings.first_token_ms >= record.timings.prompt_ms > 0
    assert record.timings.tokens_per_s > 0
    again = house.reply(house.ask(sampling=hot)).done.record
    assert again is not None
    assert again.prompt_sha256 == record.prompt_sha256


def test_the_next_turn_knows_the_last(house: House) -> None:
    """History is in the prompt, and its KV memory is used again."""
    first = house.reply(house.ask("My name is Theodora. Please remember it."))
    second = house.reply(
        house.ask("What is my name?", conversation_id=first.conversation.id)
    ).done.record
    assert first.done.record is not None
    assert second is not None
    assert second.ledger is not None
    kinds = [entry.kind for entry in second.ledger.entries]
    assert kinds.count(LedgerKind.HISTORY) == 1
    assert second.usage.cached_tokens >= first.done.record.usage.prompt_tokens
    assert len(house.stored(first.conversation)) == 4


def test_another_branch_forgets_what_came_after(house: House) -> None:
    """A question to an earlier message sees only what leads there."""
    first = house.reply(house.ask("Say one."))
    house.reply(house.ask("Say two.", conversation_id=first.conversation.id))
    other = house.ask("Say three.", conversation_id=first.conversation.id, parent_id=first.done.id)
    record = house.reply(other).done.record
    assert record is not None
    assert record.ledger is not None
    history = [e.label for e in record.ledger.entries if e.kind is LedgerKind.HISTORY]
    assert history == ["Say one."]
    assert [each.text for each in house.stored(first.conversation)][::2] == [
        *("Say one.", "Say three."),
    ]


def test_every_change_is_announced(house: House) -> None:
    """Open views learn of the question at once and of the reply's end."""
    with listening(house) as seen:
        events = house.core.chat.reply(house.ask(), Cancel())
        started = next(events)
        assert isinstance(started, TurnStarted)
        subject = started.conversation.id
        expected = [
            Change(topic, subject, house.owner_id)
            for topic in (Topic.CONVERSATIONS, Topic.MESSAGES)
        ]
        assert seen == expected
        list(events)
    assert seen == expected * 2


def test_partial_text_is_saved_while_it_is_written(house: House) -> None:
    """A crash loses at most a moment: the store follows the stream."""
    cancel = Cancel()
    events = house.core.chat.reply(house.ask("Tell me a story.", sampling=ENDLESSLY), cancel)
    started = next(events)
    assert isinstance(started, TurnStarted)
    written, saved = "", ""
    deadline_s = time.monotonic() + 20
    while len(saved) < 30 and time.monotonic() < deadline_s:
        event = next(events)
        written += event.text if isinstance(event, TextDelta) else ""
        reply = house.stored(started.conversation)[-1]
        assert reply.state is MessageState.STREAMING
        assert written.startswith(reply.text)
        saved = reply.text
    assert saved
    cancel.set()
    list(events)


# ---------------------------------------------------------------- stopped


def test_a_stopped_reply_keeps_its_text(house: House) -> None:
    """Stopping is no fault: the text so far is stored, and the last event says so."""
    cancel, reply = Cancel(), Reply()
    ask = house.ask("Tell me a story.", sampling=ENDLESSLY)
    for event in house.core.chat.reply(ask, cancel):
        reply.events.append(event)
        if len(reply.events) > 8:
            cancel.set()
    assert reply.done.state is MessageState.STOPPED
    assert reply.done.text == reply.text != ""
    assert reply.done.error is None
    assert reply.done.record is not None
    assert reply.done.record.finish_reason == "cancelled"
    assert house.stored(reply.conversation)[-1] == reply.done


def test_a_reply_that_nobody_reads_is_stopped(house: House) -> None:
    """Leaving the iterator stores what was written and frees the agent."""
    events = house.core.chat.reply(house.ask("Tell me.", sampling=ENDLESSLY), Cancel())
    started = next(events)
    assert isinstance(started, TurnStarted)
    written = ""
    while len(written) < 10:
        event = next(events)
        written += event.text if isinstance(event, TextDelta) else ""
    events.close()  # type: ignore[attr-defined]
    stored = house.stored(started.conversation)[-1]
    assert (stored.state, stored.text) == (MessageState.STOPPED, written)
    assert stored.record is not None
    assert stored.record.finish_reason == "cancelled"
    assert house.agent.id in house.core.pool.idle(0)


def test_leaving_at_once_is_a_stop_too(house: House) -> None:
    """Even the first event may be the last that is read."""
    events = house.core.chat.reply(house.ask(), Cancel())
    started = next(events)
    assert isinstance(started, TurnStarted)
    del events
    stored = house.stored(started.conversation)[-1]
    assert (stored.state, stored.text, stored.record) == (MessageState.STOPPED, "", None)


def test_a_reply_cancelled_beforehand_is_stopped_without_text(house: House) -> None:
    """The question is kept, nothing is generated."""
    cancel = Cancel()
    cancel.set()
    reply = house.reply(house.ask(), cancel)
    assert (reply.done.state, reply.text) == (MessageState.STOPPED, "")


def test_a_deadline_stops_a_reply(house: House) -> None:
    """What is written by then is kept, and the record says why it ends."""
    reply = house.reply(house.ask("Tell me.", sampling=replace(ENDLESSLY, deadline_s=0.4)))
    assert reply.done.state is MessageState.STOPPED
    assert reply.done.text
    assert reply.done.record is not None
    assert reply.done.record.finish_reason == "deadline"


def test_stopping_the_agent_stops_its_replies(house: House) -> None:
    """When the stop returns, the reply is stored as stopped, with its text."""
    agent = house.deployed("Shortlived", context_tokens=256, sampling=Sampling(max_tokens=200))
    reply = Reply()
    ask = house.ask("Tell me.", agent_id=agent.id, sampling=replace(ENDLESSLY, max_tokens=200))

    def read() -> None:
        reply.events.extend(house.core.chat.reply(ask, Cancel()))

    reader = threading.Thread(target=read)
    with listening(house) as seen:
        reader.start()
        wait_until(lambda: any(each.topic is Topic.MESSAGES for each in seen))
        conversation_id = ConversationId(seen[0].subject)
        time.sleep(0.5)
    house.core.agents.stop(house.owner_id, agent.id, wait=True)
    stored = house.core.conversations.messages(house.owner_id, conversation_id)[-1]
    assert stored.state is MessageState.STOPPED
    reader.join(5)
    assert reply.done == stored
    house.core.agents.delete(house.owner_id, agent.id)


# ---------------------------------------------------------------- failed


def test_a_question_that_is_too_long_fails_with_its_reason(house: House) -> None:
    """The question stays, the reply is failed and says what to do, and the error is raised."""
    long = house.ask("word " * 1000)
    events = house.core.chat.reply(long, Cancel())
    started = next(events)
    assert isinstance(started, TurnStarted)
    with pytest.raises(ContextExceeded) as refusal:
        list(events)
    stored = house.stored(started.conversation)[-1]
    assert (stored.state, stored.text) == (MessageState.FAILED, "")
    assert str(refusal.value) in str(stored.error)
    assert refusal.value.advice in str(stored.error)
    after = house.reply(house.ask("Shorter.", conversation_id=started.conversation.id))
    assert after.done.state is MessageState.DONE


def test_a_bad_grammar_fails_the_reply(house: House) -> None:
    """What only the engine can judge fails the reply and keeps the record as an error."""
    bad = Sampling(max_tokens=8, grammar="roof ::= 1")
    events = house.core.chat.reply(house.ask(sampling=bad), Cancel())
    started = next(events)
    assert isinstance(started, TurnStarted)
    with pytest.raises(InvalidInput, match="grammar"):
        list(events)
    stored = house.stored(started.conversation)[-1]
    assert stored.state is MessageState.FAILED
    assert stored.record is not None
    assert stored.record.finish_reason == "error"


@pytest.mark.allow_log("a reply failed")
def test_a_bug_fails_the_reply_too(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever goes wrong inside, the turn is closed and the log has the trace."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError("planted")

    monkeypatch.setattr(core.chat.service, "build_prompt", broken)
    events = house.core.chat.reply(house.ask(), Cancel())
    started = next(events)
    assert isinstance(started, TurnStarted)
    with pytest.raises(EngineFailed, match="planted"):
        list(events)
    stored = house.stored(started.conversation)[-1]
    assert (stored.state, stored.error) == (MessageState.FAILED, "Unexpected error: planted")
    assert house.agent.id in house.core.pool.idle(0)


GONE = "the reply is gone"


@pytest.fixture
def failing(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A database that stores no end of a reply while this list holds anything."""
    monkeypatch.setattr(core.chat.unclosed, "AGAIN_EVERY_S", 0.05)
    reasons = ["the disk fails"]
    store = house.core.chat._store
    really = store.close_turn

    def close_turn(*args: Any, **more: Any) -> Message:
        if reasons:
            raise StorageFailed(reasons[0]) if reasons != [GONE] else LookupError(GONE)
        return really(*args, **more)

    monkeypatch.setattr(store, "close_turn", close_turn)
    yield reasons
    reasons.clear()
    house.core.chat._unclosed.close_turns()


def answered(house: House, ask: Ask) -> tuple[TurnStarted, str]:
    """Answer a question whose end cannot be stored; return what came until then."""
    reply = Reply()
    with pytest.raises(StorageFailed):
        reply.events.extend(house.core.chat.reply(ask, Cancel()))
    return reply.started, reply.text


def test_an_end_that_cannot_be_stored_is_stored_later(house: House, failing: list[str]) -> None:
    """By itself, with the whole text and the announcement that a window waits for."""
    started, text = answered(house, house.ask())
    assert text
    assert house.stored(started.conversation)[-1].state is MessageState.STREAMING
    with listening(house) as seen:
        failing.clear()
        wait_until(lambda: house.stored(started.conversation)[-1].state is MessageState.DONE)
        wait_until(lambda: any(each.topic is Topic.MESSAGES for each in seen))
    stored = house.stored(started.conversation)[-1]
    assert (stored.text, stored.error) == (text, None)
    assert stored.record is not None
    assert stored.record.finish_reason == "length"


def test_what_is_owed_comes_before_the_next_question(house: House, failing: list[str]) -> None:
    """Which is refused where that fails; the next try stores both."""
    started, text = answered(house, house.ask())
    again = house.ask("And?", conversation_id=started.conversation.id)
    with pytest.raises(StorageFailed):
        house.reply(again)
    failing.clear()
    house.reply(again)
    branch = house.stored(started.conversation)
    assert [each.state for each in branch] == [MessageState.DONE] * 4
    assert branch[1].text == text


@pytest.mark.parametrize("is_well", [True, False])
def test_a_last_try_is_made_at_the_end(
    house: House, failing: list[str], monkeypatch: pytest.MonkeyPatch, *, is_well: bool
) -> None:
    """What cannot be stored even then is left to the next start."""
    monkeypatch.setattr(core.chat.unclosed, "AGAIN_EVERY_S", 60.0)
    monkeypatch.setattr(house.core.chat, "_unclosed", Unclosed())
    started, _ = answered(house, house.ask())
    if is_well:
        failing.clear()
    house.core.chat.close()
    state = house.stored(started.conversation)[-1].state
    assert state is (MessageState.DONE if is_well else MessageState.STREAMING)


@pytest.mark.allow_log("the end of a reply could not be stored")
def test_an_end_that_will_never_be_stored_is_given_up(house: House, failing: list[str]) -> None:
    """Else no other question could be asked."""
    answered(house, house.ask())
    failing[:] = [GONE]
    house.core.chat._unclosed.close_turns()
    failing.clear()
    assert house.reply(house.ask()).done.state is MessageState.DONE


# ---------------------------------------------------------------- refused


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"text": ""}, InvalidInput),
        ({"text": " \n\t"}, InvalidInput),
        ({"text": "half \ud83d"}, InvalidInput),
        ({"text": "x" * 400_001}, InvalidInput),
        ({"sampling": Sampling(temperature=-1)}, InvalidInput),
        ({"sampling": Sampling(max_tokens=512)}, InvalidInput),
        ({"agent_id": AgentId("agt_missing")}, NotFound),
        ({"conversation_id": ConversationId("cnv_missing")}, NotFound),
        ({"parent_id": "msg_missing"}, NotFound),
    ],
)
def test_a_refused_question_is_not_stored(
    house: House, change: dict[str, object], error: type[OutpostError]
) -> None:
    """What cannot be asked leaves no trace."""
    before = count(house)
    with pytest.raises(error):
        house.reply(house.ask(**change))  # type: ignore[arg-type]
    assert count(house) == before


def test_a_stopped_agent_refuses(house: House) -> None:
    """The error says what state it is in; nothing is stored."""
    idle = house.core.agents.create(house.owner_id, replace(house.agent.draft, name="Idle"))
    before = count(house)
    with pytest.raises(NotDeployed, match="stopped"):
        house.reply(house.ask(agent_id=idle.id))
    assert count(house) == before
    assert idle.deployment.state is DeploymentState.STOPPED


def test_another_user_reaches_neither_agent_nor_conversation(house: House) -> None:
    """Foreign things answer like missing ones."""
    mine = house.reply(house.ask())
    eve = house.core.users.add("eve").id
    with pytest.raises(NotFound):
        house.reply(Ask(eve, house.agent.id, "Hello"))
    own = house.core.agents.create(eve, replace(house.agent.draft, name="Eve's"))
    house.core.agents.deploy(eve, own.id, wait=True)
    with pytest.raises(NotFound):
        house.reply(Ask(eve, own.id, "Hello", conversation_id=mine.conversation.id))
    assert len(house.stored(mine.conversation)) == 2
    house.core.agents.delete(eve, own.id, force=True)


def test_one_reply_at_a_time_in_a_conversation(house: House) -> None:
    """A second question meanwhile is refused; other conversations go on side by side."""
    cancel = Cancel()
    events = house.core.chat.reply(house.ask("Tell me.", sampling=ENDLESSLY), cancel)
    started = next(events)
    assert isinstance(started, TurnStarted)
    with pytest.raises(Conflict):
        house.reply(house.ask(conversation_id=started.conversation.id))
    assert house.reply(house.ask()).done.state is MessageState.DONE
    cancel.set()
    list(events)
    assert len(house.stored(started.conversation)) == 2


def test_many_conversations_at_once(house: House) -> None:
    """Eight at once on four slots: each gets its own answer, in its own conversation."""
    replies = [Reply() for _ in range(8)]

    def read(number: int) -> None:
        ask = house.ask(f"Repeat the number {number}.", sampling=Sampling(max_tokens=4))
        replies[number].events.extend(house.core.chat.reply(ask, Cancel()))

    readers = [threading.Thread(target=read, args=(number,)) for number in range(8)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(60)
    for number, reply in enumerate(replies):
        question, answer = house.stored(reply.conversation)
        assert question.text == f"Repeat the number {number}."
        assert answer == reply.done
        assert answer.state is MessageState.DONE
