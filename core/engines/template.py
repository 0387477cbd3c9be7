"""Renders a model's chat template, which comes with the model file and is foreign code.

core.engines.sandbox keeps it from reaching Python, from looping for ever and from building a
gigabyte of text; here it gets the messages, and an error that names what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from jinja2 import TemplateError

from core.engines.sandbox import MAX_CHARACTERS, Environment, TooMuch, metered
from core.errors import UnusableModel
from core.records import ChatMessage

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
        try:
            self._template = environment.from_string(source or CHATML)
        except Exception as error:  # deep nesting: SyntaxError and MemoryError, not only Jinja's
            raise _unusable(error) from error

    def render(self, messages: Sequence[ChatMessage]) -> str:
        """Lay out the messages, ending where the assistant's answer begins.

        A template that knows no system role gets the instructions as the head of the first
        user message. Raises UnusableModel if rendering fails or exceeds the limits.
        """
        plain = [{"role": message.role.value, "content": message.text} for message in messages]
        try:
            return self._rendered(plain)
        except TooMuch as error:
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
        with metered():
            for part in self._template.generate(
                messages=messages, add_generation_prompt=True, **self._special_tokens
            ):
                size += len(part)
                if size > MAX_CHARACTERS:
                    raise TooMuch("it makes too much text")
                parts.append(part)
        return "".join(parts)


def _system_into_user(messages: list[dict[str, str]]) -> list[dict[str, str]]:
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
