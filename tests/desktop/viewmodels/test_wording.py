"""How values read to a person."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.records import (
    AnswerRecord,
    ConversationId,
    Ledger,
    LedgerEntry,
    LedgerKind,
    Message,
    MessageId,
    MessageState,
    ModelId,
    Role,
    Sampling,
    Timings,
    Usage,
    now,
)
from desktop.viewmodels import wording


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1_500, "2 kB"),
        (3_400_000, "3.4 MB"),
        (144_811_424, "145 MB"),
        (4_683_074_240, "4.7 GB"),
        (9_990_000_000_000_000, "9,990 TB"),
    ],
)
def test_sizes_are_short(size: int, words: str) -> None:
    """Three digits and a unit are enough."""
    assert wording.file_size(size) == words


@pytest.mark.parametrize(
    ("parameters", "words"),
    [(0, ""), (134_515_008, "135M"), (7_615_616_512, "7.6B"), (8_000_000_000, "8B")],
)
def test_parameter_counts_read_as_people_say_them(parameters: int, words: str) -> None:
    """A model is called 7B, not 7,000,000,000."""
    assert wording.parameter_count(parameters) == words


def test_moments_are_as_short_as_they_stay_clear() -> None:
    """Today by the clock, this week by the day, older ones by the date."""
    today = now().replace(month=6, day=20, hour=12)
    assert wording.when(today, today) == f"{today.astimezone():%H:%M}"
    assert wording.when(today - timedelta(days=2), today).startswith(
        f"{(today - timedelta(days=2)).astimezone():%a}"
    )
    assert str(today.year - 1) in wording.when(today - timedelta(days=365), today)


@pytest.mark.parametrize(
    ("first", "last", "words"), [(None, None, ""), (3, 3, "page 3"), (3, 4, "pages 3–4")]
)
def test_pages_are_named_where_there_are_any(
    first: int | None, last: int | None, words: str
) -> None:
    """A text file has no page to name."""
    assert wording.pages(first, last) == words


def reply(state: MessageState, **more: object) -> Message:
    fields: dict[str, object] = {
        "id": MessageId("msg"),
        "conversation_id": ConversationId("cnv"),
        "parent_id": None,
        "role": Role.ASSISTANT,
        "text": "Some text.",
        "state": state,
        "created_at": now(),
        **more,
    }
    return Message(**fields)  # type: ignore[arg-type]


def test_an_incomplete_reply_says_why() -> None:
    """Stopped, interrupted and failed are told apart; a complete reply says nothing."""
    words = [wording.ending(reply(state)) for state in MessageState]
    complete = wording.ending(reply(MessageState.DONE))
    assert complete == ""
    assert len(set(words)) == 4  # done and streaming have nothing to say
    assert wording.ending(reply(MessageState.FAILED, error="No memory.")) == "No memory."


def ended(finish_reason: str) -> AnswerRecord:
    ledger = Ledger(4096, 100, (LedgerEntry(LedgerKind.HISTORY, "old", 9, included=False),))
    return AnswerRecord(
        model=ModelId("m.gguf"),
        model_sha256="",
        sampling=Sampling(),
        seed=1,
        context_tokens=4096,
        prompt_sha256="",
        finish_reason=finish_reason,
        usage=Usage(900, 100),
        timings=Timings(first_token_ms=640, tokens_per_s=68.12),
        ledger=ledger,
    )


def test_a_refusal_says_why_in_the_readers_language() -> None:
    """The agent's own sentence is its operator's; the line beneath it is the window's."""
    refused = reply(MessageState.DONE, record=ended("no_evidence"))
    assert "No passage" in wording.ending(refused)
    assert not wording.can_continue(refused)


def test_performance_is_one_line() -> None:
    """Speed, wait and context use are what an operator asks for."""
    words = wording.performance(reply(MessageState.DONE, record=ended("length")))
    assert words.split(" · ") == [
        "68.1 tokens/s",
        "first word after 0.6 s",
        "1,000 of 4,096 tokens of context used",
        "older parts left out",
    ]
    assert wording.performance(reply(MessageState.DONE)) == ""
