"""Answers that have to follow a grammar, above all when they ask for tools."""

from __future__ import annotations

import json

import pytest

from core.engines.base import Extras
from core.engines.llama.engine import LlamaEngine
from core.engines.llama.grammars import calls_grammar, literal
from core.engines.tools import CallFormat, CallRules
from core.errors import InvalidInput
from core.records import Sampling, Tool
from core.streams import Cancel
from tests.core.engines.llama.asking import GREEDY, Answer, ask, prompt

WEATHER = Tool(
    "get_weather",
    "Tells the weather of a city.",
    json.dumps(
        {
            "type": "object",
            "properties": {"city": {"type": "string"}, "unit": {"enum": ["C", "F"]}},
            "required": ["city", "unit"],
        }
    ),
)
FORM = CallFormat(
    opening='<tool_call>\n{"name": "',
    between='", "arguments": ',
    closing="}\n</tool_call>",
    joint='}\n</tool_call>\n<tool_call>\n{"name": "',
)


def asked(engine: LlamaEngine, rules: CallRules, sampling: Sampling) -> Answer:
    """Ask something, with tools."""
    events = engine.generate(
        prompt(engine, "What is the weather in Paris?"), sampling, Cancel(), Extras(calls=rules)
    )
    return Answer().take(events)


@pytest.mark.model
def test_a_required_call_follows_the_tools_schema(engine: LlamaEngine) -> None:
    """However small the model, a required call is one, with arguments of the schema."""
    rules = CallRules(FORM, (WEATHER,), required=True, parallel=False)
    text = asked(engine, rules, Sampling(temperature=0.0, max_tokens=80)).text
    assert text.startswith(FORM.opening + "get_weather" + FORM.between)
    assert text.endswith(FORM.closing)
    arguments = json.loads(text.partition(FORM.between)[2].removesuffix(FORM.closing))
    assert set(arguments) == {"city", "unit"}
    assert arguments["unit"] in ("C", "F")


@pytest.mark.model
def test_free_text_stays_free_until_a_call_opens(engine: LlamaEngine) -> None:
    """A tool that may be asked for changes nothing in an answer that does not; an opened call
    has to be a right one."""
    may = CallRules(FORM, (WEATHER,), required=False)
    plain = ask(engine, prompt(engine, "What is the weather in Paris?"), GREEDY)
    assert asked(engine, may, GREEDY).text == plain.text
    word = plain.deltas[0]  # taken as what opens a call
    opened = CallRules(CallFormat(word, FORM.between, FORM.closing), (WEATHER,))
    text = asked(engine, opened, Sampling(temperature=0.0, max_tokens=60)).text
    assert text.startswith(word + "get_weather" + FORM.between)


@pytest.mark.model
def test_a_call_or_a_schema(engine: LlamaEngine) -> None:
    """With a schema for the answer and a tool that may be asked for, it is one of the two."""
    may = CallRules(FORM, (WEATHER,), required=False)
    schema = '{"type": "object", "properties": {"a": {"const": 1}}, "required": ["a"]}'
    text = asked(engine, may, Sampling(temperature=0.0, max_tokens=60, json_schema=schema)).text
    if not text.startswith(FORM.opening):
        assert json.loads(text) == {"a": 1}


@pytest.mark.model
def test_a_grammar_that_leads_nowhere_ends_its_own_answer_only(engine: LlamaEngine) -> None:
    """llama.cpp would abort the whole process; the request is refused and the engine goes on."""
    tokens = prompt(engine, "Hi")
    dead_end = Sampling(temperature=0.0, max_tokens=8, grammar='root ::= "a" [^\\x00-\\U0010FFFF]')
    with pytest.raises(InvalidInput, match="dead end"):
        ask(engine, tokens, dead_end)
    assert ask(engine, tokens).text


def test_literals_are_written_whole() -> None:
    """Quotes, backslashes and line breaks of a template are escaped."""
    assert literal('a"b\\c\nd') == '"a\\"b\\\\c\\nd"'


def test_two_tools_do_not_share_rules() -> None:
    """The same property of two tools follows the schema of its own tool."""
    tools = tuple(
        Tool(name, "", json.dumps({"type": "object", "properties": {"x": {"type": kind}}}))
        for name, kind in (("f", "string"), ("g", "integer"))
    )
    text = calls_grammar(CallRules(FORM, tools, required=True))
    lines = [line.partition(" ::= ") for line in text.splitlines()]
    names = [name for name, _, _ in lines]
    assert len(set(names)) == len(names)
    rules = {name: rule for name, _, rule in lines}
    assert rules["tool-0-x-kv"].endswith("tool-0-string")
    assert rules["tool-1-x-kv"].endswith("tool-1-integer")


def test_a_schema_that_cannot_be_used_is_refused() -> None:
    """A reference to another machine is not followed but refused, naming the field."""
    tool = Tool("f", "", '{"$ref": "https://127.0.0.1/schema.json"}')
    with pytest.raises(InvalidInput) as refusal:
        calls_grammar(CallRules(FORM, (tool,)))
    assert refusal.value.param == "tools"
