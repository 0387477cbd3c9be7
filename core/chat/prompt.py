"""Lays out a turn as a prompt within the context, and writes the ledger of what went in.

Pure. System text and history come first and stay the same from turn to turn, so that the model's
KV memory of them is reused; passages and question come last. What does not fit is left out in a
fixed order (passages of old turns, then old turns, then the lowest-ranked passages) and every
omission stands in the ledger.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from core.agents.instructions import instructions
from core.errors import ContextExceeded
from core.records import (
    AgentDraft,
    AgentType,
    ChatMessage,
    ContextPolicy,
    Ledger,
    LedgerEntry,
    LedgerKind,
    Passage,
    Role,
)

SOURCES_HEADING = "Here is what the documents say."
SOURCES_TASK = "Answer in a few sentences, from the sources."
SOURCES_STOP = ("<source", "</source")
"""The layout was chosen by trying others on the starter model. Sources numbered like a list make
it go on writing the list, file names in the tags make it write about files; and where it begins
to write a source of its own, its answer has ended."""
_OWN_TAG = re.compile(r"<(?=/?source)", re.IGNORECASE)
LABEL_CHARACTERS = 60


class Tokenizer(Protocol):
    """What is needed of an engine session to lay out a prompt."""

    def count(self, text: str) -> int: ...

    def prompt_tokens(self, messages: Sequence[ChatMessage]) -> list[int]: ...


@dataclass(frozen=True, slots=True)
class PastTurn:
    """A question of the conversation with its answer, and the passages shown with it."""

    question: str
    answer: str
    passages: tuple[Passage, ...] = ()


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the model is given, and what was decided on the way."""

    tokens: list[int]
    ledger: Ledger
    passages: tuple[Passage, ...]
    """The passages that are in the prompt, numbered from 1 in this order."""


@dataclass(slots=True)
class _Layout:
    """The choice of parts, narrowed until it fits."""

    system: str
    question: str
    history: list[PastTurn]
    passages: list[Passage]
    policy: ContextPolicy
    dropped: list[LedgerEntry] = field(default_factory=list)

    def messages(self) -> list[ChatMessage]:
        messages = [ChatMessage(Role.SYSTEM, self.system)] if self.system else []
        for turn in self.history:
            messages.append(ChatMessage(Role.USER, with_sources(turn.question, turn.passages)))
            messages.append(ChatMessage(Role.ASSISTANT, turn.answer))
        messages.append(ChatMessage(Role.USER, with_sources(self.question, self.passages)))
        return messages


def build_prompt(
    draft: AgentDraft,
    history: Sequence[PastTurn],
    question: str,
    passages: Sequence[Passage],
    tokenizer: Tokenizer,
    context_tokens: int,
) -> Prompt:
    """Choose what fits into `context_tokens` less the room reserved for the answer.

    Raises ContextExceeded if instructions and question alone do not fit, or if the agent's policy
    is to refuse rather than to drop turns.
    """
    reserved = min(draft.sampling.max_tokens, context_tokens // 2)
    budget = context_tokens - reserved
    layout = _Layout(
        instructions(draft), question, list(history), list(passages), draft.context_policy
    )
    if draft.type is AgentType.RAG:
        _limit_passages(layout, tokenizer, draft.retrieval.budget_tokens)
    if layout.policy is not ContextPolicy.REFUSE:
        _narrow_by_estimate(layout, tokenizer, budget)
    tokens = tokenizer.prompt_tokens(layout.messages())
    while len(tokens) > budget:
        if not _drop_one(layout, tokenizer):
            raise ContextExceeded(len(tokens) + reserved, context_tokens)
        tokens = tokenizer.prompt_tokens(layout.messages())
    ledger = Ledger(context_tokens, reserved, _entries(layout, tokenizer, len(tokens)))
    return Prompt(tokens, ledger, tuple(layout.passages))


def with_sources(question: str, passages: Sequence[Passage]) -> str:
    """Return the user's text as the model sees it: numbered sources, the question, the task."""
    if not passages:
        return question
    sources = "\n\n".join(_tagged(number, each) for number, each in enumerate(passages, 1))
    return f"{SOURCES_HEADING}\n\n{sources}\n\n{question}\n\n{SOURCES_TASK}"


def _tagged(number: int, passage: Passage) -> str:
    return f"<source {number}>\n{_without_tags(passage.text.strip())}\n</source>"


def _without_tags(text: str) -> str:
    """Break up the tags that a document writes itself, so that it cannot pose as another one."""
    return _OWN_TAG.sub("<\u200b", text)


def source_name(passage: Passage) -> str:
    """Return where a passage stands, such as 'Guide.pdf, page 3'."""
    if passage.first_page is None:
        return passage.document_name
    if passage.last_page in (None, passage.first_page):
        return f"{passage.document_name}, page {passage.first_page}"
    return f"{passage.document_name}, pages {passage.first_page}-{passage.last_page}"


def _limit_passages(layout: _Layout, tokenizer: Tokenizer, budget: int) -> None:
    used = 0
    kept: list[Passage] = []
    for passage in layout.passages:
        size = tokenizer.count(_tagged(1, passage))
        if used + size <= budget:
            kept.append(passage)
            used += size
        else:
            layout.dropped.append(_passage_entry(passage, size, included=False))
    layout.passages = kept


def _narrow_by_estimate(layout: _Layout, tokenizer: Tokenizer, budget: int) -> None:
    """Drop old turns by the sum of their parts, so that laying out happens but a few times."""
    size = tokenizer.count(layout.system)
    size += tokenizer.count(with_sources(layout.question, layout.passages))
    size += sum(_turn_tokens(turn, tokenizer) for turn in layout.history)
    while layout.history and size > budget:
        size -= _drop_oldest(layout, tokenizer)


def _drop_one(layout: _Layout, tokenizer: Tokenizer) -> bool:
    """Leave out one more part; False if nothing more may go."""
    if layout.history and layout.policy is not ContextPolicy.REFUSE:
        _drop_oldest(layout, tokenizer)
        return True
    if layout.passages:
        passage = layout.passages.pop()
        size = tokenizer.count(_tagged(1, passage))
        layout.dropped.append(_passage_entry(passage, size, included=False))
        return True
    return False


def _drop_oldest(layout: _Layout, tokenizer: Tokenizer) -> int:
    """Leave out the passages of the oldest turn that has any, else a turn as the policy says.

    Returns how many tokens that frees.
    """
    for at, turn in enumerate(layout.history):
        if turn.passages:
            bare = PastTurn(turn.question, turn.answer)
            size = _turn_tokens(turn, tokenizer) - _turn_tokens(bare, tokenizer)
            label = f"passages of: {_label(turn.question)}"
            layout.dropped.append(LedgerEntry(LedgerKind.HISTORY, label, size, included=False))
            layout.history[at] = bare
            return size
    keeps_first = layout.policy is ContextPolicy.KEEP_ENDS and len(layout.history) > 1
    turn = layout.history.pop(1 if keeps_first else 0)
    size = _turn_tokens(turn, tokenizer)
    layout.dropped.append(
        LedgerEntry(LedgerKind.HISTORY, _label(turn.question), size, included=False)
    )
    return size


def _turn_tokens(turn: PastTurn, tokenizer: Tokenizer) -> int:
    return tokenizer.count(with_sources(turn.question, turn.passages)) + tokenizer.count(
        turn.answer
    )


def _entries(layout: _Layout, tokenizer: Tokenizer, total: int) -> tuple[LedgerEntry, ...]:
    """List the parts with their own tokens; what the template adds is what is left of the total."""
    parts = []
    if layout.system:
        size = tokenizer.count(layout.system)
        parts.append(LedgerEntry(LedgerKind.SYSTEM, "Instructions", size))
    for turn in layout.history:
        size = _turn_tokens(turn, tokenizer)
        parts.append(LedgerEntry(LedgerKind.HISTORY, _label(turn.question), size))
    for passage in layout.passages:
        parts.append(_passage_entry(passage, tokenizer.count(_tagged(1, passage)), included=True))
    size = tokenizer.count(layout.question)
    parts.append(LedgerEntry(LedgerKind.QUESTION, _label(layout.question), size))
    rest = total - sum(part.tokens for part in parts)
    parts.append(LedgerEntry(LedgerKind.TEMPLATE, "Chat template", rest))
    return (*parts, *layout.dropped)


def _passage_entry(passage: Passage, size: int, *, included: bool) -> LedgerEntry:
    return LedgerEntry(LedgerKind.PASSAGE, source_name(passage), size, included=included)


def _label(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LABEL_CHARACTERS else line[: LABEL_CHARACTERS - 1] + "…"
