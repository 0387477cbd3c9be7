"""Renders a model's chat template in a sandbox with limits of work and size.

A template comes with the model file and is therefore foreign code: Jinja's sandbox keeps it from
reaching Python, but not from looping for ever or building a gigabyte of text. Here every executed
template line is counted, and sizes are checked where strings can multiply.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from types import FrameType
from typing import Any

from jinja2 import TemplateError
from jinja2.ext import loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

from core.errors import UnusableModel
from core.records import ChatMessage

MAX_LINES = 500_000
"""Template lines executed in one rendering; a 1,000-message conversation takes about 10,000."""
MAX_CHARACTERS = 8_000_000

CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content']"
    " + '<|im_end|>\n' }}{% endfor %}{{ '<|im_start|>assistant\n' }}"
)
"""For models that bring no template: the layout most instruction models were trained on."""


class _TooMuch(TemplateError):
    """The template did more work, or made more text, than any honest one does."""


class _Environment(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset({"+", "*", "**"})

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if _result_size(operator, left, right) > MAX_CHARACTERS:
            raise _TooMuch("the chat template builds too large a value")
        return super().call_binop(context, operator, left, right)


def _result_size(operator: str, left: Any, right: Any) -> int:
    sizes = [len(side) if hasattr(side, "__len__") else 0 for side in (left, right)]
    if operator == "+":
        return sum(sizes)
    if operator == "*" and any(sizes):
        factor = right if isinstance(right, int) else left if isinstance(left, int) else 1
        return max(sizes) * abs(factor)
    if operator == "**" and isinstance(right, (int, float)):
        return int(min(abs(right), MAX_CHARACTERS)) * 1000
    return 0


class ChatTemplate:
    """One compiled template with the special tokens that it may name."""

    def __init__(self, source: str, special_tokens: Mapping[str, str]):
        """Raises UnusableModel if the template is not valid Jinja."""
        environment = _Environment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols])
        environment.filters["tojson"] = _to_json
        environment.globals["raise_exception"] = _refuse
        environment.globals["strftime_now"] = lambda form: datetime.now().strftime(form)
        self._special_tokens = dict(special_tokens)
        try:
            self._template = environment.from_string(source or CHATML)
        except (TemplateError, RecursionError) as error:
            raise _unusable(error) from error

    def render(self, messages: Sequence[ChatMessage]) -> str:
        """Lay out the messages, ending where the assistant's answer begins.

        A template that knows no system role gets the instructions as the head of the first
        user message. Raises UnusableModel if rendering fails or exceeds the limits.
        """
        plain = [{"role": message.role.value, "content": message.text} for message in messages]
        try:
            return self._rendered(plain)
        except _TooMuch as error:
            raise _unusable(error) from error
        except Exception as first:  # the template's own code: anything can come out of it
            merged = _system_into_user(plain)
            if merged == plain:
                raise _unusable(first) from first
            try:
                return self._rendered(merged)
            except Exception as second:
                raise _unusable(second) from second

    def _rendered(self, messages: list[dict[str, str]]) -> str:
        parts: list[str] = []
        size = 0
        with _metered():
            for part in self._template.generate(
                messages=messages, add_generation_prompt=True, **self._special_tokens
            ):
                size += len(part)
                if size > MAX_CHARACTERS:
                    raise _TooMuch("the chat template makes too much text")
                parts.append(part)
        return "".join(parts)


@contextmanager
def _metered() -> Iterator[None]:
    """Count the template lines executed on this thread and stop at the limit."""
    left = MAX_LINES

    def count(frame: FrameType, event: str, _argument: object) -> Callable[..., Any] | None:
        nonlocal left
        if frame.f_code.co_filename != "<template>":
            return None
        left -= 1
        if left < 0:
            raise _TooMuch("the chat template does not end")
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        yield
    finally:
        sys.settrace(before)


def _system_into_user(messages: list[dict[str, str]]) -> list[dict[str, str]]:
    if len(messages) < 2 or messages[0]["role"] != "system":
        return messages
    system, user, *rest = messages
    return [{**user, "content": f"{system['content']}\n\n{user['content']}"}, *rest]


def _to_json(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)


def _refuse(message: str) -> None:
    raise TemplateError(message)


def _unusable(error: Exception) -> UnusableModel:
    return UnusableModel(
        f"The model's chat template cannot be used: {error}.", reason="chat_template"
    )
