"""The stream's own rules: it says that it is alive, and tells of late errors as an event."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import cast

import pytest

from core.api import sse
from core.api.replies import Replies
from core.chat.service import Chat
from core.errors import Busy, EngineFailed
from core.records import AgentId, Ask, ChatEvent, PromptProgress, TextDelta, UserId
from core.streams import Cancel

ASK = Ask(UserId("usr_1"), AgentId("agt_1"), "Hello")
Steps = Callable[[Cancel], Iterator[ChatEvent]]


class Script:
    """Stands where the chat service stands and plays the steps of a test."""

    def __init__(self, steps: Steps):
        self._steps = steps

    def reply(self, ask: Ask, cancel: Cancel) -> Iterator[ChatEvent]:
        return self._steps(cancel)


def replies_of(steps: Steps, limit: int = 4) -> Replies:
    """Replies that play the steps."""
    return Replies(cast(Chat, Script(steps)), limit)


async def streamed(replies: Replies) -> list[bytes]:
    """The pieces that a client of a stream receives."""
    reply = replies.begin(ASK)
    first = await reply.next()
    assert first is not None
    events = cast(AsyncIterator[bytes], sse.ReplyStream(first, reply).body_iterator)  # type: ignore[arg-type]
    return [piece async for piece in events]


def test_silence_is_filled_with_comments(monkeypatch: pytest.MonkeyPatch) -> None:
    """While a long prompt is read, a comment comes in every interval and loses nothing."""
    monkeypatch.setattr(sse, "PING_S", 0.05)

    def steps(cancel: Cancel) -> Iterator[ChatEvent]:
        yield PromptProgress(1, 2)
        cancel.wait(0.3)
        yield TextDelta("late")

    replies = replies_of(steps)
    pieces = asyncio.run(streamed(replies))
    replies.stop()
    assert pieces[0].startswith(b"event: progress\ndata: {")
    assert pieces[-1] == b'event: delta\ndata: {"text":"late"}\n\n'
    assert pieces.count(sse.PING) == len(pieces) - 2 >= 3


def test_a_late_error_is_an_event() -> None:
    """An error after the start ends the stream with the envelope, not with a broken line."""

    def steps(cancel: Cancel) -> Iterator[ChatEvent]:
        yield TextDelta("half an ans")
        raise EngineFailed("The engine stopped.")

    replies = replies_of(steps)
    pieces = asyncio.run(streamed(replies))
    replies.stop()
    name, content = pieces[-1].decode().removesuffix("\n\n").split("\n")
    assert name == "event: error"
    assert json.loads(content.removeprefix("data: "))["error"]["code"] == "engine_failed"


@pytest.mark.allow_log(r"core\.api\.sse:ERROR:a streamed reply failed")
def test_a_late_bug_is_an_event_without_its_cause() -> None:
    """A mistake of ours is told as such; its details stay in the log."""

    def steps(cancel: Cancel) -> Iterator[ChatEvent]:
        yield TextDelta("half an ans")
        raise ZeroDivisionError("a secret detail")

    replies = replies_of(steps)
    pieces = asyncio.run(streamed(replies))
    replies.stop()
    assert b"internal_error" in pieces[-1]
    assert b"secret" not in pieces[-1]


def test_line_breaks_stay_inside_their_event() -> None:
    """Text with any kind of line break is one data line."""
    text = "a\nb\r\nc\u2028d\n\nevent: done"
    (name, content) = sse.encoded("delta", {"text": text}).decode().removesuffix("\n\n").split("\n")
    assert name == "event: delta"
    assert json.loads(content.removeprefix("data: ")) == {"text": text}


def test_too_many_replies_are_busy_until_one_ends() -> None:
    """The limit counts running replies, and a reply that was left makes room."""

    def steps(cancel: Cancel) -> Iterator[ChatEvent]:
        yield TextDelta("first")
        cancel.wait(10)

    async def story(replies: Replies) -> None:
        running = [replies.begin(ASK) for _ in range(2)]
        for reply in running:
            assert await reply.next() == TextDelta("first")
        with pytest.raises(Busy):
            replies.begin(ASK)
        running[0].leave()
        replies.begin(ASK).leave()

    replies = replies_of(steps, limit=2)
    asyncio.run(story(replies))
    replies.stop()


def test_stopping_ends_every_reply() -> None:
    """`stop` sets every running reply's cancel, from any thread."""
    ended = list[bool]()

    def steps(cancel: Cancel) -> Iterator[ChatEvent]:
        yield TextDelta("first")
        ended.append(cancel.wait(10))

    async def story(replies: Replies) -> None:
        reply = replies.begin(ASK)
        await reply.next()
        with ThreadPoolExecutor(1) as other:
            other.submit(replies.stop).result()
        assert await reply.next() is None
        with pytest.raises(Busy, match="ending"):
            replies.begin(ASK)

    asyncio.run(story(replies_of(steps)))
    assert ended == [True]
