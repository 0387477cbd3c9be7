"""What the model was shown before, read from the records of old answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.chat.past import past_turns
from core.chat.prompt import Part
from core.records import (
    AgentDraft,
    AgentType,
    AnswerRecord,
    ChunkId,
    CollectionId,
    ContextPolicy,
    ConversationId,
    DocumentId,
    Message,
    MessageId,
    MessageState,
    ModelId,
    Passage,
    Role,
    Sampling,
    now,
)

DRAFT = AgentDraft("Ada", AgentType.RAG, ModelId("m"), context_tokens=1000)


def message(number: int, role: Role, text: str, record: AnswerRecord | None = None) -> Message:
    """Return a stored message."""
    return Message(
        *(MessageId(f"{number}"), ConversationId("c"), None, role, text),
        *(MessageState.DONE, now()),
        record=record,
    )


def passage(number: int) -> Passage:
    """Return a passage that stands in a prompt under a number."""
    return Passage(
        *(ChunkId(f"{number}"), DocumentId("d"), "d.md", CollectionId("c"), "text", 0, 4),
        *(None, None, "", 1, 1.0),
        number=number,
    )


def record(numbers: Sequence[int], left_out: int = 0) -> AnswerRecord:
    """Return the account of a prompt with these passages."""
    return AnswerRecord(
        *(ModelId("m"), "", Sampling(), 0, 1000, "", "stop"),
        passages=tuple(passage(number) for number in numbers),
        turns_left_out=left_out,
    )


def conversation(*records: AnswerRecord | None) -> list[Message]:
    """Return a question and an answer for each record."""
    return [
        message(at, role, f"{role}{at // 2}", records[at // 2] if at % 2 else None)
        for at, role in enumerate((Role.USER, Role.ASSISTANT) * len(records))
    ]


def test_history_is_pairs_of_question_and_answer() -> None:
    """A question whose reply is empty is not shown to the model again."""
    user, assistant = Role.USER, Role.ASSISTANT
    said = [(user, "a"), (assistant, "b"), (user, "c"), (assistant, " "), (user, "d"), (user, "e")]
    messages = [message(number, role, text) for number, (role, text) in enumerate(said)]
    messages += [message(9, assistant, "f")]
    assert [(turn.question, turn.answer) for turn in past_turns(messages, DRAFT)] == [
        *(("a", "b"), ("e", "f")),
    ]


def test_each_turn_has_the_passages_that_it_brought() -> None:
    """A passage that was carried on from an earlier turn is shown there only."""
    turns = past_turns(conversation(record([1, 2]), None, record([1, 2, 3])), DRAFT)
    assert [[each.number for each in turn.passages] for turn in turns] == [[1, 2], [], [3]]
    assert {turn.part for turn in turns} == {Part.WHOLE}


def test_what_the_last_prompt_left_out_is_left_out() -> None:
    """Turns by their number, from the front; passages by their absence."""
    messages = conversation(record([1]), record([1, 2]), record([3], left_out=1))
    assert [turn.part for turn in past_turns(messages, DRAFT)] == [
        *(Part.NOTHING, Part.BARE, Part.WHOLE),
    ]
    keeping = replace(DRAFT, context_policy=ContextPolicy.KEEP_ENDS)
    assert [turn.part for turn in past_turns(messages, keeping)] == [
        *(Part.BARE, Part.NOTHING, Part.WHOLE),
    ]


def test_more_room_takes_everything_in_again() -> None:
    """After the agent's context was enlarged, nothing has to be left out for what was before."""
    messages = conversation(record([1]), record([2], left_out=1))
    wider = replace(DRAFT, context_tokens=2000)
    assert [turn.part for turn in past_turns(messages, wider)] == [Part.WHOLE, Part.WHOLE]
