"""How calls are written, learned from templates, and read back from answers."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.engines.template import ChatTemplate
from core.engines.tools import (
    ArgumentsDelta,
    CallBegun,
    CallEvent,
    CallFormat,
    CallReader,
    JsonEnd,
)
from core.records import ChatMessage, Role, TextDelta, Tool, ToolCall
from tests.tool_template import TEMPLATE

HERMES = CallFormat(
    opening='<tool_call>\n{"name": "',
    between='", "arguments": ',
    closing="}\n</tool_call>",
    joint='}\n</tool_call>\n<tool_call>\n{"name": "',
)
LLAMA_LIKE = (
    "{% if tools %}{{ tools | tojson }}{% endif %}{% for m in messages %}"
    "{{ '<|start|>' + m.role + '\n' }}"
    "{% if m.tool_calls %}{% if m.tool_calls | length > 1 %}"
    "{{ raise_exception('one call at a time') }}{% endif %}"
    '{{ \'{"name": "\' + m.tool_calls[0].function.name + \'", "parameters": \' }}'
    "{{ m.tool_calls[0].function.arguments | tojson }}{{ '}' }}"
    "{% else %}{{ m.content }}{% endif %}{{ '<|end|>' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|start|>assistant\n' }}{% endif %}"
)
TEXT_ARGUMENTS = (
    "{% for tool in tools or [] %}{{ tool.function.name }}{% endfor %}"
    "{% for m in messages %}{{ '[' + m.role + ']' + m.content }}"
    "{% for call in m.tool_calls or [] %}{{ '<call=' + call.function.name + '>' }}"
    "{{ call.function.arguments + '</call>' }}{% endfor %}{{ '[end]' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '[assistant]' }}{% endif %}"
)
IGNORES_TOOLS = (
    "{% for m in messages %}{{ m.role + ': ' + m.content + '\n' }}{% endfor %}assistant: "
)
SHOWS_BUT_CANNOT_CALL = "{{ tools }}" + IGNORES_TOOLS


def test_a_template_shows_how_calls_are_written() -> None:
    """Opening, middle, end and what joins two calls come out of the template itself."""
    assert ChatTemplate(TEMPLATE, {}).call_format == HERMES


def test_a_template_for_one_call_has_no_joint() -> None:
    """A template that refuses two calls is one for single calls."""
    form = ChatTemplate(LLAMA_LIKE, {}).call_format
    assert form == CallFormat('{"name": "', '", "parameters": ', "}", None)
    assert form.lead == '{"name": "'


def test_arguments_may_be_wanted_as_text() -> None:
    """A template that joins the arguments to a text gets them as JSON text, then and later."""
    template = ChatTemplate(TEXT_ARGUMENTS, {})
    form = template.call_format
    assert form == CallFormat("<call=", ">", "</call>", "</call><call=")
    called = ChatMessage(Role.ASSISTANT, "", (ToolCall("1", "f", '{"a": 1}'),))
    assert '<call=f>{"a": 1}</call>' in template.render([called])


@pytest.mark.parametrize("source", [IGNORES_TOOLS, SHOWS_BUT_CANNOT_CALL, ""])
def test_a_template_without_tools_says_so(source: str) -> None:
    """No form is made up for a template that shows none."""
    assert ChatTemplate(source, {}).call_format is None


def test_tools_and_results_are_laid_out() -> None:
    """The template gets tools, past calls and what the functions returned."""
    tool = Tool("weather", "Tells the weather.", '{"type": "object", "properties": {}}')
    text = ChatTemplate(TEMPLATE, {}).render(
        [
            ChatMessage(Role.USER, "Paris?"),
            ChatMessage(Role.ASSISTANT, "", (ToolCall("c1", "weather", '{"city": "Paris"}'),)),
            ChatMessage(Role.TOOL, "sunny", tool_call_id="c1"),
        ],
        [tool],
    )
    assert '"name": "weather", "description": "Tells the weather."' in text
    assert '<tool_call>\n{"name": "weather", "arguments": {"city": "Paris"}}\n</tool_call>' in text
    assert "<tool_response>\nsunny\n</tool_response>" in text


# ---------------------------------------------------------------- reading


def read(text: str, cuts: list[int], form: CallFormat = HERMES) -> list[CallEvent]:
    """Read an answer that comes in pieces cut at these places."""
    reader = CallReader(form, frozenset({"f", "g"}))
    places = [0, *sorted(cut % (len(text) + 1) for cut in cuts), len(text)]
    pieces = [text[start:end] for start, end in pairwise(places)]
    return [event for piece in pieces for event in reader.push(piece)] + reader.end()


def summed(events: list[CallEvent]) -> tuple[str, list[tuple[str, str]]]:
    """Return the text and the calls with their arguments."""
    text, calls = "", list[tuple[str, str]]()
    for event in events:
        if isinstance(event, TextDelta):
            text += event.text
        elif isinstance(event, CallBegun):
            calls.append((event.name, ""))
        else:
            calls[-1] = (calls[-1][0], calls[-1][1] + event.text)
    return text, calls


CUTS = st.lists(st.integers(0, 1000), max_size=12)


@given(CUTS, st.dictionaries(st.text(max_size=5), st.text('ab{}[]"\\ü', max_size=8), max_size=3))
def test_calls_are_read_however_they_are_cut(cuts: list[int], arguments: dict[str, str]) -> None:
    """Text before, names and arguments come out whole, whatever brackets the arguments hold."""
    written = json.dumps(arguments)
    text = (
        f'So: <tool_call>\n{{"name": "f", "arguments": {written}}}\n</tool_call>\n'
        f'<tool_call>\n{{"name": "g", "arguments": {{}}}}\n</tool_call>'
    )
    said, calls = summed(read(text, cuts))
    assert said == "So: "
    assert [(name, json.loads(text)) for name, text in calls] == [("f", arguments), ("g", {})]


@given(CUTS, st.text('<tol_ca>\n{"name: fx', max_size=60))
def test_what_is_no_call_stays_text(cuts: list[int], text: str) -> None:
    """Beginnings of a call and names of no tool are text, and none of it is lost."""
    assert summed(read(text.replace('": "f', ""), cuts)) == (text.replace('": "f', ""), [])


def test_a_call_of_no_tool_is_text() -> None:
    """A function that was not offered is not called."""
    text = '<tool_call>\n{"name": "other", "arguments": {}}\n</tool_call>'
    assert summed(read(text, [])) == (text, [])


def test_a_call_cut_short_keeps_what_there_is() -> None:
    """An answer that ends inside a call has the arguments written so far."""
    _, calls = summed(read('<tool_call>\n{"name": "f", "arguments": {"a": "b', []))
    assert calls == [("f", '{"a": "b')]


@given(st.recursive(st.none() | st.text(), lambda each: st.lists(each), max_leaves=8), CUTS)
def test_the_end_of_json_is_found(value: object, cuts: list[int]) -> None:
    """The end is where the outermost bracket closes, brackets in texts not counted."""
    written = json.dumps({"v": value})
    scanner, seen = JsonEnd(), 0
    places = [0, *sorted(cut % len(written) for cut in cuts), len(written)]
    for start, end in pairwise(places):
        found = scanner.end_in(written[start:end] + ("} rest" if end == len(written) else ""))
        if found is not None:
            seen = start + found
    assert seen == len(written)


def test_each_call_has_an_id_of_its_own() -> None:
    """A client can tell two calls of the same function apart."""
    call = '{"name": "f", "arguments": {}}'
    events = read(f"<tool_call>\n{call}\n</tool_call>\n<tool_call>\n{call}\n</tool_call>", [])
    begun = [event for event in events if isinstance(event, CallBegun)]
    assert len({event.id for event in begun}) == 2
    assert all(isinstance(event, (CallBegun, ArgumentsDelta)) for event in events)
