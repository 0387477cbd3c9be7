"""Chat templates: what honest ones lay out, and what hostile ones cannot do."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.engines import sandbox
from core.engines.gguf import read_header
from core.engines.template import ChatTemplate
from core.errors import UnusableModel
from core.records import ChatMessage, Role

MESSAGES = (
    ChatMessage(Role.SYSTEM, "Be brief."),
    ChatMessage(Role.USER, "Hi"),
    ChatMessage(Role.ASSISTANT, "Hello."),
    ChatMessage(Role.USER, "Who are you?"),
)
GEMMA_LIKE = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}"
    "{{ raise_exception('System role not supported') }}{% endif %}"
    "{% for message in messages %}"
    "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate') }}{% endif %}"
    "{% set role = 'model' if message['role'] == 'assistant' else message['role'] %}"
    "{{ '<start_of_turn>' ~ role ~ '\n' ~ message['content'] | trim ~ '<end_of_turn>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"
)
CHATML_LIKE = ChatTemplate(
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\nYou are a helpful AI assistant<|im_end|>\n' }}{% endif %}"
    "{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}",
    {},
)
TOOLS_LIKE = (
    "{%- macro piece(role, text) -%}[{{ role | upper }}]{{ text | replace('\\r', '') }}"
    "{%- endmacro -%}"
    "{%- set ns = namespace(seen=0) -%}"
    "{%- for message in messages -%}{%- set ns.seen = ns.seen + 1 -%}"
    "{{ piece(message.role, message.content) }}{% if not loop.last %}{{ '\\n' }}{% endif %}"
    "{%- endfor -%}"
    "{{ {'n': ns.seen, 'roles': messages | map(attribute='role') | list} | tojson }}"
    "{{ ', '.join(['a', 'b']) }}{{ ['c', 'd'] | join('-') }}{{ '%s of %d' % ('one', 2) }}"
    "{{ 'x'.replace('x', 'yy') }}{{ '{} {}'.format(1, 'z') }}{{ 'q' * 3 }}{{ 2 ** 3 }}"
)


@pytest.fixture(scope="module")
def starter_template(starter_model_path: Path) -> ChatTemplate:
    """The template of the starter model."""
    source = read_header(starter_model_path).chat_template
    assert source is not None
    return ChatTemplate(source, {"bos_token": "<|im_start|>", "eos_token": "<|im_end|>"})


def unusable(source: str) -> str:
    """Render a template, which must be refused within seconds, and return the refusal."""
    began_s = time.monotonic()
    with pytest.raises(UnusableModel) as refusal:
        ChatTemplate(source, {}).render(MESSAGES)
    assert time.monotonic() - began_s < 10
    assert refusal.value.reason == "chat_template"
    return str(refusal.value)


def test_starter_template_lays_out_chatml(starter_template: ChatTemplate) -> None:
    """Every role gets its marks, and the text ends where the answer begins."""
    assert starter_template.render(MESSAGES) == (
        "<|im_start|>system\nBe brief.<|im_end|>\n"
        "<|im_start|>user\nHi<|im_end|>\n"
        "<|im_start|>assistant\nHello.<|im_end|>\n"
        "<|im_start|>user\nWho are you?<|im_end|>\n"
        "<|im_start|>assistant\n"
    )


def test_model_without_template_gets_chatml(starter_template: ChatTemplate) -> None:
    """No template means the layout that most instruction models know."""
    assert ChatTemplate("", {}).render(MESSAGES) == starter_template.render(MESSAGES)


@given(st.lists(st.text(max_size=40), min_size=1, max_size=9), st.booleans())
@settings(max_examples=40, deadline=None)
def test_a_longer_conversation_begins_like_the_shorter(texts: list[str], system: bool) -> None:
    """What was laid out for n turns is how n + 1 turns begin, so its KV memory can be used."""
    head = [ChatMessage(Role.SYSTEM, "Be brief.")] if system else []
    turns = [
        ChatMessage(Role.ASSISTANT if at % 2 else Role.USER, text) for at, text in enumerate(texts)
    ]
    prompt = "<|im_start|>assistant\n"
    shorter = CHATML_LIKE.render(head + turns).removesuffix(prompt)
    longer = CHATML_LIKE.render([*head, *turns, ChatMessage(Role.USER, "And then?")])
    assert longer.startswith(shorter)


def test_instructions_go_into_the_first_question_where_no_system_role_is_known() -> None:
    """A template that refuses the system role gets the instructions all the same."""
    text = ChatTemplate(GEMMA_LIKE, {"bos_token": "<bos>"}).render(MESSAGES)
    assert text == (
        "<bos><start_of_turn>user\nBe brief.\n\nHi<end_of_turn>\n"
        "<start_of_turn>model\nHello.<end_of_turn>\n"
        "<start_of_turn>user\nWho are you?<end_of_turn>\n"
        "<start_of_turn>model\n"
    )


def test_a_template_may_use_what_published_ones_use() -> None:
    """Macros, namespaces, filters and string methods give what plain Jinja gives."""
    assert ChatTemplate(TOOLS_LIKE, {}).render(MESSAGES[1:3]) == (
        '[USER]Hi\n[ASSISTANT]Hello.{"n": 2, "roles": ["user", "assistant"]}'
        "a, bc-done of 2yy1 zqqq8"
    )


def test_a_refusal_of_the_template_is_passed_on() -> None:
    """What a template itself raises reaches the person who wonders why the model fails."""
    assert "must alternate" in unusable(GEMMA_LIKE.replace("'user') !=", "'tool') !="))


def test_a_long_conversation_is_laid_out_quickly(starter_template: ChatTemplate) -> None:
    """The limits leave room for a thousand long messages."""
    texts = [ChatMessage(Role.USER, f"{number} " + "word " * 500) for number in range(1000)]
    began_s = time.monotonic()
    assert len(starter_template.render(texts)) > 2_500_000
    assert time.monotonic() - began_s < 3


@pytest.mark.parametrize(
    "source",
    [
        "{% for message in messages %}",
        "{{ messages | nonesuch }}",
        "{{ 'open",
        "{% endfor %}",
        "{% include 'other' %}",
        "{{ nonesuch.attribute }}",
        "{{ messages[0]['content'] + 1 }}",
        "{% for a in b %}" * 30 + "{% endfor %}" * 30,
        "(" * 3000 + ")" * 3000 + "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}",
        "{{ 'x' }}" * 50_000,
    ],
)
def test_a_faulty_template_makes_the_model_unusable(source: str) -> None:
    """Whatever is wrong with a template, the error is one of Outpost's own."""
    unusable(source)


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ ''['__class__']['__mro__'] }}",
        "{{ (''|attr('__class__'))|attr('__mro__') }}",
        "{{ messages.__init__.__globals__ }}",
        "{{ raise_exception.__globals__['__builtins__'] }}",
        "{{ strftime_now.__closure__ }}",
        "{{ '{0.__class__.__mro__}'.format('') }}",
        "{{ '{x.__class__.__mro__}'.format_map({'x': ''}) }}",
        "{{ [''] | map(attribute='__class__') | map(attribute='__mro__') | list }}",
        "{{ self.__init__.__globals__ }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{{ joiner.__init__.__globals__.os }}",
        "{{ namespace.__init__.__globals__ }}",
        "{% set messages.x = 1 %}",
        "{{ messages.append(1) }}{{ messages[9].content.x }}",
    ],
)
def test_a_template_cannot_reach_python(source: str) -> None:
    """The known ways out of Jinja's sandbox end in a refusal, or in nothing at all."""
    try:
        written = ChatTemplate(source, {}).render(MESSAGES)
    except UnusableModel:
        written = ""
    assert written == ""


@pytest.mark.parametrize(
    "source",
    [
        "{% for a in range(90000) %}{% for b in range(90000) %}{% endfor %}{% endfor %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% for a in range(90000) %}{% set b = range(90000) | list | length %}{% endfor %}",
        "{% for a in range(9000) %}{% set b = range(90000) | map('string') | sort %}{% endfor %}",
    ],
)
def test_a_template_cannot_run_for_ever(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Endless work ends after a while, whether it is many lines or slow ones."""
    monkeypatch.setattr(sandbox, "MAX_SECONDS", 0.5)
    unusable(source)


GROW = "{% set ns = namespace(s='abcdefgh') %}{% for i in range(40) %}GROWTH{% endfor %}{{ ns.s }}"


@pytest.mark.parametrize(
    "growth",
    [
        "{% set ns.s = ns.s + ns.s %}",
        "{% set ns.s = ns.s ~ ns.s %}",
        "{% set ns.s = ns.s * 2 %}",
        "{% set ns.s = 2 * ns.s %}",
        "{% set ns.s = [ns.s, ns.s] %}",
        "{% set ns.s = (ns.s, ns.s) | join %}",
        "{% set ns.s = ''.join([ns.s, ns.s]) %}",
        "{% set ns.s = ns.s.replace('', ns.s) %}",
        "{% set ns.s = ns.s | replace('h', 'hh') | replace('h', 'hh') | replace('h', 'hh') %}",
        "{% set ns.s = [ns.s, ns.s] | tojson %}",
        "{% set ns.s = [ns.s, ns.s] | string %}",
        "{% set ns.s = '%s%s' % (ns.s, ns.s) %}",
        "{% set ns.s = '{0}{0}'.format(ns.s) %}",
        "{% set ns.s = '{a}{a}'.format_map({'a': ns.s}) %}",
        "{% set c %}{{ ns.s }}{{ ns.s }}{% endset %}{% set ns.s = c %}",
        "{% macro m(x) %}{{ x }}{{ x }}{% endmacro %}{% set ns.s = m(ns.s) %}",
        "{% set ns.s = ns.s.replace('h', 'h\\nh') | indent(1000) %}",
        "{% set ns.s = {'k': [ns.s, ns.s]} %}",
    ],
)
def test_a_text_cannot_be_doubled_for_ever(growth: str) -> None:
    """Forty doublings would make eight terabytes; every way to double ends at the limit."""
    assert "cannot be used" in unusable(GROW.replace("GROWTH", growth))


def test_many_large_values_are_as_much_as_one_giant_one() -> None:
    """A thousand variables of eight megabytes end at the limit like one of eight gigabytes."""
    unusable("".join(f"{{% set a{n} = 'é' * 7000000 %}}" for n in range(1000)))
    unusable("{% set a = ('x ' * 60000) %}" + "{% set b = a.split() %}" * 1000)


@pytest.mark.parametrize(
    "source",
    [
        "{{ 'x' * 10**10 }}",
        "{{ ('x' * 8000000) * 1000 }}",
        "{{ ['x' * 1000000] * 8000000 }}",
        "{{ (['x' * 1000000] * 8000000) | join }}",
        "{{ namespace(a=['x' * 1000000] * 1000000) }}",
        "{{ {'a': ['x' * 1000000] * 1000000}.items() }}",
        "{{ 9**(9**9) }}",
        "{{ 9**8000 * 9**8000 }}",
        "{{ (10**8000)**8000 }}",
        "{{ 1.5 | round(1000000000, 'ceil') }}",
        "{{ 'x'.ljust(10000000000) }}",
        "{{ 'x'.center(10000000000) }}",
        "{{ 'x'.encode().zfill(10000000000) }}",
        "{{ (1).to_bytes(10000000000, 'big') }}",
        "{{ 'x' | center(10000000000) }}",
        "{{ 'x' | indent(10000000000, true) }}",
        "{{ [1] | tojson(indent=10000000000) }}",
        "{{ '%10000000000d' % 1 }}",
        "{{ '%*d' % (10000000000, 1) }}",
        "{{ '{:10000000000}'.format(1) }}",
        "{{ '{:{w}}'.format(1, w=10000000000) }}",
        "{{ '%1000000000d' | format(1) }}",
        "{{ lipsum(1000000000) }}",
        "{{ range(10**9) | list }}",
        "{{ ('é' * 4000000) | list | length }}",
        "{{ (('xé') * 4000000).split('x') | length }}",
        "{{ ('<!---->' * 1000000) | striptags }}",
        "{{ ('&' * 4000000)" + " | forceescape" * 30 + " }}",
    ],
)
def test_a_template_cannot_make_a_giant_value(source: str) -> None:
    """One expression that would fill the memory or never end is refused before it is computed."""
    unusable(source)
