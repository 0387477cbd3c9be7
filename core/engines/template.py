"""Renders a model's chat template, which comes with the model file and is foreign code.

core.engines.sandbox keeps it from reaching Python, from looping for ever and from building a
gigabyte of text; here it gets the messages, and an error that names what is wrong with it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

from jinja2 import TemplateError

from core.engines.sandbox import MAX_CHARACTERS, Environment, TooMuch, metered
from core.engines.tools import CallFormat, learned_format
from core.errors import UnusableModel
from core.records import ChatMessage, Tool, ToolCall

MAX_SOURCE = 200_000
"""Characters; the longest templates of published models have some 30,000."""

CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content']"
    " + '<|im_end|>\n' }}{% endfor %}{{ '<|im_start|>assistant\n' }}"
)
"""For models that bring no template: the layout most instruction models were trained on."""


class ChatTemplate:
    """One compiled template with the special tokens that it may name."""

    def __init__(self, source: str, special_tokens: Mapping[str, str]):
        """Raises UnusableModel if the template is not valid Jinja."""
        if len(source) > MAX_SOURCE:
            raise _unusable("it is too long")
        environment = Environment()
        environment.globals["raise_exception"] = _refuse
        environment.globals["strftime_now"] = lambda form: datetime.now().strftime(form)
        self._special_tokens = dict(special_tokens)
        self._arguments_as_text = False
        try:
            self._template = environment.from_string(source or CHATML)
        except Exception as error:  # deep nesting: SyntaxError and MemoryError, not only Jinja's
            raise _unusable(error) from error

    @cached_property
    def call_format(self) -> CallFormat | None:
        """How the model asks for tools; None where the template knows none.

        Most templates want the arguments of a past call as an object, some as JSON text.
        """
        for self._arguments_as_text in (False, True):
            found = learned_format(self.render)
            if found is not None:
                return found
        return None

    def render(self, messages: Sequence[ChatMessage], tools: Sequence[Tool] = ()) -> str:
        """Lay out the messages, ending where the assistant's answer begins.

        A template that knows no system role gets the instructions as the head of the first
        user message. Raises UnusableModel if rendering fails or exceeds the limits.
        """
        plain = [self._plain(message) for message in messages]
        named = {"tools": [_plain_tool(tool) for tool in tools]} if tools else {}
        try:
            return self._rendered(plain, named)
        except TooMuch as error:
            raise _unusable(error) from error
        except Exception as first:  # the template's own code: anything can come out of it
            merged = _system_into_user(plain)
            if merged == plain:
                raise _unusable(first) from first
            try:
                return self._rendered(merged, named)
            except Exception as second:
                raise _unusable(second) from second

    def _plain(self, message: ChatMessage) -> dict[str, Any]:
        plain: dict[str, Any] = {"role": message.role.value, "content": message.text}
        if message.tool_calls:
            plain["tool_calls"] = [self._plain_call(call) for call in message.tool_calls]
        if message.tool_call_id:
            plain["tool_call_id"] = message.tool_call_id
        return plain

    def _plain_call(self, call: ToolCall) -> dict[str, Any]:
        arguments = call.arguments if self._arguments_as_text else json.loads(call.arguments)
        named = {"name": call.name, "arguments": arguments}
        return {"id": call.id, "type": "function", "function": named}

    def _rendered(self, messages: list[dict[str, Any]], named: Mapping[str, Any]) -> str:
        parts: list[str] = []
        size = 0
        with metered():
            for part in self._template.generate(
                messages=messages, add_generation_prompt=True, **named, **self._special_tokens
            ):
                size += len(part)
                if size > MAX_CHARACTERS:
                    raise TooMuch("it makes too much text")
                parts.append(part)
        return "".join(parts)


def _plain_tool(tool: Tool) -> dict[str, Any]:
    named = {"name": tool.name, "description": tool.description}
    return {"type": "function", "function": {**named, "parameters": json.loads(tool.parameters)}}


def _system_into_user(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if len(messages) < 2 or messages[0]["role"] != "system":
        return messages
    system, user, *rest = messages
    return [{**user, "content": f"{system['content']}\n\n{user['content']}"}, *rest]


def _refuse(message: str) -> None:
    raise TemplateError(message)


def _unusable(error: object) -> UnusableModel:
    return UnusableModel(
        f"The model's chat template cannot be used: {error}.", reason="chat_template"
    )
