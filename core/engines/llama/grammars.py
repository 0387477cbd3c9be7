"""Grammars in llama.cpp's notation, GBNF: from JSON schemas, and for asking for tools."""

from __future__ import annotations

import json
import re

from core.engines.tools import CallRules
from core.errors import InvalidInput
from core.records import Sampling

MAX_GRAMMAR = 100_000
"""Characters of a grammar or schema; larger ones are refused rather than parsed for minutes."""
_ESCAPED = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_ESCAPED_IN_CLASS = {**_ESCAPED, "]": "\\]", "[": "\\[", "^": "\\x5E", "-": "\\x2D"}


def wanted_grammar(sampling: Sampling, calls: CallRules | None = None) -> str | None:
    """Return the grammar that an answer has to follow, None where it may be anything.

    Raises InvalidInput for a schema that cannot be turned into one, and for sizes.
    """
    text, param = sampling.grammar, "grammar"
    if sampling.json_schema is not None:
        text, param = schema_grammar(sampling.json_schema), "json_schema"
    if calls is not None:
        text, param = calls_grammar(calls, text), "tools"
    if text is None:
        return None
    if not text.strip():
        raise InvalidInput("The grammar is empty.", param=param)
    if len(text) > MAX_GRAMMAR:
        raise InvalidInput(f"The grammar exceeds {MAX_GRAMMAR} characters.", param=param)
    return text


def schema_grammar(schema: str, param: str = "json_schema") -> str:
    """Turn a JSON schema into a GBNF grammar; raises InvalidInput for what cannot be turned."""
    from core.engines.llama.schemas import gbnf

    if len(schema) > MAX_GRAMMAR:
        raise InvalidInput(f"The schema exceeds {MAX_GRAMMAR} characters.", param=param)
    try:
        described = json.loads(schema)
        if not isinstance(described, dict | bool):
            raise ValueError("it is not an object")
        return gbnf(described)
    except Exception as error:  # the converter raises whatever a strange schema makes it stumble on
        raise InvalidInput(f"The JSON schema cannot be used: {error}.", param=param) from error


def calls_grammar(rules: CallRules, content: str | None = None) -> str:
    """Return the grammar of an answer that asks for tools.

    One that need not ask is free text, or follows the grammar `content`; as soon as free text
    contains what opens a call, the rest of the call has to follow.
    """
    form = rules.format
    body = "call"
    if rules.parallel and form.joint is not None:
        body += f" ({literal(form.joint)} call)*"
    body += f" {literal(form.closing)}"
    lines = _call_rules(rules)
    whole = f"{literal(form.opening)} {body}"
    if rules.required:
        lines.append(f"root ::= {whole}")
    elif content is not None:
        lines += [f"root ::= content-root | {whole}", _prefixed(content, "content")]
    else:
        rest = form.opening[len(form.lead) :]
        lines += ["root ::= free-0", *_free_text(form.lead, f"{literal(rest)} {body}")]
    return "\n".join(lines)


def literal(text: str) -> str:
    """Write a text as GBNF; the empty one too."""
    return '"' + "".join(_ESCAPED.get(sign, sign) for sign in text) + '"'


def _call_rules(rules: CallRules) -> list[str]:
    """Write one rule for each tool: its name, then arguments that follow its schema."""
    lines = []
    for number, tool in enumerate(rules.tools):
        lines.append(_prefixed(schema_grammar(tool.parameters, "tools"), f"tool-{number}"))
        named = literal(tool.name + rules.format.between)
        lines.append(f"call-{number} ::= {named} tool-{number}-root")
    names = " | ".join(f"call-{number}" for number in range(len(rules.tools)))
    return [*lines, f"call ::= {names}"]


_TEXT_OR_CLASS = r'"(?:[^"\\]|\\.)*"|\[(?:[^\]\\]|\\.)*\]'
_NAME = re.compile(rf"{_TEXT_OR_CLASS}|#[^\n]*|([a-zA-Z_][a-zA-Z0-9_-]*)")


def _prefixed(grammar: str, prefix: str) -> str:
    """Rename every rule, so that several grammars can stand in one."""

    def renamed(match: re.Match[str]) -> str:
        return f"{prefix}-{match[1]}" if match[1] else match[0]

    return _NAME.sub(renamed, grammar)


def _free_text(lead: str, rest: str) -> list[str]:
    """Write the rules of any text in which `lead` has to be followed by `rest`.

    Rule free-N is the state in which the last N characters are the first of the lead: the
    automaton of Knuth, Morris and Pratt, SIAM J. Comput. 1977, one rule for each of its states.
    """
    signs = sorted(set(lead))
    lines = []
    for state in range(len(lead)):
        ways = [f"{literal(sign)} {_state_after(lead, state, sign)}" for sign in signs]
        others = "".join(_ESCAPED_IN_CLASS.get(sign, sign) for sign in signs)
        lines.append(f'free-{state} ::= {" | ".join(ways)} | [^{others}] free-0 | ""')
    return [*lines, f"free-{len(lead)} ::= {rest}"]


def _state_after(lead: str, state: int, sign: str) -> str:
    read = lead[:state] + sign
    sizes = range(min(len(read), len(lead)), -1, -1)
    return f"free-{next(size for size in sizes if read.endswith(lead[:size]))}"
