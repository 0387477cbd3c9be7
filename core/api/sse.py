"""Server-sent events: a reply as a stream of named JSON events.

    started   {"conversation", "question", "reply"}      the question is durable
    passages  {"data": [passage…]}                       what retrieval found (RAG agents)
    progress  {"read_tokens", "total_tokens"}            the prompt is being read
    delta     {"text"}                                   a piece of the answer
    done      as the answer of a request that does not stream
    error     {"error": {…}}                             the envelope of every error

`done` or `error` is the last. A comment is sent while nothing happens, so that neither side
takes the connection for dead.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import asdict
from itertools import groupby
from typing import Any

from pydantic import BaseModel
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from core.api.answers import ChatAnswer, ConversationAnswer, MessageAnswer, PassageAnswer
from core.api.failures import bug, envelope, event
from core.api.replies import PAUSE_S, Reply
from core.errors import OutpostError
from core.records import (
    ChatEvent,
    PassagesFound,
    PromptProgress,
    TextDelta,
    TurnDone,
    TurnStarted,
)

log = logging.getLogger(__name__)

PING = b": still working\n\n"
PING_S = 5.0


class ReplyStream(StreamingResponse):
    """Streams a reply whose first event is there already; ends it when the client leaves."""

    media_type = "text/event-stream"

    def __init__(self, first: ChatEvent, reply: Reply[ChatEvent]):
        super().__init__(_events(first, reply), headers={"Cache-Control": "no-store"})
        self._reply = reply

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._reply.leave()


async def _events(first: ChatEvent, reply: Reply[ChatEvent]) -> AsyncIterator[bytes]:
    events: list[ChatEvent] | None = [first]
    try:
        while events is not None:
            yield b"".join(map(_event, _joined(events))) or PING
            written = any(isinstance(each, TextDelta) for each in events)
            events = await reply.several(PING_S, PAUSE_S if written else 0.0)
    except OutpostError as error:
        yield encoded("error", envelope(error))
    except Exception:
        log.exception("a streamed reply failed")
        yield encoded("error", envelope(bug()))


def _joined(events: Iterable[ChatEvent]) -> Iterator[ChatEvent]:
    """Put texts that come together into one."""
    for are_texts, group in groupby(events, lambda each: isinstance(each, TextDelta)):
        if are_texts:
            yield TextDelta("".join(each.text for each in group if isinstance(each, TextDelta)))
        else:
            yield from group


def _event(happened: ChatEvent) -> bytes:
    if isinstance(happened, TextDelta):
        return encoded("delta", {"text": happened.text})
    if isinstance(happened, PromptProgress):
        return encoded("progress", asdict(happened))
    if isinstance(happened, TurnDone):
        return encoded("done", ChatAnswer.of(happened.reply))
    if isinstance(happened, PassagesFound):
        passages = [PassageAnswer.model_validate(passage) for passage in happened.passages]
        return encoded("passages", {"data": [item.model_dump(mode="json") for item in passages]})
    return encoded("started", _started(happened))


def _started(event: TurnStarted) -> dict[str, Any]:
    conversation = ConversationAnswer.model_validate(event.conversation)
    messages = {
        "question": MessageAnswer.model_validate(event.question),
        "reply": MessageAnswer.model_validate(event.reply),
    }
    parts: dict[str, BaseModel] = {"conversation": conversation, **messages}
    return {name: part.model_dump(mode="json") for name, part in parts.items()}


def encoded(name: str, content: BaseModel | dict[str, Any]) -> bytes:
    """Write one event."""
    if isinstance(content, BaseModel):
        content = content.model_dump(mode="json")
    return event(name, content)
