"""How a model asks for tools, learned from its own chat template, and read back from its answer.

Every model family writes its calls in a form of its own. The template that lays out a past call
shows that form: a call with known names is rendered, and what stands around the names is the form.
The engine makes a grammar of it, so that whatever the model writes can be read back here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from core.errors import UnusableModel
from core.records import ChatMessage, Role, TextDelta, Tool, ToolCall, new_id

Render = Callable[[Sequence[ChatMessage], Sequence[Tool]], str]
"""Lays out messages and tools, ending where the assistant's answer begins."""

_QUESTION = ChatMessage(Role.USER, "question")
_NEXT = ChatMessage(Role.USER, "next")
_TOOL = Tool("probe_tool", "probe", '{"type": "object", "properties": {}}')
_CALLS = (
    ToolCall("probe0001", "probe_first", '{"probe": "one"}'),
    ToolCall("probe0002", "probe_second", '{"probe": "two"}'),
)


@dataclass(frozen=True, slots=True)
class CallFormat:
    """What stands around the names and arguments of calls: literal texts of the template."""

    opening: str
    """From the answer's beginning to the first name."""
    between: str
    """From a name to its arguments, which are a JSON object."""
    closing: str
    """From the last arguments to the end of the answer."""
    joint: str | None = None
    """From one call's arguments to the next one's name; None if one call is all there can be."""

    @property
    def lead(self) -> str:
        """The part of the opening that no plain text has: what comes before its JSON, if any."""
        return self.opening.partition("{")[0].rstrip(" \n[") or self.opening


@dataclass(frozen=True, slots=True)
class CallRules:
    """Which tools an answer may ask for."""

    format: CallFormat
    tools: tuple[Tool, ...]
    required: bool = False
    """The answer has to be a call; else it may be text, or text and then a call."""
    parallel: bool = True
    """Several calls may be made at once."""


def learned_format(render: Render) -> CallFormat | None:
    """Return the form in which a template writes calls; None where it knows no tools."""
    single, both = _shown_form(render, _CALLS[:1]), _shown_form(render, _CALLS)
    if single and both and (both.opening, both.closing) == (single.opening, single.closing):
        return both
    return single


def _shown_form(render: Render, calls: Sequence[ToolCall]) -> CallFormat | None:
    try:
        if _TOOL.name not in render([_QUESTION], [_TOOL]):
            return None
        return _format_of(_rendered(render, calls), calls)
    except UnusableModel:
        return None


def _rendered(render: Render, calls: Sequence[ToolCall]) -> str:
    """Return what an assistant's message with these calls, and nothing else, looks like."""
    tools = [_TOOL]
    begin = render([_QUESTION], tools)
    marked = render([_QUESTION, ChatMessage(Role.ASSISTANT, "mark"), _NEXT], tools)
    called = render([_QUESTION, ChatMessage(Role.ASSISTANT, "", tuple(calls)), _NEXT], tools)
    if not (marked.startswith(begin) and called.startswith(begin)):
        return ""
    end = marked[len(begin) :].partition("mark")[2]
    return called[len(begin) :].removesuffix(end) if called.endswith(end) else ""


def _format_of(text: str, calls: Sequence[ToolCall]) -> CallFormat | None:
    """Cut the names and arguments out of a rendered message; None if they cannot be found."""
    literals = []
    for call in calls:
        before, found, text = text.partition(call.name)
        between, brace, _ = text.partition("{")
        scanner = JsonEnd()
        end = scanner.end_in(text[len(between) :])
        if not (found and brace) or end is None:
            return None
        arguments, text = text[len(between) :][:end], text[len(between) + end :]
        if _parsed(arguments) != json.loads(call.arguments):
            return None
        literals += [before, between]
    if any(between != literals[1] for between in literals[1::2]):
        return None
    joint = literals[2] if len(calls) > 1 else None
    return CallFormat(literals[0], literals[1], text, joint) if literals[0] else None


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return None


@dataclass(slots=True)
class JsonEnd:
    """Finds where a JSON object or array ends, however its text is cut into pieces."""

    depth: int = 0
    in_text: bool = False
    escaped: bool = False

    def end_in(self, piece: str) -> int | None:
        """Return how many characters of the piece belong to the value, None if all and more."""
        for at, sign in enumerate(piece):
            if self.escaped:
                self.escaped = False
            elif self.in_text:
                self.escaped = sign == "\\"
                self.in_text = sign != '"'
            elif sign == '"':
                self.in_text = True
            elif sign in "{[":
                self.depth += 1
            elif sign in "}]":
                self.depth -= 1
                if self.depth == 0:
                    return at + 1
        return None


@dataclass(frozen=True, slots=True)
class CallBegun:
    """The model asks for a function; its arguments follow."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class ArgumentsDelta:
    """A piece of the JSON arguments of the call that began last."""

    text: str


CallEvent = TextDelta | CallBegun | ArgumentsDelta


@dataclass(slots=True)
class CallReader:
    """Reads calls out of an answer as it comes in; what is no call stays text."""

    format: CallFormat
    names: frozenset[str]
    called: bool = False
    _held: str = ""
    _state: Callable[[], list[CallEvent] | None] = field(init=False)
    _json: JsonEnd = field(default_factory=JsonEnd)

    def __post_init__(self) -> None:
        self._state = self._text

    def push(self, piece: str) -> list[CallEvent]:
        """Take a piece of the answer; return what is certain by now."""
        self._held += piece
        events: list[CallEvent] = []
        while (found := self._state()) is not None:
            events += found
        return events

    def end(self) -> list[CallEvent]:
        """Return what was held back, once nothing more comes."""
        rest, self._held = self._held, ""
        return [TextDelta(rest)] if rest and self._state == self._text else []

    # Each state takes what it understands off the held text; None means it needs more.

    def _text(self) -> list[CallEvent] | None:
        opening = self.format.opening
        text, found, rest = self._held.partition(opening)
        if found:
            self._held, self._state = rest, self._name
            return [TextDelta(text)] if text else []
        keep = next(
            size
            for size in range(min(len(opening) - 1, len(text)), -1, -1)
            if text.endswith(opening[:size])
        )
        self._held = text[len(text) - keep :]
        shown = text[: len(text) - keep]
        return [TextDelta(shown)] if shown else None

    def _name(self) -> list[CallEvent] | None:
        name, found, rest = self._held.partition(self.format.between)
        if not found:
            return None
        if name not in self.names:  # text that only looks like a call
            self._held, self._state = self.format.opening + self._held, self._plain
            return []
        self._held, self._state, self._json = rest, self._arguments, JsonEnd()
        self.called = True
        return [CallBegun(new_id("call"), name)]

    def _plain(self) -> list[CallEvent] | None:
        text, self._held = self._held, ""
        return [TextDelta(text)] if text else None

    def _arguments(self) -> list[CallEvent] | None:
        if not self._held:
            return None
        end = self._json.end_in(self._held)
        if end is not None:
            self._state = self._after
        text, self._held = self._held[:end], self._held[end:] if end is not None else ""
        return [ArgumentsDelta(text)]

    def _after(self) -> list[CallEvent] | None:
        joint, text = (self.format.joint or "").lstrip(), self._held.lstrip()
        if not joint or not text.startswith(joint):
            return None
        self._held, self._state = text[len(joint) :], self._name
        return []
