"""The turns of a conversation as they were laid out for the model, read from what was stored.

A record keeps which passages were in its prompt and how many turns were left out. From that the
next prompt is begun exactly like the last one, so that the model's memory of it can be used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from core.chat.prompt import Part, PastTurn
from core.records import AgentDraft, AnswerRecord, ContextPolicy, Message, Passage, Role


def past_turns(messages: Sequence[Message], draft: AgentDraft) -> list[PastTurn]:
    """Pair questions with their answers; a question whose reply holds no text is left out."""
    turns: list[PastTurn] = []
    newest: AnswerRecord | None = None
    highest = 0
    for question, answer in pairwise(messages):
        if question.role is Role.USER and answer.role is Role.ASSISTANT and answer.text.strip():
            brought = _brought(answer.record, highest)
            highest = max([highest, *(each.number for each in brought)])
            turns.append(PastTurn(question.text, answer.text, brought))
            newest = answer.record or newest
    return turns if newest is None else _as_last_shown(turns, newest, draft)


def _brought(record: AnswerRecord | None, highest: int) -> tuple[Passage, ...]:
    """Return the passages that were new in a turn: numbers only grow."""
    passages = record.passages if record else ()
    return tuple(each for each in passages if each.number > highest)


def _as_last_shown(turns: list[PastTurn], last: AnswerRecord, draft: AgentDraft) -> list[PastTurn]:
    """Leave out what the last prompt left out, unless there is more room than there was then."""
    if draft.context_tokens > last.context_tokens:
        return turns
    shown = {each.number for each in last.passages}
    first = 1 if draft.context_policy is ContextPolicy.KEEP_ENDS else 0
    gone = range(first, first + last.turns_left_out)
    return [
        replace(turn, part=_part(turn, shown) if at not in gone else Part.NOTHING)
        for at, turn in enumerate(turns)
    ]


def _part(turn: PastTurn, shown: set[int]) -> Part:
    return Part.WHOLE if all(each.number in shown for each in turn.passages) else Part.BARE
