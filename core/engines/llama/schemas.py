"""JSON schemas as grammars: llama-cpp-python's converter, and what it leaves out.

It knows neither bounds of numbers nor that control characters have to be escaped in a string, and
it passes over what a grammar cannot express, so that answers would break their schema. Bounds are
made into rules here, strings are mended, and the rest is refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from math import ceil, floor
from typing import Any

from llama_cpp import llama_grammar

INEXPRESSIBLE = frozenset(
    (
        *("multipleOf", "uniqueItems", "not", "if", "then", "else", "propertyNames"),
        *("minProperties", "maxProperties", "patternProperties"),
        *("contains", "minContains", "maxContains", "dependentRequired", "dependentSchemas"),
    )
)
"""Keywords of JSON Schema that no grammar of a sensible size can hold an answer to."""
_OF_NAMES = frozenset(("properties", "$defs", "definitions"))
"""Keywords whose value names schemas."""
_OF_VALUES = frozenset(("const", "enum", "default", "examples", "required"))
"""Keywords whose value is no schema."""
_BOUNDS = frozenset(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"))
_MOST = 10**15 - 1
"""The largest integer that is written where a schema names no bound."""
_LOOSE, _STRICT = r'[^"\\] |', r'[^"\\\x7F\x00-\x1F] |'


def gbnf(schema: Mapping[str, Any] | bool) -> str:
    """Return the grammar of all answers that follow the schema, or some of them.

    Raises ValueError for what no grammar can express, and whatever a strange schema makes the
    converter stumble on.
    """
    described = {} if schema is True else schema
    for keyword in _keywords(described):
        if keyword in INEXPRESSIBLE:
            raise ValueError(f"'{keyword}' cannot be kept to while an answer is written")
    converter = _Converter(prop_order={}, allow_fetch=False, dotall=False, raw_pattern=False)
    converter.visit(converter.resolve_refs(described, "schema"), "")
    return str(converter.format_grammar()).replace(_LOOSE, _STRICT)


def _keywords(schema: object) -> Iterator[str]:
    """Yield the keywords of a schema and of the schemas in it."""
    if isinstance(schema, Mapping):
        for keyword, value in schema.items():
            yield keyword
            inner = value.values() if keyword in _OF_NAMES and isinstance(value, Mapping) else ()
            for each in inner or (() if keyword in _OF_VALUES | _OF_NAMES else (value,)):
                yield from _keywords(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from _keywords(each)


_Untyped: Any = llama_grammar.SchemaConverter


class _Converter(_Untyped):  # type: ignore[misc]
    def visit(self, schema: Mapping[str, Any], name: str) -> str:
        """Add the rule of a schema; numbers with bounds get one of their own."""
        if schema.get("type") in ("integer", "number") and _BOUNDS & schema.keys():
            lowest, highest = _bounds(schema)
            whole = schema["type"] == "integer"
            rule = integers(lowest, highest) if whole else numbers(lowest, highest)
            added: str = self._add_rule(f"{name}-within" if name else "root", f"({rule}) space")
            return added
        return str(super().visit(schema, name))


def _bounds(schema: Mapping[str, Any]) -> tuple[int, int]:
    """Return the lowest and highest integer within the bounds; raises ValueError for none."""
    lowest = max(
        ceil(schema.get("minimum", -_MOST)), floor(schema.get("exclusiveMinimum", -_MOST - 1)) + 1
    )
    highest = min(
        floor(schema.get("maximum", _MOST)), ceil(schema.get("exclusiveMaximum", _MOST + 1)) - 1
    )
    if lowest > highest:
        raise ValueError(f"there is no integer within the bounds of {json.dumps(dict(schema))}")
    return lowest, highest


def integers(lowest: int, highest: int) -> str:
    """Return a rule for the integers from `lowest` to `highest`."""
    ways = []
    if lowest < 0:
        ways += [f'"-" {way}' for way in _naturals(max(1, -highest), -lowest)]
    if highest >= 0:
        ways += _naturals(max(0, lowest), highest)
    return " | ".join(ways)


def numbers(lowest: int, highest: int) -> str:
    """Return a rule for the integers between two, and for what lies between them."""
    fraction = '("." [0-9] [0-9]? [0-9]? [0-9]? [0-9]? [0-9]?)?'
    ways = [f"({integers(lowest, highest)})"]
    if highest > max(lowest, 0):
        ways.append(f"({integers(max(lowest, 0), highest - 1)}) {fraction}")
    if lowest < min(highest, 0):
        ways.append(f"({integers(lowest + 1, min(highest, -1))}) {fraction}")
    return " | ".join(way for way in ways if not way.startswith("()"))


def _naturals(lowest: int, highest: int) -> list[str]:
    """Return digit patterns that together match the numbers from `lowest` to `highest`.

    The range is cut where all digits after some place can be anything: 7 to 312 becomes 7-9,
    10-99, 100-299, 300-309 and 310-312.
    """
    ways, start = [], lowest
    while start <= highest:
        step = 1
        while start % (step * 10) == 0 and start + step * 10 - 1 <= highest and start:
            step *= 10
        last_digit_from = start // step % 10
        most = min(9, last_digit_from + (highest - start + 1) // step - 1)
        if not start:
            most = min(9, highest)
        prefix = str(start // step)[:-1]
        ways.append(_digits(prefix, last_digit_from, most, len(str(step)) - 1))
        start += (most - last_digit_from + 1) * step
    return ways


def _digits(prefix: str, first: int, last: int, free: int) -> str:
    """Return a pattern: a fixed beginning, one digit in a range, and any digits after it."""
    parts = [f'"{prefix}"'] if prefix else []
    return " ".join([*parts, f"[{first}-{last}]", *["[0-9]"] * free])
