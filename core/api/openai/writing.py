"""Answers on their way to programs: collected into one object, or chunk by chunk.

One of the two kinds of completion differs from the other only in the names of its parts, so each
gives a `Kind`: how a choice begins, goes on and ends as a chunk, and what the whole looks like.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from fastapi import Request, Response
from pydantic import BaseModel
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

import core as outpost
from core.api.failures import bug, envelope
from core.api.openai.answers import TimingsAnswer, UsageAnswer, plain
from core.api.openai.choices import Choices, Events
from core.api.replies import PAUSE_S
from core.chat.completion import Completed, CompletionEvent
from core.engines.base import Finished
from core.engines.tools import ArgumentsDelta, CallBegun
from core.errors import Cancelled, OutpostError
from core.records import TextDelta, TokenScore, ToolCall, new_id

log = logging.getLogger(__name__)

PING = b": still working\n\n"
PING_S = 5.0
DONE = b"data: [DONE]\n\n"


@dataclass(slots=True)
class Choice:
    """One answer as it grows."""

    index: int
    text: str = ""
    scores: list[TokenScore] = field(default_factory=list)
    calls: list[ToolCall] = field(default_factory=list)
    completed: Completed | None = None

    def add(self, event: CompletionEvent) -> None:
        """Take one event in."""
        if isinstance(event, TextDelta):
            self.text += event.text
            self.scores += event.scores
        elif isinstance(event, CallBegun):
            self.calls.append(ToolCall(event.id, event.name, ""))
        elif isinstance(event, ArgumentsDelta):
            last = self.calls[-1]
            self.calls[-1] = ToolCall(last.id, last.name, last.arguments + event.text)
        elif isinstance(event, Completed):
            self.completed = event

    @property
    def ended(self) -> Completed:
        """How the answer ended; raises Cancelled where it did not."""
        if self.completed is None:
            raise Cancelled("The answer was given up.")
        return self.completed


class Kind(Protocol):
    """How the parts of a completion are called."""

    chunk_object: str

    def begun(self, choice: Choice) -> dict[str, Any] | None:
        """The first chunk of a choice, if there is one before its text."""

    def delta(self, choice: Choice, event: CompletionEvent) -> dict[str, Any] | None:
        """The chunk that tells of an event; None where there is nothing to tell."""

    def ended(self, choice: Choice) -> dict[str, Any]:
        """The last chunk of a choice."""

    def whole(self, head: dict[str, Any], choices: Sequence[Choice]) -> BaseModel:
        """The answer at once."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What an answer has to repeat, and how it is wanted."""

    model: str
    prefix: str
    choices: int
    prompts: int = 1
    streamed: bool = False
    tells_usage: bool = False

    def head(self, **more: Any) -> dict[str, Any]:
        """Return the fields that begin every answer and chunk."""
        return {
            "id": new_id(self.prefix).replace("_", "-"),
            **more,
            "created": int(time.time()),
            "model": self.model,
            "system_fingerprint": f"outpost-{outpost.__version__}",
        }


async def answered(request: Request, choices: Choices, kind: Kind, asked: Asked) -> Response:
    """Return the response; errors before the answer begins have a status of their own."""
    try:
        first = await choices.first()
        if asked.streamed:
            return ChunkStream(choices, first, kind, asked)
        return await _whole(request, choices, first, kind, asked)
    except BaseException:
        choices.leave()
        raise


async def _whole(
    request: Request, choices: Choices, first: Events, kind: Kind, asked: Asked
) -> Response:
    """Wait for every choice; a client that leaves meanwhile ends them."""
    collected = [Choice(index) for index in range(asked.choices)]
    watch = asyncio.create_task(_leave_with_client(request.receive, choices))
    try:
        events: Events | None = first
        while events is not None:
            for index, event in events:
                collected[index].add(event)
            events = await choices.several(pause_s=PAUSE_S)
    finally:
        watch.cancel()
    finishes = [choice.ended.finish for choice in collected]
    head = asked.head(**_account(finishes, asked))
    return JSONResponse(plain(kind.whole(head, collected)))


async def _leave_with_client(receive: Receive, choices: Choices) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    choices.leave()


def _account(finishes: Sequence[Finished], asked: Asked) -> dict[str, BaseModel]:
    usage = UsageAnswer.of(finishes, asked.prompts)
    return {"usage": usage, "timings": TimingsAnswer.of(finishes[0])}


class ChunkStream(Response):
    """Chunks as server-sent events, all that has come by one write; ends with its client."""

    media_type = "text/event-stream"

    def __init__(self, choices: Choices, first: Events, kind: Kind, asked: Asked):
        super().__init__(headers={"Cache-Control": "no-store"})
        del self.headers["content-length"]
        self._choices = choices
        self._first = first
        self._writer = _ChunkWriter(kind, asked)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        watch = asyncio.create_task(_leave_with_client(receive, self._choices))
        try:
            start = {"status": self.status_code, "headers": self.raw_headers}
            await send({"type": "http.response.start", **start})
            async for piece in self._pieces():
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            watch.cancel()
            self._choices.leave()

    async def _pieces(self) -> AsyncIterator[bytes]:
        events: Events | None = self._first
        try:
            yield self._writer.begun()
            while events is not None:
                piece = self._writer.pieces(events)
                if piece:
                    yield piece
                events = await self._choices.several(PING_S, PAUSE_S if piece else 0)
                if events == []:
                    yield PING
            yield self._writer.ended()
        except OutpostError as error:
            yield _event(envelope(error))
        except Exception:
            log.exception("a streamed answer failed")
            yield _event(envelope(bug()))


class _ChunkWriter:
    """Turns events into chunks; what all chunks have in common is written once."""

    def __init__(self, kind: Kind, asked: Asked):
        self._kind = kind
        self._asked = asked
        self._choices = [Choice(index) for index in range(asked.choices)]
        self._head = asked.head(object=kind.chunk_object)
        self._opening = _json(self._head)[:-1] + ',"choices":['
        self._closing = '],"usage":null}' if asked.tells_usage else "]}"

    def begun(self) -> bytes:
        """Return what comes before any text."""
        found = [self._kind.begun(choice) for choice in self._choices]
        return b"".join(self._chunk(each) for each in found if each is not None)

    def pieces(self, events: Events) -> bytes:
        """Return the chunks of some events, neighbouring texts of a choice in one."""
        return b"".join(self._of(index, event) for index, event in _merged(events))

    def _of(self, index: int, event: CompletionEvent) -> bytes:
        choice = self._choices[index]
        choice.add(event)
        if isinstance(event, Completed):
            return self._last_of(choice)
        found = self._kind.delta(choice, event)
        return self._chunk(found) if found is not None else b""

    def _last_of(self, choice: Choice) -> bytes:
        """Return a choice's last chunk; the last of all has the timings as well."""
        content = {**self._head, "choices": [self._kind.ended(choice)]}
        if all(each.completed for each in self._choices):
            content["timings"] = plain(self._account["timings"])
        if self._asked.tells_usage:
            content["usage"] = None
        return _event(content)

    def ended(self) -> bytes:
        """Return what comes after the last choice: the usage where it is wanted.

        Without choices in it, that chunk would trip programs that did not ask for it.
        """
        if not self._asked.tells_usage:
            return DONE
        usage = {"usage": plain(self._account["usage"])}
        return _event({**self._head, "choices": [], **usage}) + DONE

    @property
    def _account(self) -> dict[str, BaseModel]:
        return _account([choice.ended.finish for choice in self._choices], self._asked)

    def _chunk(self, choice: dict[str, Any]) -> bytes:
        return f"data: {self._opening}{_json(choice)}{self._closing}\n\n".encode()


def _merged(events: Events) -> Events:
    """Join texts that follow one another in the same choice."""
    merged: Events = []
    for index, event in events:
        last_index, last = merged[-1] if merged else (-1, None)
        if index == last_index and isinstance(event, TextDelta) and isinstance(last, TextDelta):
            merged[-1] = index, TextDelta(last.text + event.text, last.scores + event.scores)
        else:
            merged.append((index, event))
    return merged


def _event(content: dict[str, Any]) -> bytes:
    return f"data: {_json(content)}\n\n".encode()


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))
