"""What /v1 answers: OpenAI's shapes, with timings as llama.cpp gives them and our citations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel

from core.api.answers import CitationAnswer
from core.engines.base import Finished, FinishReason
from core.records import TokenScore

FinishName = Literal["stop", "length", "tool_calls"]
Piece = bytes
"""A token's bytes, where a field is called `bytes`."""


class ModelAnswer(BaseModel):
    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str = "outpost"
    agent_id: str | None = None
    """Of a deployed agent; an embedder has none."""
    capabilities: list[str]
    """What it can be asked for: 'chat', 'completion', 'tools', 'embedding'."""


class ModelsAnswer(BaseModel):
    object: Literal["list"] = "list"
    data: list[ModelAnswer]


class PromptDetailsAnswer(BaseModel):
    cached_tokens: int


class UsageAnswer(BaseModel):
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: PromptDetailsAnswer

    @classmethod
    def of(cls, finishes: Sequence[Finished], prompts: int = 1) -> UsageAnswer:
        """Add choices up; the choices of one prompt read it once."""
        per_prompt = len(finishes) // prompts
        read = [finishes[at * per_prompt] for at in range(prompts)]
        asked = sum(each.prompt_tokens for each in read)
        written = sum(each.completion_tokens for each in finishes)
        cached = sum(each.cached_tokens for each in read)
        details = PromptDetailsAnswer(cached_tokens=cached)
        return cls(
            prompt_tokens=asked,
            completion_tokens=written,
            total_tokens=asked + written,
            prompt_tokens_details=details,
        )


class TimingsAnswer(BaseModel):
    """Of the first choice; reading the prompt includes waiting for a slot."""

    cache_n: int
    prompt_n: int
    prompt_ms: float
    prompt_per_token_ms: float
    prompt_per_second: float
    predicted_n: int
    predicted_ms: float
    predicted_per_token_ms: float
    predicted_per_second: float

    @classmethod
    def of(cls, finish: Finished) -> TimingsAnswer:
        read = finish.prompt_tokens - finish.cached_tokens
        prompt_ms, predicted_ms = round(finish.prompt_ms, 3), round(finish.generation_ms, 3)
        return cls(
            cache_n=finish.cached_tokens,
            prompt_n=read,
            prompt_ms=prompt_ms,
            prompt_per_token_ms=_per(prompt_ms, read),
            prompt_per_second=_per(read * 1000, prompt_ms),
            predicted_n=finish.completion_tokens,
            predicted_ms=predicted_ms,
            predicted_per_token_ms=_per(predicted_ms, finish.completion_tokens),
            predicted_per_second=_per(finish.completion_tokens * 1000, predicted_ms),
        )


def _per(amount: float, by: float) -> float:
    return round(amount / by, 3) if by else 0.0


def finish_name(finish: Finished, *, called: bool) -> FinishName:
    """Return how an answer ended, in OpenAI's words."""
    if finish.reason is not FinishReason.STOP:
        return "length"
    return "tool_calls" if called else "stop"


# ---------------------------------------------------------------- chat


class TopScoreAnswer(BaseModel):
    token: str
    logprob: float
    bytes: list[int]

    @classmethod
    def of(cls, piece: Piece, logprob: float) -> TopScoreAnswer:
        return cls(token=piece.decode("utf-8", "replace"), logprob=logprob, bytes=list(piece))


class ScoreAnswer(TopScoreAnswer):
    top_logprobs: list[TopScoreAnswer]


class ScoresAnswer(BaseModel):
    content: list[ScoreAnswer]
    refusal: None = None

    @classmethod
    def of(cls, scores: Sequence[TokenScore]) -> ScoresAnswer:
        return cls(
            content=[
                ScoreAnswer(
                    token=score.piece.decode("utf-8", "replace"),
                    logprob=score.logprob,
                    bytes=list(score.piece),
                    top_logprobs=[TopScoreAnswer.of(*each) for each in score.likeliest],
                )
                for score in scores
            ]
        )


class CalledAnswer(BaseModel):
    name: str
    arguments: str


class ToolCallAnswer(BaseModel):
    id: str
    type: Literal["function"] = "function"
    function: CalledAnswer


class MessageAnswer(BaseModel):
    role: Literal["assistant"] = "assistant"
    content: str | None
    refusal: None = None
    tool_calls: list[ToolCallAnswer] | None = None
    citations: list[CitationAnswer] | None = None
    """Of a RAG agent's answer."""


class ChatChoiceAnswer(BaseModel):
    index: int
    message: MessageAnswer
    logprobs: ScoresAnswer | None = None
    finish_reason: FinishName


class ChatAnswer(BaseModel):
    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    system_fingerprint: str
    choices: list[ChatChoiceAnswer]
    usage: UsageAnswer
    timings: TimingsAnswer


# ---------------------------------------------------------------- text


class TextScoresAnswer(BaseModel):
    tokens: list[str]
    token_logprobs: list[float]
    top_logprobs: list[dict[str, float]]
    text_offset: list[int]

    @classmethod
    def of(cls, scores: Sequence[TokenScore], offset: int = 0) -> TextScoresAnswer:
        """`offset` is where in the choice's text the first of the tokens begins."""
        tokens = [score.piece.decode("utf-8", "replace") for score in scores]
        offsets = [offset + len("".join(tokens[:at])) for at in range(len(tokens))]
        likeliest = [
            {piece.decode("utf-8", "replace"): logprob for piece, logprob in score.likeliest}
            for score in scores
        ]
        logprobs = [score.logprob for score in scores]
        return cls(
            tokens=tokens, token_logprobs=logprobs, top_logprobs=likeliest, text_offset=offsets
        )


class TextChoiceAnswer(BaseModel):
    index: int
    text: str
    logprobs: TextScoresAnswer | None = None
    finish_reason: FinishName


class TextAnswer(BaseModel):
    id: str
    object: Literal["text_completion"] = "text_completion"
    created: int
    model: str
    system_fingerprint: str
    choices: list[TextChoiceAnswer]
    usage: UsageAnswer
    timings: TimingsAnswer


# ---------------------------------------------------------------- embeddings


class EmbeddingAnswer(BaseModel):
    object: Literal["embedding"] = "embedding"
    index: int
    embedding: list[float] | str
    """Numbers, or the base64 of little-endian float32."""


class EmbeddingUsageAnswer(BaseModel):
    prompt_tokens: int
    total_tokens: int


class EmbeddingsAnswer(BaseModel):
    object: Literal["list"] = "list"
    data: list[EmbeddingAnswer]
    model: str
    usage: EmbeddingUsageAnswer


def plain(answer: BaseModel) -> dict[str, Any]:
    """Return an answer as JSON objects; what it does not have is not in it."""
    return answer.model_dump(mode="json", exclude_none=True)
