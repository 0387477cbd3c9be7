"""POST /v1/chat/completions: messages in, an answer or calls of tools out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool

from core.api.answers import CitationAnswer
from core.api.openai.answers import (
    CalledAnswer,
    ChatAnswer,
    ChatChoiceAnswer,
    MessageAnswer,
    ScoresAnswer,
    ToolCallAnswer,
    finish_name,
    plain,
)
from core.api.openai.bodies import ChatBody
from core.api.openai.choices import Choices, Make
from core.api.openai.route import agent_named, routes
from core.api.openai.writing import Asked, Choice, answered
from core.api.routing import CHATS, Caller, RunningReplies, Services
from core.app import Core
from core.chat.completion import CompletionEvent
from core.engines.tools import ArgumentsDelta, CallBegun
from core.records import AgentType, Sampling, TextDelta, UserId
from core.streams import Cancel

STREAMED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The answer, or with stream=true its chunks and at the end [DONE]",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}


@routes.post("/chat/completions", response_model=ChatAnswer, responses=STREAMED, **CHATS)
async def chat_completions(
    request: Request, body: ChatBody, caller: Caller, core: Services, replies: RunningReplies
) -> Response:
    """Answer a conversation that the program keeps itself; nothing is stored."""
    makes, cites = await run_in_threadpool(_makes, core, caller.user.id, body)
    asked = Asked(
        body.model,
        "chatcmpl",
        len(makes),
        streamed=bool(body.stream),
        tells_usage=body.tells_usage,
    )
    kind = ChatKind(scored=body.scores is not None, cites=cites)
    return await answered(request, Choices(replies, makes), kind, asked)


def _makes(core: Core, owner_id: UserId, body: ChatBody) -> tuple[list[Make], bool]:
    """Return what writes each choice, and whether the answers have citations."""
    agent = agent_named(core, owner_id, body.model)
    messages = [each.message() for each in body.messages]
    toolbox, scores = body.toolbox(), body.scores

    def making(sampling: Sampling) -> Make:
        def make(cancel: Cancel) -> Iterator[CompletionEvent]:
            return core.completions.complete(
                owner_id, agent.id, messages, sampling, cancel, toolbox=toolbox, scores=scores
            )

        return make

    makes = [making(each) for each in seeded(body.sampling(agent.draft), body.choices)]
    return makes, agent.draft.type is AgentType.RAG


def seeded(sampling: Sampling, choices: int) -> list[Sampling]:
    """Return the sampling of each choice: a seed gives each one of its own, and always the same."""
    if sampling.seed is None:
        return [sampling] * choices
    return [
        replace(sampling, seed=(sampling.seed + number) % (2**32 - 1)) for number in range(choices)
    ]


class ChatKind:
    """How the parts of a chat completion are called."""

    chunk_object = "chat.completion.chunk"

    def __init__(self, *, scored: bool, cites: bool):
        self._scored = scored
        self._cites = cites

    def begun(self, choice: Choice) -> dict[str, Any] | None:
        return _part(choice, {"role": "assistant", "content": ""})

    def delta(self, choice: Choice, event: CompletionEvent) -> dict[str, Any] | None:
        if isinstance(event, TextDelta):
            part = _part(choice, {"content": event.text})
            if self._scored:
                part["logprobs"] = plain(ScoresAnswer.of(event.scores))
            return part
        at = len(choice.calls) - 1
        if isinstance(event, CallBegun):
            called = {"name": event.name, "arguments": ""}
            call = {"index": at, "id": event.id, "type": "function", "function": called}
            return _part(choice, {"tool_calls": [call]})
        if isinstance(event, ArgumentsDelta):
            piece = {"index": at, "function": {"arguments": event.text}}
            return _part(choice, {"tool_calls": [piece]})
        return None

    def ended(self, choice: Choice) -> dict[str, Any]:
        delta: dict[str, Any] = {}
        if self._cites:
            delta["citations"] = [plain(each) for each in self._citations(choice) or []]
        part = _part(choice, delta)
        part["finish_reason"] = finish_name(choice.ended.finish, called=choice.ended.called)
        return part

    def whole(self, head: dict[str, Any], choices: Sequence[Choice]) -> ChatAnswer:
        return ChatAnswer(choices=[self._choice(choice) for choice in choices], **head)

    def _choice(self, choice: Choice) -> ChatChoiceAnswer:
        calls = [
            ToolCallAnswer(
                id=call.id, function=CalledAnswer(name=call.name, arguments=call.arguments)
            )
            for call in choice.calls
        ]
        message = MessageAnswer(
            content=None if calls and not choice.text.strip() else choice.text,
            tool_calls=calls or None,
            citations=self._citations(choice),
        )
        return ChatChoiceAnswer(
            index=choice.index,
            message=message,
            logprobs=ScoresAnswer.of(choice.scores) if self._scored else None,
            finish_reason=finish_name(choice.ended.finish, called=choice.ended.called),
        )

    def _citations(self, choice: Choice) -> list[CitationAnswer] | None:
        if not self._cites:
            return None
        return [CitationAnswer.model_validate(each) for each in choice.ended.citations]


def _part(choice: Choice, delta: dict[str, Any]) -> dict[str, Any]:
    return {"index": choice.index, "delta": delta, "logprobs": None, "finish_reason": None}
