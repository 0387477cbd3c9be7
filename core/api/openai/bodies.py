"""What programs send to /v1. Unknown fields are ignored; known ones have to be right."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

from core.api.bodies.base import ranges_of
from core.chat.completion import Toolbox
from core.errors import InvalidInput
from core.records import AgentDraft, ChatMessage, Role, Sampling, Tool, ToolCall

CHECKED = (
    "temperature",
    "top_p",
    "top_k",
    "min_p",
    "frequency_penalty",
    "presence_penalty",
    "repeat_penalty",
)
"""What the core checks as it is sent; of the rest, what is too much becomes as much as there is."""
MAX_CHOICES = 8
MAX_PROMPTS = 16
MAX_TEXTS = 2048
ANY_OBJECT = '{"type": "object"}'
NO_ARGUMENTS = {"type": "object", "properties": dict[str, Any]()}


def _whole_text(text: str) -> str:
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("it holds half of a character pair")
    return text


def _whole_number(value: object) -> object:
    """Take 1.0 for 1, as JSON does; everything else is told apart strictly."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Text = Annotated[str, AfterValidator(_whole_text)]
AsWhole = BeforeValidator(_whole_number)
Number = Annotated[float, Field(allow_inf_nan=False)]
FunctionName = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9_-]{1,64}$")]
Tokens = Annotated[list[Annotated[int, Field(ge=0, lt=2**31), AsWhole]], Field(min_length=1)]


class Body(BaseModel):
    """A request's JSON object."""

    model_config = ConfigDict(extra="ignore", strict=True, json_schema_extra=ranges_of(*CHECKED))


class StreamOptionsBody(Body):
    include_usage: bool | None = None


class SamplingBody(Body):
    """OpenAI's parameters, and llama.cpp's beside them; what is left out is as the agent has it."""

    model: Text = Field(description="the name or id of a deployed agent")
    stream: bool | None = None
    stream_options: StreamOptionsBody | None = None
    n: Annotated[int, Field(ge=1, le=MAX_CHOICES), AsWhole] | None = None
    temperature: Number | None = None
    top_p: Number | None = None
    frequency_penalty: Number | None = None
    presence_penalty: Number | None = None
    seed: Annotated[int, Field(ge=-(2**63), lt=2**63), AsWhole] | None = None
    stop: Text | list[Text] | None = None
    max_tokens: Annotated[int, Field(ge=1, lt=2**31), AsWhole] | None = None
    logit_bias: dict[Annotated[str, StringConstraints(pattern="^[0-9]{1,9}$")], Number] | None = (
        None
    )
    top_k: Annotated[int, Field(ge=0, lt=2**31), AsWhole] | None = None
    min_p: Number | None = None
    repeat_penalty: Number | None = None
    grammar: Text | None = None

    @property
    def choices(self) -> int:
        return self.n or 1

    @property
    def tells_usage(self) -> bool:
        return bool(self.stream_options and self.stream_options.include_usage)

    def sampling(self, draft: AgentDraft) -> Sampling:
        """Return the agent's sampling with what was sent instead."""
        names = ("temperature", "top_p", "frequency_penalty", "presence_penalty")
        changed: dict[str, Any] = {
            name: getattr(self, name)
            for name in (*names, "top_k", "min_p", "repeat_penalty", "grammar")
            if getattr(self, name) is not None
        }
        if self.seed is not None:
            changed["seed"] = self.seed % (2**32 - 1)
        if self.stop is not None:
            changed["stop"] = (self.stop,) if isinstance(self.stop, str) else tuple(self.stop)
        if self.logit_bias is not None:
            changed["logit_bias"] = tuple((int(at), by) for at, by in self.logit_bias.items())
        if self.most_tokens is not None:  # more than fit are as many as fit
            changed["max_tokens"] = min(self.most_tokens, draft.context_tokens - 1)
        return replace(draft.sampling, **changed)

    @property
    def most_tokens(self) -> int | None:
        return self.max_tokens


# ---------------------------------------------------------------- chat


class PartBody(Body):
    """A part of a message's content; of the kinds there are, models here read text."""

    type: str
    text: Text | None = None
    refusal: Text | None = None


class CalledBody(Body):
    name: FunctionName
    arguments: Text


class ToolCallBody(Body):
    id: Text
    type: Literal["function"] = "function"
    function: CalledBody

    def call(self) -> ToolCall:
        """Return the call; raises InvalidInput unless its arguments are a JSON object."""
        try:
            arguments = json.loads(self.function.arguments or "{}")
        except ValueError:
            arguments = None
        if not isinstance(arguments, dict):
            raise InvalidInput(
                f"The arguments of the call '{self.id}' are no JSON object.", param="messages"
            )
        return ToolCall(self.id, self.function.name, json.dumps(arguments, ensure_ascii=False))


class MessageBody(Body):
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: Text | list[PartBody] | None = None
    tool_calls: list[ToolCallBody] | None = None
    tool_call_id: Text | None = None

    def message(self) -> ChatMessage:
        """Return the message as a chat template sees it; raises InvalidInput."""
        role = Role.SYSTEM if self.role == "developer" else Role(self.role)
        calls = tuple(each.call() for each in self.tool_calls or ())
        if self.content is None and not calls:
            raise InvalidInput(f"A message of the role '{self.role}' is empty.", param="messages")
        return ChatMessage(role, self._text(), calls, self.tool_call_id or "")

    def _text(self) -> str:
        if not isinstance(self.content, list):
            return self.content or ""
        for part in self.content:
            if part.type not in ("text", "refusal"):
                raise InvalidInput(
                    f"A message holds a part of the type '{part.type}'; models here read text.",
                    param="messages",
                )
        return "\n".join(part.text or part.refusal or "" for part in self.content)


class FunctionBody(Body):
    name: FunctionName
    description: Text | None = None
    parameters: dict[str, Any] | None = None


class ToolBody(Body):
    type: Literal["function"]
    function: FunctionBody

    def tool(self) -> Tool:
        schema = self.function.parameters or NO_ARGUMENTS
        text = json.dumps(schema, ensure_ascii=False)
        return Tool(self.function.name, self.function.description or "", text)


class NamedBody(Body):
    name: FunctionName


class ChosenBody(Body):
    type: Literal["function"]
    function: NamedBody


class AllowedBody(Body):
    mode: Literal["auto", "required"]
    tools: list[ChosenBody]


class AllowedToolsBody(Body):
    type: Literal["allowed_tools"]
    allowed_tools: AllowedBody


class SchemaBody(Body):
    name: FunctionName
    schema_: dict[str, Any] | None = Field(default=None, alias="schema")


class FormatBody(Body):
    type: Literal["text", "json_object", "json_schema"]
    json_schema: SchemaBody | None = None


class ChatBody(SamplingBody):
    """POST /v1/chat/completions."""

    messages: list[MessageBody] = Field(min_length=1)
    max_completion_tokens: Annotated[int, Field(ge=1, lt=2**31), AsWhole] | None = None
    response_format: FormatBody | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Field(ge=0, le=20), AsWhole] | None = None
    tools: Annotated[list[ToolBody], Field(max_length=128)] | None = None
    tool_choice: Literal["none", "auto", "required"] | ChosenBody | AllowedToolsBody | None = None
    parallel_tool_calls: bool | None = None

    @property
    def most_tokens(self) -> int | None:
        return self.max_completion_tokens or self.max_tokens

    @property
    def scores(self) -> int | None:
        """How many of the likeliest tokens are wanted with each; None for no scores at all."""
        if self.top_logprobs is not None and not self.logprobs:
            raise InvalidInput("top_logprobs needs logprobs to be true.", param="top_logprobs")
        return (self.top_logprobs or 0) if self.logprobs else None

    def sampling(self, draft: AgentDraft) -> Sampling:
        sampling = super().sampling(draft)
        wanted = self.response_format
        if wanted is None or wanted.type == "text":
            return sampling
        schema = ANY_OBJECT
        if wanted.type == "json_schema":
            if wanted.json_schema is None or wanted.json_schema.schema_ is None:
                raise InvalidInput(
                    "The format json_schema needs a schema.", param="response_format"
                )
            schema = json.dumps(wanted.json_schema.schema_, ensure_ascii=False)
        return replace(sampling, json_schema=schema)

    def toolbox(self) -> Toolbox:
        """Return the tools that the answer may use; raises InvalidInput."""
        tools = tuple(each.tool() for each in self.tools or ())
        choice = self.tool_choice
        if not tools and choice not in (None, "none"):
            raise InvalidInput("tool_choice needs tools.", param="tool_choice")
        if not tools or choice == "none":
            return Toolbox()
        parallel = self.parallel_tool_calls is not False
        if isinstance(choice, AllowedToolsBody):
            names = {each.function.name for each in choice.allowed_tools.tools}
            required = choice.allowed_tools.mode == "required"
        elif isinstance(choice, ChosenBody):
            names, required, parallel = {choice.function.name}, True, False
        else:
            names, required = {tool.name for tool in tools}, choice == "required"
        if not names <= {tool.name for tool in tools} or not names:
            raise InvalidInput("tool_choice names a tool that is not there.", param="tool_choice")
        return Toolbox(tuple(tool for tool in tools if tool.name in names), required, parallel)


# ---------------------------------------------------------------- text and embeddings


class TextBody(SamplingBody):
    """POST /v1/completions."""

    prompt: Text | list[Text] | Tokens | list[Tokens]
    echo: bool | None = None
    logprobs: Annotated[int, Field(ge=0, le=20), AsWhole] | None = None
    best_of: Annotated[int, Field(ge=1, le=MAX_CHOICES), AsWhole] | None = None
    suffix: Text | None = None

    @property
    def most_tokens(self) -> int | None:
        return self.max_tokens or 16

    def prompts(self) -> list[str | tuple[int, ...]]:
        """Return each prompt, as a text or as tokens; raises InvalidInput."""
        if self.suffix:
            raise InvalidInput("Text cannot be inserted before a suffix.", param="suffix")
        if self.best_of is not None and self.best_of != self.choices:
            raise InvalidInput("best_of has to be the same as n.", param="best_of")
        given = self.prompt
        if isinstance(given, str):
            return [given]
        if not 0 < len(given) <= MAX_PROMPTS and not isinstance(given[0] if given else "", int):
            raise InvalidInput(f"There may be 1 to {MAX_PROMPTS} prompts.", param="prompt")
        if isinstance(given[0], int):
            return [tuple(each for each in given if isinstance(each, int))]
        return [each if isinstance(each, str) else tuple(each) for each in given]


class EmbeddingsBody(Body):
    """POST /v1/embeddings."""

    model: Text = Field(description="the name of an embedder, as GET /v1/models lists it")
    input: Text | list[Text] | Tokens | list[Tokens]
    encoding_format: Literal["float", "base64"] | None = None
    dimensions: Annotated[int, Field(ge=1, lt=2**31), AsWhole] | None = None

    def texts(self) -> list[str]:
        """Return the texts; raises InvalidInput for none, for too many and for tokens."""
        given = [self.input] if isinstance(self.input, str) else self.input
        if not 0 < len(given) <= MAX_TEXTS:
            raise InvalidInput(f"There may be 1 to {MAX_TEXTS} texts.", param="input")
        texts = [each for each in given if isinstance(each, str)]
        if len(texts) < len(given):
            raise InvalidInput(
                "Tokens cannot be embedded: those of another model mean nothing here.",
                advice="Send the texts themselves.",
                param="input",
            )
        if not all(texts):
            raise InvalidInput("A text to embed is empty.", param="input")
        return texts
