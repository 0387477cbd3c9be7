"""A Jinja environment in which a foreign template can neither escape, nor loop, nor grow for ever.

Jinja's own sandbox keeps a template from reaching Python. It does not keep it from multiplying:
a text doubled forty times by `~`, by a block assignment or by `join` fills any memory. So every
operation that can make a value larger than its operands is measured before it is done, those
that no chat template needs are left out, and every executed line is counted and timed.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import reduce
from types import FrameType
from typing import Any

from jinja2 import TemplateError, nodes
from jinja2.ext import loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

MAX_LINES = 500_000
"""Template lines executed in one rendering; a 1,000-message conversation takes about 10,000."""
MAX_SECONDS = 5.0
"""A line can be slow without being many; the 1,000 messages take 0.1 seconds."""
MAX_CHARACTERS = 8_000_000
MAX_NUMBER_BITS = 4096
UNNEEDED_FILTERS = ("batch", "center", "format", "pprint", "slice", "sum", "urlize", "wordwrap")
UNNEEDED_METHODS = frozenset({"center", "expandtabs", "ljust", "rjust", "translate", "zfill"})
_WIDTH = re.compile(r"\*|\d{4}")
"""A field width in a format string that is read from an argument, or has four digits."""


class TooMuch(TemplateError):
    """The template did more work, or made more text, than any honest one does."""


class Environment(ImmutableSandboxedEnvironment):
    """Jinja with limits; use `metered` around compiling and rendering."""

    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def __init__(self) -> None:
        super().__init__(
            trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols], finalize=_fitting
        )
        for name in UNNEEDED_FILTERS:
            del self.filters[name]
        del self.globals["lipsum"]
        replace, indent = self.filters["replace"], self.filters["indent"]
        self.filters["tojson"] = _to_json
        self.filters["string"] = lambda value: str(_fitting(value))
        self.filters["join"] = _join_filter
        self.filters["replace"] = _checked_replace(replace)
        self.filters["indent"] = _checked_indent(indent)

    @staticmethod
    def concat(parts: Iterable[str]) -> str:  # type: ignore[override]
        """Join what a block or macro wrote."""
        return _join("", parts)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree: nodes.Template = _ConcatenationAsSum().visit(super()._parse(source, name, filename))
        return tree

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        if isinstance(obj, str) and attr in UNNEEDED_METHODS:
            return False
        return super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        wrapped = super().wrap_str_format(value)
        if wrapped is None:
            return None
        form, call = str(value.__self__), wrapped

        def measured(*arguments: Any, **named: Any) -> str:
            _check_format(form, [*arguments, *named.values()])
            return call(*arguments, **named)

        return measured

    def call(__self, __context: Any, __obj: Any, *arguments: Any, **named: Any) -> Any:
        text, name = getattr(__obj, "__self__", None), getattr(__obj, "__name__", "")
        if isinstance(text, str) and name == "join" and len(arguments) == 1:
            return _join(text, map(str, arguments[0]))
        if isinstance(text, str) and name == "replace" and len(arguments) >= 2:
            _check_replacement(text, str(arguments[0]), str(arguments[1]))
        return super().call(__context, __obj, *arguments, **named)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if operator == "%" and isinstance(left, str):
            _check_format(left, right if isinstance(right, tuple) else [right])
        elif _result_size(operator, left, right) > MAX_CHARACTERS:
            raise TooMuch("it builds too large a value")
        return super().call_binop(context, operator, left, right)


class _ConcatenationAsSum(NodeTransformer):
    """Turns `a ~ b` into a sum of texts, because Jinja lets only operators be measured."""

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        self.generic_visit(node)
        texts = [
            nodes.Filter(part, "string", [], [], None, None, lineno=node.lineno)
            for part in node.nodes
        ]
        return reduce(lambda left, right: nodes.Add(left, right, lineno=node.lineno), texts)


@contextmanager
def metered() -> Iterator[None]:
    """Count and time the template lines executed on this thread; raise TooMuch at the limit."""
    left = MAX_LINES
    deadline_s = time.monotonic() + MAX_SECONDS

    def count(frame: FrameType, event: str, _argument: object) -> Callable[..., Any] | None:
        nonlocal left
        if frame.f_code.co_filename != "<template>":
            return None
        left -= 1
        if left < 0 or time.monotonic() > deadline_s:
            raise TooMuch("it does not end")
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        yield
    finally:
        sys.settrace(before)


def _result_size(operator: str, left: Any, right: Any) -> int:
    """Return how large the result of an operation would be, in characters or items."""
    sizes = [len(side) if hasattr(side, "__len__") else 0 for side in (left, right)]
    if operator == "+":
        return sum(sizes)
    if any(sizes):
        factor = right if isinstance(right, int) else left if isinstance(left, int) else 1
        return max(sizes) * abs(factor)
    if isinstance(left, int) and isinstance(right, int):
        bits = left.bit_length() + right.bit_length()
        if operator == "**":
            bits = left.bit_length() * abs(right)
        return 0 if bits <= MAX_NUMBER_BITS else MAX_CHARACTERS + 1
    return 0


def _fitting(value: Any) -> Any:
    """Return the value; raises TooMuch if its text would be too large."""
    if isinstance(value, (str, list, tuple, set, dict)):
        _measure(value, MAX_CHARACTERS)
    return value


def _measure(value: Any, room: int) -> int:
    """Return what is left of `room` after a value's text: each part counts, however often shared."""
    room -= len(value) if isinstance(value, str) else 4
    if room < 0:
        raise TooMuch("it makes too much text")
    if isinstance(value, Mapping):
        for key, item in value.items():
            room = _measure(item, _measure(key, room))
    elif isinstance(value, (list, tuple, set)):
        for item in value:
            room = _measure(item, room)
    return room


def _join(separator: str, parts: Iterable[str]) -> str:
    texts: list[str] = []
    room = MAX_CHARACTERS
    for part in parts:
        room -= len(part) + len(separator)
        if room < 0:
            raise TooMuch("it makes too much text")
        texts.append(part)
    return separator.join(texts)


def _join_filter(value: Iterable[Any], d: str = "", attribute: str | int | None = None) -> str:
    """Join items, or an attribute of each, by `d` (the name that Jinja gives the separator)."""
    items: Iterable[Any] = value if attribute is None else (item[attribute] for item in value)
    return _join(str(d), (str(_fitting(item)) for item in items))


def _check_replacement(text: str, old: str, new: str) -> None:
    times = text.count(old) if old else len(text) + 1
    if len(text) + times * len(new) > MAX_CHARACTERS:
        raise TooMuch("it makes too much text")


def _checked_replace(replace: Callable[..., str]) -> Callable[..., str]:
    def measured(eval_ctx: Any, s: str, old: str, new: str, count: int | None = None) -> str:
        _check_replacement(str(_fitting(s)), str(old), str(new))
        return replace(eval_ctx, s, old, new, count)

    measured.jinja_pass_arg = replace.jinja_pass_arg  # type: ignore[attr-defined]
    return measured


def _checked_indent(indent: Callable[..., str]) -> Callable[..., str]:
    def measured(s: str, width: int | str = 4, first: bool = False, blank: bool = False) -> str:
        size = width if isinstance(width, int) else len(width)
        if (str(s).count("\n") + 1) * size > MAX_CHARACTERS:
            raise TooMuch("it makes too much text")
        return indent(s, width, first, blank)

    return measured


def _check_format(form: str, values: Iterable[Any]) -> None:
    """Refuse wide fields and more text than is allowed, for '%' and for str.format."""
    values = list(values)
    fields = form.count("%") + form.count("{") + 1
    size = MAX_CHARACTERS - _measure(values, MAX_CHARACTERS)
    numbers = [abs(value) for value in values if isinstance(value, int)]
    if _WIDTH.search(form) or size * fields > MAX_CHARACTERS or max(numbers, default=0) > 2**31:
        raise TooMuch("it formats too large a text")
    if "{" in form and "{" in form.split(":", 1)[-1] and max(numbers, default=0) > 1000:
        raise TooMuch("it formats too wide a field")


def _to_json(value: Any, indent: int | None = None, **_others: Any) -> str:
    if indent is not None and not 0 <= indent <= 16:
        raise TooMuch("it indents too far")
    return json.dumps(_fitting(value), ensure_ascii=False, indent=indent)
