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
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import reduce, wraps
from itertools import islice
from types import FrameType
from typing import Any

from jinja2 import TemplateError, Undefined, nodes
from jinja2.ext import loopcontrols
from jinja2.filters import do_indent
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

MAX_LINES = 500_000
"""Template lines executed in one rendering; a 1,000-message conversation takes about 10,000."""
MAX_SECONDS = 5.0
"""Lines can be slow without being many; the 1,000 messages take a tenth of a second."""
MAX_CHARACTERS = 8_000_000
MAX_CHARACTERS_IN_ALL = 8 * MAX_CHARACTERS
"""Made by all operations of one rendering together: each may be kept in a variable."""
PART_CHARACTERS = 24
"""What a part of a list counts for beside its text, so that measuring itself stays quick."""
MAX_NUMBER_BITS = 4096
UNNEEDED_FILTERS = (
    *("batch", "center", "format", "pprint", "round", "slice", "striptags", "sum"),
    *("urlize", "wordwrap", "xmlattr"),
)
UNNEEDED_METHODS = frozenset(
    {"center", "encode", "expandtabs", "ljust", "rjust", "translate", "zfill"}
)
_WIDE_FIELD = re.compile(r"\*|\d{4}|\{[^}]*\{")
"""A field width that has four digits or is read from an argument."""


class _Spent(threading.local):
    """How many characters the rendering on this thread has made."""

    characters = 0


_spent = _Spent()


class TooMuch(TemplateError):
    """The template did more work, or made more text, than any honest one does."""


class Environment(ImmutableSandboxedEnvironment):
    """Jinja with limits; render inside `metered()`."""

    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def __init__(self) -> None:
        super().__init__(
            trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols], finalize=_fitting
        )
        del self.globals["lipsum"]
        for name in UNNEEDED_FILTERS:
            del self.filters[name]
        self.filters.update(
            indent=_indent,
            join=_join_filter,
            list=_list,
            replace=_replace,
            string=_text,
            tojson=_to_json,
        )
        self.filters.update({name: _counted(made) for name, made in self.filters.items()})

    @staticmethod
    def concat(parts: Iterable[str]) -> str:
        """Join what a block assignment or a macro wrote."""
        return _join("", parts)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree: nodes.Template = _ConcatenationAsSum().visit(super()._parse(source, name, filename))
        return tree

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        if isinstance(obj, (int, float)) or (isinstance(obj, str) and attr in UNNEEDED_METHODS):
            return False
        return super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        wrapped = super().wrap_str_format(value)
        if wrapped is None:
            return None

        def measured(*arguments: Any, **named: Any) -> str:
            _check_format(value.__self__, [*arguments, *named.values()])
            return wrapped(*arguments, **named)

        return measured

    def call(__self, __context: Any, __obj: Any, *arguments: Any, **named: Any) -> Any:
        text, method = getattr(__obj, "__self__", None), getattr(__obj, "__name__", "")
        if isinstance(text, str) and method == "join" and len(arguments) == 1:
            return _join_filter(arguments[0], text)
        if isinstance(text, str) and method == "replace":
            return _replace(text, *arguments, **named)
        result = super().call(__context, __obj, *arguments, **named)
        if isinstance(text, str):
            _count(result)
        return result

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if operator == "%" and isinstance(left, str):
            _check_format(left, right if isinstance(right, tuple) else [right])
        elif operator != "%":
            _spend(_result_size(operator, left, right))
        return super().call_binop(context, operator, left, right)


class _ConcatenationAsSum(NodeTransformer):
    """Turns `a ~ b` into a sum of texts, because Jinja lets only operators be intercepted."""

    def visit_Concat(self, node: nodes.Concat) -> nodes.Expr:
        self.generic_visit(node)
        at = node.lineno
        texts: list[nodes.Expr] = [
            nodes.Filter(part, "string", [], [], None, None, lineno=at) for part in node.nodes
        ]
        return reduce(lambda left, right: nodes.Add(left, right, lineno=at), texts)


@contextmanager
def metered() -> Iterator[None]:
    """Count and time the template lines executed on this thread; raises TooMuch at the limit."""
    left = MAX_LINES
    _spent.characters = 0
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


def _spend(characters: int) -> None:
    """Count what an operation is about to make; raises TooMuch."""
    _spent.characters += characters
    if characters > MAX_CHARACTERS or _spent.characters > MAX_CHARACTERS_IN_ALL:
        raise TooMuch("it builds too large a value")


def _count(result: Any) -> None:
    """Count what was made of a text: it is a few times as large as the text at most."""
    if isinstance(result, str):
        _spend(len(result))
    elif isinstance(result, (list, tuple)):
        _spend(len(result) * PART_CHARACTERS)


def _counted(make: Callable[..., Any]) -> Callable[..., Any]:
    """Have a filter's texts counted; lists hold what was there before."""

    @wraps(make)
    def counted(*arguments: Any, **named: Any) -> Any:
        result = make(*arguments, **named)
        if isinstance(result, str):
            _spend(len(result))
        return result

    return counted


def _result_size(operator: str, left: Any, right: Any) -> int:
    """Return how large a result would be, in characters or items; huge for a huge number."""
    sizes = [len(side) for side in (left, right) if hasattr(side, "__len__")]
    if operator == "+":
        return sum(sizes)
    if sizes:
        factor = right if isinstance(right, int) else left if isinstance(left, int) else 1
        return max(sizes) * abs(factor)
    if isinstance(left, int) and isinstance(right, int):
        grows = left.bit_length() * abs(right) if operator == "**" else 0
        bits = max(grows, left.bit_length() + right.bit_length())
        return MAX_CHARACTERS + 1 if bits > MAX_NUMBER_BITS else 0
    return 0


def _fitting(value: Any) -> Any:
    """Return what is to be written; raises TooMuch if its text would be too large."""
    _measure(value, MAX_CHARACTERS)
    return value


def _measure(value: Any, room: int) -> int:
    """Return what a value's text leaves of `room`; a part counts as often as it is written."""
    room -= len(value) if isinstance(value, str) else PART_CHARACTERS
    if room < 0:
        raise TooMuch("it makes too much text")
    if isinstance(value, dict):
        value = tuple(value.items())
    if isinstance(value, (list, tuple, set)):
        for item in value:
            room = _measure(item, room)
    elif value is not None and not isinstance(value, (str, int, float, Undefined)):
        raise TemplateError(f"a {type(value).__name__} cannot be written")
    return room


def _text(value: Any) -> str:
    return str(_fitting(value))


def _join(separator: str, parts: Iterable[str]) -> str:
    texts: list[str] = []
    room = MAX_CHARACTERS
    for part in parts:
        room -= len(part) + len(separator)
        if room < 0:
            raise TooMuch("it makes too much text")
        texts.append(part)
    _spend(MAX_CHARACTERS - room)
    return separator.join(texts)


def _join_filter(value: Iterable[Any], d: str = "", attribute: Any = None) -> str:
    """Join items, or one attribute of each, by `d` (Jinja's name for the separator)."""
    items = value if attribute is None else (item[attribute] for item in value)
    return _join(str(d), map(_text, items))


def _list(value: Iterable[Any]) -> list[Any]:
    """Make a list of items, or of the characters of a text, each of which takes its own room."""
    items = list(islice(value, MAX_CHARACTERS // PART_CHARACTERS + 1))
    _spend(len(items) * (PART_CHARACTERS if isinstance(value, str) else 1))
    return items


def _replace(text: Any, old: Any, new: Any, count: int = -1) -> str:
    text, old, new = _text(text), _text(old), _text(new)
    times = text.count(old) if old else len(text) + 1
    _spend(len(text) + times * len(new))
    return str(text.replace(old, new, count))


def _indent(text: Any, width: int | str = 4, first: bool = False, blank: bool = False) -> str:
    lines = _text(text).count("\n") + 1
    _spend(lines * (width if isinstance(width, int) else len(width)))
    return do_indent(_text(text), width, first, blank)


def _check_format(form: str, values: Iterable[Any]) -> None:
    """Refuse wide fields, and more text than allowed, for '%' and for str.format alike."""
    size = MAX_CHARACTERS - _measure(list(values), MAX_CHARACTERS)
    fields = form.count("%") + form.count("{")
    if _WIDE_FIELD.search(form) or len(form) + fields * size > MAX_CHARACTERS:
        raise TooMuch("it formats too large a text")


def _to_json(value: Any, indent: int | None = None, **_others: Any) -> str:
    if indent is not None and not 0 <= indent <= 16:
        raise TooMuch("it indents too far")
    return json.dumps(_fitting(value), ensure_ascii=False, indent=indent)
