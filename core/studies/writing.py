"""Lets an agent's model write while nobody else wants it, and keeps what it wrote.

A reply to a person takes precedence: it cancels what is being written here, which begins again
when the engine is quiet. What was written is kept by a digest of what the model was given, so that
a study that goes on after a pause or a restart asks nothing twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.chat.grounding import answer_sampling, refusal
from core.chat.prompt import build_prompt
from core.engines.base import Finished, FinishReason, Session
from core.errors import Cancelled
from core.pool import ModelPool
from core.records import (
    Agent,
    AgentDraft,
    AgentType,
    ChatMessage,
    Passage,
    Sampling,
    StudyId,
    TextDelta,
)
from core.store.studies import StudyStore
from core.streams import Cancel

SUMMARY_TOKENS = 256
"""The longest summary of a part; so short that several fit into the smallest context."""

Finder = Callable[[AgentDraft, Session], Sequence[Passage]]
"""Returns the passages for a question, best first."""
LayOut = Callable[[Session], Sequence[int]]
COUNTED_SHARE = 0.95
"""Lines are counted one by one; together they may have some tokens more."""
MIN_ROOM_TOKENS = 32
"""Where instructions leave less, the model's own limit says so."""


@dataclass(frozen=True, slots=True)
class Grounded:
    """An answer from passages; `text` is None where they are no evidence."""

    text: str | None
    passages: tuple[Passage, ...]


class Writer:
    """One agent's model in the hands of one study; used by the studies' thread alone."""

    def __init__(
        self, pool: ModelPool, store: StudyStore, study_id: StudyId, agent: Agent, stop: Cancel
    ):
        self._pool = pool
        self._store = store
        self._study_id = study_id
        self._stop = stop
        # A fixed seed: the same question to the same document has the same answer.
        sampling = replace(agent.draft.sampling, seed=agent.draft.sampling.seed or 0)
        self._draft = replace(agent.draft, sampling=sampling)
        self._agent = agent

    def room_tokens(self, frame: Sequence[ChatMessage]) -> int:
        """Return how many tokens of text fit into a frame with the summary that is made of them."""
        lease = self._pool.lease_quietly(self._agent.id, self._agent.name, self._stop)
        with lease as (session, _):
            taken = len(session.prompt_tokens(frame)) + self.summary_tokens
            return max(int((session.context_tokens - taken) * COUNTED_SHARE), MIN_ROOM_TOKENS)

    @property
    def summary_tokens(self) -> int:
        """How long a summary may be: no longer than the agent's answers."""
        own = self._draft.sampling.max_tokens
        return min(SUMMARY_TOKENS, self._draft.context_tokens // 8, own)

    def count(self, text: str) -> int:
        """Return how many tokens a text has; raises NotDeployed, Cancelled."""
        with self._pool.lease_quietly(self._agent.id, self._agent.name, self._stop) as (session, _):
            return session.count(text)

    def summarise(self, messages: Sequence[ChatMessage]) -> str:
        """Return what the model answers; raises NotDeployed, Cancelled, EngineFailed."""
        sampling = replace(self._draft.sampling, max_tokens=self.summary_tokens)

        def lay_out(session: Session) -> list[int]:
            return session.prompt_tokens(messages)

        return self._written(lay_out, sampling)

    def answer(self, question: str, find: Finder) -> Grounded:
        """Answer from the passages that `find` returns; raises as `summarise` does."""
        draft = replace(self._draft, type=AgentType.RAG)
        with self._pool.lease_quietly(self._agent.id, self._agent.name, self._stop) as (session, _):
            found = find(draft, session)
            prompt = build_prompt(draft, [], question, found, session, session.context_tokens)
        strict = replace(draft, retrieval=replace(draft.retrieval, strict=True))
        if refusal(strict, prompt.ledger) is not None:
            return Grounded(None, ())
        text = self._written(lambda _: prompt.tokens, answer_sampling(draft))
        return Grounded(text, prompt.passages)

    def _written(self, lay_out: LayOut, sampling: Sampling) -> str:
        while not self._stop:
            lease = self._pool.lease_quietly(self._agent.id, self._agent.name, self._stop)
            with lease as (session, cancel):
                tokens = lay_out(session)
                key = _digest(tokens, sampling)
                text = self._store.note(self._study_id, key)
                if text is None:
                    text = _complete(session, tokens, sampling, cancel)
            if text is not None:
                self._store.keep_note(self._study_id, key, text)
                return text
        raise Cancelled


def _complete(
    session: Session, tokens: Sequence[int], sampling: Sampling, cancel: Cancel
) -> str | None:
    """Return the whole answer, None where it had to give way."""
    text = ""
    for event in session.generate(tokens, sampling, cancel):
        if isinstance(event, TextDelta):
            text += event.text
        if isinstance(event, Finished) and event.reason is FinishReason.CANCELLED:
            return None
    return text.strip()


def _digest(tokens: Sequence[int], sampling: Sampling) -> str:
    given = np.asarray(tokens, "<i4").tobytes() + repr(sampling).encode()
    return hashlib.sha256(given).hexdigest()
