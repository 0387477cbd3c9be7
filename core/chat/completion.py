"""Answers to histories that clients bring along: nothing is stored, nothing is left out unsaid.

What a turn is for conversations, a completion is for programs that keep their own: the agent's
instructions, passages and model answer just the same, but the history is the caller's, and so is
what becomes of the answer.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from core.agents import Agents
from core.agents.instructions import instructions
from core.agents.validation import check_sampling
from core.chat.citations import cite
from core.chat.grounding import answer_sampling, find_passages, refusal
from core.chat.prompt import PastTurn, Prompt, build_prompt
from core.engines.base import Extras, Finished, FinishReason, Session
from core.engines.tools import CallEvent, CallReader, CallRules
from core.errors import (
    Cancelled,
    EngineFailed,
    InvalidInput,
    NotDeployed,
    OutpostError,
    ToolsUnsupported,
    WrongAgentType,
)
from core.pool import ModelPool
from core.records import (
    Agent,
    AgentId,
    AgentType,
    ChatMessage,
    Citation,
    ContextPolicy,
    DeploymentState,
    PassagesFound,
    PromptProgress,
    Role,
    Sampling,
    TextDelta,
    Tool,
    UserId,
)
from core.retrieval.collections import Collections
from core.retrieval.followup import standalone
from core.streams import Cancel

log = logging.getLogger(__name__)

RawPrompt = str | tuple[int, ...]
"""A text, or the model's own tokens."""


@dataclass(frozen=True, slots=True)
class Toolbox:
    """The tools that a client offers, and how the answer may use them."""

    tools: tuple[Tool, ...] = ()
    required: bool = False
    parallel: bool = True


@dataclass(frozen=True, slots=True)
class Completed:
    """The last event: how the answer ended, and what it rests on."""

    finish: Finished
    called: bool = False
    """The answer asks for tools."""
    citations: tuple[Citation, ...] = ()
    truncated: bool = False
    """A passage that was found did not fit into the prompt."""


CompletionEvent = PassagesFound | PromptProgress | CallEvent | Completed
NO_TOOLS = Toolbox()


class Completions:
    """Answers by deployed agents without a conversation; safe from any thread."""

    def __init__(self, agents: Agents, pool: ModelPool, collections: Collections):
        self._agents = agents
        self._pool = pool
        self._collections = collections

    def complete(
        self,
        owner_id: UserId,
        agent_id: AgentId,
        messages: Sequence[ChatMessage],
        sampling: Sampling | None,
        cancel: Cancel,
        *,
        toolbox: Toolbox = NO_TOOLS,
        scores: int | None = None,
    ) -> Iterator[CompletionEvent]:
        """Answer the last of some messages; the last event is Completed.

        System messages follow the agent's own instructions. A RAG agent looks for passages to the
        last message. `scores` asks for so many of the likeliest tokens with each one. Leaving the
        iterator ends the answer. Raises NotFound, NotDeployed, InvalidInput, ToolsUnsupported,
        ContextExceeded, Busy, EngineFailed, and Cancelled where the agent is stopped meanwhile.
        """
        agent = self._ready(owner_id, agent_id, sampling)
        _check_messages(messages)

        def answer(session: Session) -> Iterator[CompletionEvent]:
            if agent.draft.type is AgentType.RAG:
                return self._from_documents(agent, messages, toolbox, scores, session, cancel)
            return _from_model(agent, messages, toolbox, scores, session, cancel)

        with self._pool.lease(agent.id, agent.name, cancel) as session:
            yield from self._guarded(agent, answer(session))

    def continue_text(
        self,
        owner_id: UserId,
        agent_id: AgentId,
        prompt: RawPrompt,
        sampling: Sampling | None,
        cancel: Cancel,
        *,
        scores: int | None = None,
    ) -> Iterator[CompletionEvent]:
        """Write on where a text ends, by the agent's model without instructions and template.

        Raises as `complete` does, and WrongAgentType for a RAG agent.
        """
        agent = self._ready(owner_id, agent_id, sampling)
        if agent.draft.type is AgentType.RAG:
            raise WrongAgentType(
                f"The agent '{agent.name}' answers from documents; it cannot continue a text.",
                advice="Send the question as a chat completion.",
                param="model",
            )
        with self._pool.lease(agent.id, agent.name, cancel) as session:
            tokens = session.text_tokens(prompt) if isinstance(prompt, str) else list(prompt)
            session.text(tokens)
            events = session.generate(tokens, agent.draft.sampling, cancel, Extras(scores))
            yield from self._guarded(agent, _written(events))

    def text(self, owner_id: UserId, agent_id: AgentId, tokens: Sequence[int]) -> str:
        """Return what tokens of an agent's model stand for; raises as `continue_text` does."""
        agent = self._ready(owner_id, agent_id, None)
        with self._pool.lease(agent.id, agent.name, Cancel()) as session:
            return session.text(tokens)

    def _ready(self, owner_id: UserId, agent_id: AgentId, sampling: Sampling | None) -> Agent:
        agent = self._agents.get(owner_id, agent_id)
        if sampling is not None:
            agent = replace(agent, draft=replace(agent.draft, sampling=sampling))
            check_sampling(agent.draft)
        if agent.deployment.state is not DeploymentState.DEPLOYED:
            raise NotDeployed(agent.name, agent.deployment.state.value)
        return agent

    def _guarded(
        self, agent: Agent, events: Iterator[CompletionEvent]
    ) -> Iterator[CompletionEvent]:
        """Pass events on; an engine that breaks is taken out of service."""
        try:
            yield from events
        except EngineFailed as error:
            self._agents.note_engine_failure(agent, error)
            raise
        except OutpostError:
            raise
        except Exception as error:
            log.exception("a completion failed")
            raise EngineFailed(f"The answer failed unexpectedly: {error}.") from error

    def _from_documents(
        self,
        agent: Agent,
        messages: Sequence[ChatMessage],
        toolbox: Toolbox,
        scores: int | None,
        session: Session,
        cancel: Cancel,
    ) -> Iterator[CompletionEvent]:
        if toolbox.tools:
            raise ToolsUnsupported(
                f"The RAG agent '{agent.name}' answers from its documents, not by tools.",
                advice="Leave the tools out, or ask a fine-tuned agent.",
            )
        agent, past, question = _as_turns(agent, messages)
        wanted = standalone(question, [each.question for each in past])
        passages = find_passages(self._collections, agent.owner_id, wanted, agent.draft, session)
        yield PassagesFound(tuple(passages))
        prompt = build_prompt(
            agent.draft, past, question, passages, session, session.context_tokens
        )
        text = ""
        for event in _grounded(agent, prompt, scores, session, cancel):
            if isinstance(event, TextDelta):
                text += event.text
            if isinstance(event, Completed):
                cited, cut = cite(text, prompt.passages), prompt.ledger.truncated
                event = replace(event, citations=cited, truncated=cut)
            yield event


def _from_model(
    agent: Agent,
    messages: Sequence[ChatMessage],
    toolbox: Toolbox,
    scores: int | None,
    session: Session,
    cancel: Cancel,
) -> Iterator[CompletionEvent]:
    rules = _rules(toolbox, session)
    tokens = session.prompt_tokens(_with_instructions(agent, messages), toolbox.tools)
    extras = Extras(scores, rules)
    events = session.generate(tokens, agent.draft.sampling, cancel, extras)
    return _written(events) if rules is None else _called(events, rules)


def _rules(toolbox: Toolbox, session: Session) -> CallRules | None:
    if not toolbox.tools:
        return None
    if session.call_format is None:
        raise ToolsUnsupported("The model's chat template knows no tools.")
    return CallRules(session.call_format, toolbox.tools, toolbox.required, toolbox.parallel)


def _written(events: Iterator[PromptProgress | TextDelta | Finished]) -> Iterator[CompletionEvent]:
    """Pass an engine's events on; an answer that was ended from outside is no answer."""
    for event in events:
        if not isinstance(event, Finished):
            yield event
        elif event.reason is FinishReason.CANCELLED:
            raise Cancelled("The answer was ended, since its agent is being stopped.")
        else:
            yield Completed(event)


def _called(
    events: Iterator[PromptProgress | TextDelta | Finished], rules: CallRules
) -> Iterator[CompletionEvent]:
    """Tell calls of tools from text."""
    reader = CallReader(rules.format, frozenset(tool.name for tool in rules.tools))
    for event in _written(events):
        if isinstance(event, TextDelta):
            yield from _with_scores(reader.push(event.text), event)
        elif isinstance(event, Completed):
            yield from reader.end()
            yield replace(event, called=reader.called)
        else:
            yield event


def _with_scores(found: list[CallEvent], delta: TextDelta) -> Iterator[CallEvent]:
    """Leave the scores with the text; calls have none."""
    for event in found:
        yield TextDelta(event.text, delta.scores) if isinstance(event, TextDelta) else event


def _grounded(
    agent: Agent, prompt: Prompt, scores: int | None, session: Session, cancel: Cancel
) -> Iterator[CompletionEvent]:
    """Answer from the passages; a strict agent says so where it has none."""
    if (refused := refusal(agent.draft, prompt.ledger)) is not None:
        yield TextDelta(refused)
        seed = agent.draft.sampling.seed or 0
        yield Completed(Finished(FinishReason.STOP, 0, 0, 0, seed, 0.0, 0.0))
        return
    sampling = answer_sampling(agent.draft)
    yield from _written(session.generate(prompt.tokens, sampling, cancel, Extras(scores)))


def _with_instructions(agent: Agent, messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    """Put the agent's instructions before what the client says at the beginning."""
    own = instructions(agent.draft)
    leading, rest = _leading_system(messages)
    text = "\n\n".join(part for part in (own, *leading) if part)
    return [ChatMessage(Role.SYSTEM, text), *rest] if text else list(rest)


def _leading_system(messages: Sequence[ChatMessage]) -> tuple[list[str], Sequence[ChatMessage]]:
    size = next(
        (at for at, message in enumerate(messages) if message.role is not Role.SYSTEM),
        len(messages),
    )
    return [message.text.strip() for message in messages[:size]], messages[size:]


def _as_turns(agent: Agent, messages: Sequence[ChatMessage]) -> tuple[Agent, list[PastTurn], str]:
    """Return messages as questions with answers, and the last question.

    The agent gets the client's instructions after its own, and drops no turn: what the client
    sends is what it wants to be read. Raises InvalidInput unless a question comes last.
    """
    leading, rest = _leading_system(messages)
    if any(message.role not in (Role.USER, Role.ASSISTANT) for message in rest):
        raise InvalidInput(
            "A RAG agent takes system messages first, then questions and answers.", param="messages"
        )
    texts = [
        (role, "\n\n".join(message.text for message in group))
        for role, group in groupby(rest, key=lambda message: message.role)
    ]
    if not texts or texts[-1][0] is not Role.USER:
        raise InvalidInput("The last message must be the user's question.", param="messages")
    if texts[0][0] is Role.ASSISTANT:
        texts.insert(0, (Role.USER, ""))
    past = [
        PastTurn(question, answer)
        for (_, question), (_, answer) in zip(texts[:-1:2], texts[1:-1:2], strict=True)
    ]
    prompt = "\n\n".join(part for part in (agent.draft.system_prompt.strip(), *leading) if part)
    draft = replace(agent.draft, system_prompt=prompt, context_policy=ContextPolicy.REFUSE)
    return replace(agent, draft=draft), past, texts[-1][1]


def _check_messages(messages: Sequence[ChatMessage]) -> None:
    if not any(message.role is not Role.SYSTEM for message in messages):
        raise InvalidInput("There is no message to answer.", param="messages")
