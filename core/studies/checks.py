"""Golden questions: what an agent has to answer rightly, asked on demand or before it is deployed.

Each version's answers are kept, so that a change of instructions, model or documents that makes
an agent worse is seen.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Sequence
from datetime import datetime

from core.agents import Agents
from core.chat.citations import cite
from core.chat.grounding import answer_sampling, find_passages, refusal
from core.chat.prompt import build_prompt
from core.chat.wording import plain
from core.engines.base import Finished, FinishReason, Session
from core.errors import Cancelled, CheckFailed, Conflict, InvalidInput, NotDeployed
from core.pool import ModelPool
from core.records import (
    Agent,
    AgentId,
    AgentType,
    CheckResult,
    CheckRun,
    Citation,
    CitationState,
    DeploymentState,
    Evidence,
    GoldenQuestion,
    TextDelta,
    UserId,
    new_id,
    now,
)
from core.retrieval.collections import Collections
from core.store.checks import CheckStore
from core.streams import Cancel

MAX_QUESTIONS = 200
MAX_CHARACTERS = 4000


class AgentChecks:
    """Stores golden questions, asks them, and keeps how they were answered."""

    def __init__(
        self, store: CheckStore, agents: Agents, pool: ModelPool, collections: Collections
    ):
        self._store = store
        self._agents = agents
        self._pool = pool
        self._collections = collections

    def questions(self, owner_id: UserId, agent_id: AgentId) -> tuple[GoldenQuestion, ...]:
        """Return an agent's golden questions; raises NotFound."""
        return self._store.questions(self._agents.get(owner_id, agent_id).id)

    def store(
        self, owner_id: UserId, agent_id: AgentId, questions: Sequence[GoldenQuestion]
    ) -> tuple[GoldenQuestion, ...]:
        """Store these questions instead of the former ones; raises NotFound, InvalidInput."""
        _check(questions)
        self._store.replace(owner_id, self._agents.get(owner_id, agent_id).id, questions)
        return tuple(questions)

    def runs(self, owner_id: UserId, agent_id: AgentId) -> builtins.list[CheckRun]:
        """Return how the agent's versions answered, newest run first; raises NotFound."""
        return self._store.runs(self._agents.get(owner_id, agent_id).id)

    def run(
        self, owner_id: UserId, agent_id: AgentId, cancel: Cancel
    ) -> Iterator[CheckResult | CheckRun]:
        """Ask all golden questions; the last event is the run as it is kept.

        Raises NotFound, NotDeployed, Conflict where there are no questions, and Cancelled,
        after which nothing is kept.
        """
        agent = self._agents.get(owner_id, agent_id)
        if agent.deployment.state is not DeploymentState.DEPLOYED:
            raise NotDeployed(agent.name, agent.deployment.state.value)
        questions = self._store.questions(agent_id)
        if not questions:
            raise Conflict(
                f"The agent '{agent.name}' has no golden questions.",
                advice="Add some, with what a right answer has.",
            )
        with self._pool.lease(agent.id, agent.name, cancel) as session:
            yield from self._asked(agent, questions, session, cancel)

    def require(self, agent: Agent, session: Session, cancel: Cancel) -> None:
        """Ask the golden questions of an agent that wants it; raises CheckFailed, Cancelled."""
        questions = self._store.questions(agent.id) if agent.draft.check_before_deploy else ()
        if not questions:
            return
        *_, run = self._asked(agent, questions, session, cancel)
        wrong = [each for each in run.results if not each.passed]  # type: ignore[union-attr]
        if wrong:
            raise CheckFailed(len(wrong), len(questions), wrong[0].question.text, wrong[0].why)

    def _asked(
        self,
        agent: Agent,
        questions: Sequence[GoldenQuestion],
        session: Session,
        cancel: Cancel,
    ) -> Iterator[CheckResult | CheckRun]:
        began_at = now()
        results = []
        for question in questions:
            results.append(self._ask(agent, question, session, cancel))
            yield results[-1]
        yield self._kept(agent, began_at, results)

    def _kept(self, agent: Agent, began_at: datetime, results: Sequence[CheckResult]) -> CheckRun:
        run = CheckRun(
            id=new_id("chk"),
            agent_id=agent.id,
            version=agent.version,
            version_id=agent.version_id,
            started_at=began_at,
            finished_at=now(),
            results=tuple(results),
        )
        self._store.keep(agent.owner_id, run)
        return run

    def _ask(
        self, agent: Agent, question: GoldenQuestion, session: Session, cancel: Cancel
    ) -> CheckResult:
        """Answer like a first turn, but store no conversation."""
        draft = agent.draft
        found = []
        if draft.type is AgentType.RAG:
            found = find_passages(self._collections, agent.owner_id, question.text, draft, session)
        prompt = build_prompt(draft, [], question.text, found, session, session.context_tokens)
        answer = refusal(draft, prompt.ledger)
        citations: tuple[Citation, ...] = ()
        if answer is None:
            answer = ""
            for event in session.generate(prompt.tokens, answer_sampling(draft), cancel):
                if isinstance(event, TextDelta):
                    answer += event.text
                if isinstance(event, Finished) and event.reason is FinishReason.CANCELLED:
                    raise Cancelled
            citations = cite(answer, prompt.passages)
        why = missing(question, answer, citations, prompt.ledger.evidence)
        return CheckResult(question, not why, why, answer, citations)


def missing(
    question: GoldenQuestion, answer: str, citations: Sequence[Citation], evidence: Evidence
) -> str:
    """Return what an answer lacks of what the question asks for; '' if nothing."""
    if question.refusal:
        none = evidence in (Evidence.NOTHING_FOUND, Evidence.NOTHING_FITS)
        return "" if none else "It found passages where it should find no evidence."
    if question.document and not _cited(question, citations):
        page = f", page {question.page}" if question.page is not None else ""
        return f"It does not rest on '{question.document}'{page}."
    if question.phrase and plain(question.phrase) not in plain(answer):
        return f"It does not say '{question.phrase}'."
    return ""


def _cited(question: GoldenQuestion, citations: Sequence[Citation]) -> bool:
    return any(
        each.state is not CitationState.UNSUPPORTED
        and each.document_name == question.document
        and (question.page is None or _on_page(each, question.page))
        for each in citations
    )


def _on_page(citation: Citation, page: int) -> bool:
    first = citation.first_page
    return first is not None and first <= page <= (citation.last_page or first)


def _check(questions: Sequence[GoldenQuestion]) -> None:
    if len(questions) > MAX_QUESTIONS:
        raise InvalidInput(
            f"An agent may have up to {MAX_QUESTIONS} golden questions.", param="questions"
        )
    for at, each in enumerate(questions, 1):
        if not each.text.strip():
            raise InvalidInput(f"Golden question {at} is empty.", param="questions")
        if max(len(each.text), len(each.phrase), len(each.document)) > MAX_CHARACTERS:
            raise InvalidInput(
                f"Golden question {at} is longer than {MAX_CHARACTERS} characters.",
                param="questions",
            )
        if not (each.document or each.phrase or each.refusal):
            raise InvalidInput(
                f"Golden question {at} does not say what a right answer has.",
                advice="Name a document, a phrase, or that it is to be refused.",
                param="questions",
            )
        if each.page is not None and not each.document:
            raise InvalidInput(
                f"Golden question {at} has a page, but no document.", param="questions"
            )
