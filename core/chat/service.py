"""One turn, start to finish: durable question, passages, prompt, streamed answer, citations.

`reply` can be read top to bottom. Whatever happens after the question is stored, the turn is
closed: done, stopped or failed, with the text written so far.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace

from core.agents import Agents
from core.agents.validation import check_sampling
from core.changes import Changes
from core.chat.prompt import SOURCES_STOP, build_prompt
from core.chat.turn import Turn
from core.engines.base import Finished, Session
from core.errors import Cancelled, EngineFailed, InvalidInput, NotDeployed, OutpostError
from core.models import Models
from core.pool import ModelPool
from core.records import (
    Agent,
    AgentType,
    Ask,
    ChatEvent,
    DeploymentState,
    MessageState,
    Passage,
    PassagesFound,
    Sampling,
    TextDelta,
    TurnDone,
    TurnStarted,
)
from core.retrieval.collections import Collections
from core.store.conversations import ConversationStore
from core.streams import Cancel

log = logging.getLogger(__name__)

MAX_QUESTION = 400_000
"""Characters; far more than any context holds, little enough to be handled at once."""
NO_EVIDENCE = "I found nothing about this in my documents, so I cannot answer it."
"""What a strict agent says where no passage was found, or none fits into the prompt."""


class Chat:
    """Answers questions; one instance serves the window and the API alike."""

    def __init__(
        self,
        store: ConversationStore,
        agents: Agents,
        models: Models,
        pool: ModelPool,
        collections: Collections,
        changes: Changes,
    ):
        self._store = store
        self._agents = agents
        self._models = models
        self._pool = pool
        self._collections = collections
        self._changes = changes

    def reply(self, ask: Ask, cancel: Cancel) -> Iterator[ChatEvent]:
        """Answer one question; the last event is TurnDone.

        Raises before TurnStarted, and nothing is stored: InvalidInput, NotFound, NotDeployed,
        Conflict. Raises afterwards, with the reply stored as failed: ContextExceeded, Busy,
        EngineFailed. Setting `cancel` or leaving the iterator ends the reply as stopped.
        """
        agent = self._ready_agent(ask)
        # Leased first: what cannot be answered is not stored, an agent that is looking for
        # passages is not idle, and whoever stops it waits until the turn is closed.
        with self._pool.lease(agent.id, agent.name, cancel) as session:
            yield from self._turn(ask, agent, session, cancel)

    def _turn(
        self, ask: Ask, agent: Agent, session: Session, cancel: Cancel
    ) -> Iterator[ChatEvent]:
        """Store the question, answer it, and close the turn however that ends."""
        turn = Turn(self._store, self._changes, ask, agent)
        try:
            yield TurnStarted(turn.conversation, turn.question, turn.reply)
            yield from self._answer(ask, agent, turn, session, cancel)
            yield TurnDone(turn.close(turn.end_state()))
        except Cancelled:
            yield TurnDone(turn.close(MessageState.STOPPED))
        except OutpostError as error:
            turn.close(MessageState.FAILED, f"{error} {error.advice}".strip())
            if isinstance(error, EngineFailed):
                self._agents.note_engine_failure(agent, error)
            raise
        except Exception as error:
            log.exception("a reply failed")
            turn.close(MessageState.FAILED, f"Unexpected error: {error}")
            raise EngineFailed(f"The reply failed unexpectedly: {error}.") from error
        finally:  # the caller has left: a turn that is closed already stays as it is
            turn.close(MessageState.STOPPED)

    def _answer(
        self, ask: Ask, agent: Agent, turn: Turn, session: Session, cancel: Cancel
    ) -> Iterator[ChatEvent]:
        """Find passages, lay out the prompt and stream the answer into the turn."""
        passages: list[Passage] = []
        if agent.draft.type is AgentType.RAG:
            passages = self._find(ask, agent)
            yield PassagesFound(tuple(passages))
        prompt = build_prompt(
            agent.draft, turn.history, ask.text, passages, session, session.context_tokens
        )
        turn.prompted(prompt, self._models.sha256(agent.draft.model))
        if _needs_evidence(agent) and not prompt.passages:
            yield turn.say(NO_EVIDENCE)
            return
        for event in session.generate(prompt.tokens, _sampling(agent), cancel):
            if isinstance(event, Finished):
                turn.finished(event)
            elif isinstance(event, TextDelta):
                yield turn.say(event.text)
            else:
                yield event

    def _ready_agent(self, ask: Ask) -> Agent:
        """Return the agent with the turn's own sampling; raises as `reply` says."""
        _check_question(ask.text)
        agent = self._agents.get(ask.owner_id, ask.agent_id)
        if ask.sampling is not None:
            agent = replace(agent, draft=replace(agent.draft, sampling=ask.sampling))
            check_sampling(agent.draft)
        if agent.deployment.state is not DeploymentState.DEPLOYED:
            raise NotDeployed(agent.name, agent.deployment.state.value)
        return agent

    def _find(self, ask: Ask, agent: Agent) -> list[Passage]:
        wanted = agent.draft.retrieval.passages
        return self._collections.find(ask.owner_id, ask.text, agent.draft.collections, wanted)


def _needs_evidence(agent: Agent) -> bool:
    return agent.draft.type is AgentType.RAG and agent.draft.retrieval.strict


def _sampling(agent: Agent) -> Sampling:
    """Return the agent's sampling; a RAG agent's answer ends where a source of its own begins."""
    sampling = agent.draft.sampling
    if agent.draft.type is AgentType.FINE_TUNED:
        return sampling
    return replace(sampling, stop=(*sampling.stop, *SOURCES_STOP))


def _check_question(text: str) -> None:
    if not text.strip():
        raise InvalidInput("The message is empty.", param="message")
    if len(text) > MAX_QUESTION:
        raise InvalidInput(
            f"The message has {len(text)} characters; up to {MAX_QUESTION} are possible.",
            param="message",
        )
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise InvalidInput("The message holds half of a character pair.", param="message")
