"""One turn, start to finish: durable question, passages, prompt, streamed answer, citations.

`reply` can be read top to bottom. Whatever happens after the question is stored, the turn is
closed: done, stopped or failed, with the text written so far.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace

from core.agents import Agents
from core.agents.validation import check_sampling
from core.changes import Changes
from core.chat.grounding import answer_sampling, find_passages, refusal
from core.chat.prompt import Prompt, build_prompt
from core.chat.turn import Turn
from core.chat.unclosed import Unclosed
from core.crashpoints import reached
from core.engines.base import Finished, Session
from core.errors import (
    Cancelled,
    EngineFailed,
    InvalidInput,
    NotDeployed,
    NotFound,
    OutpostError,
    StorageFailed,
)
from core.models import Models
from core.pool import ModelPool
from core.records import (
    Agent,
    AgentId,
    AgentType,
    Ask,
    ChatEvent,
    DeploymentState,
    LedgerEntry,
    LedgerKind,
    MessageId,
    MessageState,
    Passage,
    PassagesFound,
    Sampling,
    TextDelta,
    TurnDone,
    TurnStarted,
    UserId,
)
from core.retrieval.collections import Collections
from core.retrieval.followup import standalone
from core.store.conversation_rows import Opened
from core.store.conversations import ConversationStore
from core.streams import Cancel

log = logging.getLogger(__name__)

MAX_QUESTION = 400_000
"""Characters; far more than any context holds, little enough to be handled at once."""


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
        self._running: dict[MessageId, Cancel] = {}
        self._unclosed = Unclosed()

    def reply(self, ask: Ask, cancel: Cancel) -> Iterator[ChatEvent]:
        """Answer one question; the last event is TurnDone.

        Raises before TurnStarted, and nothing is stored: InvalidInput, NotFound, NotDeployed,
        Conflict. Raises afterwards, with the reply stored as failed: ContextExceeded, Busy,
        EngineFailed. Setting `cancel` or leaving the iterator ends the reply as stopped.
        """
        _check_question(ask.text)
        agent = self._ready_agent(ask.owner_id, ask.agent_id, ask.sampling)
        return self._turn(agent, lambda: self._store.open_turn(ask, agent), cancel)

    def edit(
        self, owner_id: UserId, question_id: MessageId, text: str, cancel: Cancel
    ) -> Iterator[ChatEvent]:
        """Ask a question again in other words: a branch beside it; raises as `reply` does."""
        _check_question(text)
        agent = self._agent_of(owner_id, question_id)
        return self._turn(
            agent, lambda: self._store.open_edit(owner_id, question_id, text, agent), cancel
        )

    def regenerate(
        self, owner_id: UserId, message_id: MessageId, cancel: Cancel
    ) -> Iterator[ChatEvent]:
        """Answer the question of a reply again, beside it; raises as `reply` does.

        A question may be named as well, one whose reply was deleted for example.
        """
        agent = self._agent_of(owner_id, message_id)
        return self._turn(
            agent, lambda: self._store.open_again(owner_id, message_id, agent), cancel
        )

    def resume(self, owner_id: UserId, reply_id: MessageId, cancel: Cancel) -> Iterator[ChatEvent]:
        """Write on where a reply was cut off, after the text it has; raises as `reply` does.

        Raises Conflict for a reply that is complete.
        """
        agent = self._agent_of(owner_id, reply_id)
        return self._turn(agent, lambda: self._store.reopen(owner_id, reply_id, agent), cancel)

    def stop(self, owner_id: UserId, reply_id: MessageId) -> None:
        """Stop a reply wherever it was begun; one that has ended stays as it is.

        Returns before its last text is stored: `core.changes` tells when it is.
        """
        self._store.find_message(owner_id, reply_id)
        cancel = self._running.get(reply_id)
        if cancel is not None:
            cancel.set()

    def close(self) -> None:
        """Store what is owed of replies that have ended."""
        self._unclosed.close()

    def _turn(
        self, agent: Agent, open_turn: Callable[[], Opened], cancel: Cancel
    ) -> Iterator[ChatEvent]:
        """Store the question, answer it, and close the turn however that ends."""
        # Leased first: what cannot be answered is not stored, an agent that is looking for
        # passages is not idle, and whoever stops it waits until the turn is closed.
        with self._pool.lease(agent.id, agent.name, cancel) as session:
            reached("turn.leased")
            self._unclosed.close_turns()
            turn = Turn(self._store, self._changes, open_turn(), agent)
            self._running[turn.reply.id] = cancel
            try:
                yield from self._told(turn, agent, session, cancel)
            except StorageFailed:
                self._unclosed.add(turn)
                raise
            finally:
                del self._running[turn.reply.id]

    def _told(
        self, turn: Turn, agent: Agent, session: Session, cancel: Cancel
    ) -> Iterator[ChatEvent]:
        """Answer, and close the turn however that ends."""
        try:
            yield TurnStarted(turn.conversation, turn.question, turn.reply)
            yield from self._answer(turn, agent, session, cancel)
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
        self, turn: Turn, agent: Agent, session: Session, cancel: Cancel
    ) -> Iterator[ChatEvent]:
        """Find passages, lay out the prompt and stream the answer into the turn."""
        written = session.text_tokens(turn.reply.text) if turn.reply.text else []
        passages: list[Passage] = []
        if agent.draft.type is AgentType.RAG:
            passages = self._find(turn, agent, session)
            yield PassagesFound(tuple(passages))
        room = session.context_tokens - len(written)
        prompt = build_prompt(
            agent.draft, turn.history, turn.question.text, passages, session, room
        )
        if written:
            prompt = _continuing(prompt, written)
        turn.prompted(prompt, self._models.sha256(agent.draft.model))
        refused = refusal(agent.draft, prompt.ledger)
        if refused is not None:
            yield turn.refuse(refused)
            return
        for event in session.generate(prompt.tokens, answer_sampling(agent.draft), cancel):
            if isinstance(event, Finished):
                turn.finished(event)
            elif isinstance(event, TextDelta):
                yield turn.say(event.text)
            else:
                yield event

    def _agent_of(self, owner_id: UserId, message_id: MessageId) -> Agent:
        """Return the agent that the message's conversation is with, ready to answer."""
        conversation, _ = self._store.find_message(owner_id, message_id)
        if conversation.agent_id is None:
            raise NotFound("agent", conversation.agent_name)
        return self._ready_agent(owner_id, conversation.agent_id, None)

    def _ready_agent(self, owner_id: UserId, agent_id: AgentId, sampling: Sampling | None) -> Agent:
        """Return the agent with the turn's own sampling; raises as `reply` says."""
        agent = self._agents.get(owner_id, agent_id)
        if sampling is not None:
            agent = replace(agent, draft=replace(agent.draft, sampling=sampling))
            check_sampling(agent.draft)
        if agent.deployment.state is not DeploymentState.DEPLOYED:
            raise NotDeployed(agent.name, agent.deployment.state.value)
        return agent

    def _find(self, turn: Turn, agent: Agent, session: Session) -> list[Passage]:
        question = standalone(turn.question.text, [each.question for each in turn.history])
        return find_passages(self._collections, agent.owner_id, question, agent.draft, session)


def _continuing(prompt: Prompt, written: list[int]) -> Prompt:
    """Return the prompt with the beginning of the answer at its end."""
    ledger, size = prompt.ledger, len(written)
    begun = LedgerEntry(LedgerKind.ANSWER, "Answer so far", size)
    whole = replace(
        ledger, context_tokens=ledger.context_tokens + size, entries=(*ledger.entries, begun)
    )
    return replace(prompt, tokens=[*prompt.tokens, *written], ledger=whole)


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
