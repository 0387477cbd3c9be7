"""POST /v1/completions: a text in, what its model would write on out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool

from core.api.openai.answers import (
    TextAnswer,
    TextChoiceAnswer,
    TextScoresAnswer,
    finish_name,
    plain,
)
from core.api.openai.bodies import TextBody
from core.api.openai.chat import STREAMED, seeded
from core.api.openai.choices import Choices, Make
from core.api.openai.route import agent_named, routes
from core.api.openai.writing import Asked, Choice, answered
from core.api.routing import CHATS, Caller, RunningReplies, Services
from core.app import Core
from core.chat.completion import CompletionEvent, RawPrompt
from core.records import TextDelta, UserId
from core.streams import Cancel


@routes.post("/completions", response_model=TextAnswer, responses=STREAMED, **CHATS)
async def completions(
    request: Request, body: TextBody, caller: Caller, core: Services, replies: RunningReplies
) -> Response:
    """Write on where a text ends, without instructions and chat template."""
    prompts = body.prompts()
    makes, echoes = await run_in_threadpool(_makes, core, caller.user.id, body, prompts)
    asked = Asked(
        body.model,
        "cmpl",
        len(makes),
        prompts=len(prompts),
        streamed=bool(body.stream),
        tells_usage=body.tells_usage,
    )
    kind = TextKind(scored=body.logprobs is not None, echoes=echoes)
    return await answered(request, Choices(replies, makes), kind, asked)


def _makes(
    core: Core, owner_id: UserId, body: TextBody, prompts: Sequence[RawPrompt]
) -> tuple[list[Make], list[str]]:
    """Return what writes each choice, and what each choice repeats of its prompt."""
    agent = agent_named(core, owner_id, body.model)
    samplings = seeded(body.sampling(agent.draft), body.choices)

    def making(prompt: RawPrompt, number: int) -> Make:
        def make(cancel: Cancel) -> Iterator[CompletionEvent]:
            return core.completions.continue_text(
                owner_id, agent.id, prompt, samplings[number], cancel, scores=body.logprobs
            )

        return make

    makes = [making(prompt, number) for prompt in prompts for number in range(body.choices)]
    if not body.echo:
        return makes, [""] * len(makes)
    texts = [
        each if isinstance(each, str) else core.completions.text(owner_id, agent.id, each)
        for each in prompts
    ]
    return makes, [text for text in texts for _ in range(body.choices)]


class TextKind:
    """How the parts of a text completion are called."""

    chunk_object = "text_completion"

    def __init__(self, *, scored: bool, echoes: Sequence[str]):
        self._scored = scored
        self._echoes = echoes

    def begun(self, choice: Choice) -> dict[str, Any] | None:
        echo = self._echoes[choice.index]
        return _part(choice, echo) if echo else None

    def delta(self, choice: Choice, event: CompletionEvent) -> dict[str, Any] | None:
        if not isinstance(event, TextDelta):
            return None
        part = _part(choice, event.text)
        if self._scored:
            offset = len(self._echoes[choice.index] + choice.text) - len(event.text)
            part["logprobs"] = plain(TextScoresAnswer.of(event.scores, offset))
        return part

    def ended(self, choice: Choice) -> dict[str, Any]:
        return {
            **_part(choice, ""),
            "finish_reason": finish_name(choice.ended.finish, called=False),
        }

    def whole(self, head: dict[str, Any], choices: Sequence[Choice]) -> TextAnswer:
        return TextAnswer(choices=[self._choice(choice) for choice in choices], **head)

    def _choice(self, choice: Choice) -> TextChoiceAnswer:
        echo = self._echoes[choice.index]
        scores = TextScoresAnswer.of(choice.scores, len(echo)) if self._scored else None
        return TextChoiceAnswer(
            index=choice.index,
            text=echo + choice.text,
            logprobs=scores,
            finish_reason=finish_name(choice.ended.finish, called=False),
        )


def _part(choice: Choice, text: str) -> dict[str, Any]:
    return {"index": choice.index, "text": text, "logprobs": None, "finish_reason": None}
