"""Many requests of every kind at once, while agents are stopped and deployed under them.

What each request does is drawn from a seed, so that a run that goes wrong can be made again; how
they meet is up to the machine. `Turmoil` collects how each one ended.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from random import Random

from core.app import Core
from core.engines.llama.engine import LlamaEngine
from core.errors import OutpostError
from core.records import (
    Agent,
    AgentDraft,
    AgentId,
    AgentType,
    Ask,
    ChatEvent,
    ConversationId,
    MessageState,
    Sampling,
    TextDelta,
    TurnDone,
)
from core.streams import Cancel

CLIENTS = 8
CONTEXT_TOKENS = (512, 512, 768)
"""One agent each; the first two share an engine."""
SHORT = Sampling(temperature=0.8, max_tokens=12)
BAD_SAMPLINGS = (
    replace(SHORT, temperature=-1.0),
    replace(SHORT, top_p=float("nan")),
    replace(SHORT, max_tokens=0),
    replace(SHORT, max_tokens=100_000),
    replace(SHORT, grammar="this is no grammar"),
    replace(SHORT, json_schema='{"type": "no such type"}'),
    replace(SHORT, json_schema="[1, 2"),
    replace(SHORT, logit_bias=((1_000_000, 5.0),)),
    replace(SHORT, stop=("",)),
)
ANSWERED = "answered"
"""How a request ended that got its whole answer; others end as stopped or with an error's code."""


class Turmoil:
    """Requests against three agents of one core."""

    def __init__(self, core: Core, requests: int, seed: int):
        self._core = core
        self._owner = core.users.owner().id
        self._seed = seed
        self._numbers: Iterator[int] = iter(range(requests))
        self._next = threading.Lock()
        self._over = threading.Event()
        self._agents = self._make_agents()
        self._conversations: dict[AgentId, ConversationId] = {}
        self.ends: Counter[str] = Counter()
        """How the requests ended."""
        self.bugs: list[BaseException] = []
        """What was raised and is none of Outpost's own errors."""
        self.restarts = 0

    def _make_agents(self) -> list[Agent]:
        self._core.models.scan()
        model = self._core.models.starter()
        assert model is not None
        draft = AgentDraft("", AgentType.FINE_TUNED, model.id, sampling=SHORT)
        return [
            self._core.agents.create(
                self._owner,
                replace(draft, name=f"Agent {at}", context_tokens=size, system_prompt="Be brief."),
            )
            for at, size in enumerate(CONTEXT_TOKENS)
        ]

    # ---- the turmoil

    def run(self, timeout_s: float) -> bool:
        """Make all requests; False if some did not end in time."""
        for agent in self._agents:
            self._core.agents.deploy(self._owner, agent.id, wait=True)
        works = [self._client] * CLIENTS
        clients = [threading.Thread(target=work, daemon=True) for work in works]
        operator = threading.Thread(target=self._operate, daemon=True)
        for thread in [operator, *clients]:
            thread.start()
        deadline_s = time.monotonic() + timeout_s
        for thread in clients:
            thread.join(max(0.0, deadline_s - time.monotonic()))
        self._over.set()
        operator.join(max(1.0, deadline_s - time.monotonic()))
        return not any(thread.is_alive() for thread in [operator, *clients])

    def _client(self) -> None:
        while True:
            with self._next:
                number = next(self._numbers, None)
            if number is None:
                return
            try:
                end = self._request(Random(self._seed * 1000 + number))
            except OutpostError as error:
                end = error.code
            except Exception as error:
                self.bugs.append(error)
                end = "bug"
            self.ends[end] += 1

    def _operate(self) -> None:
        """Stop and deploy agents, sometimes without waiting, until all requests have ended."""
        chance = Random(self._seed)
        while not self._over.wait(chance.uniform(0.5, 1.5)):
            agent, wait = chance.choice(self._agents), chance.random() < 0.5
            try:
                self._core.agents.stop(self._owner, agent.id, wait=wait)
                self._core.agents.deploy(self._owner, agent.id, wait=wait)
                self.restarts += 1
            except OutpostError:  # such as Conflict: it is still being stopped
                self._deploy_later(agent.id)

    def _deploy_later(self, agent_id: AgentId) -> None:
        self._core.agents.stop(self._owner, agent_id, wait=True)
        self._core.agents.deploy(self._owner, agent_id)

    # ---- one request

    def _request(self, chance: Random) -> str:
        kinds: list[Callable[[Random], str]] = [
            self._answer,
            self._answer,
            self._answer,
            self._cancelled,
            self._cancelled,
            self._disconnected,
            self._bad_parameters,
            self._structured,
            self._too_long,
            self._nowhere,
        ]
        return chance.choice(kinds)(chance)

    def _ask(self, chance: Random, sampling: Sampling | None = None) -> Ask:
        """Ask something, now and then as a further turn of an earlier conversation."""
        agent = chance.choice(self._agents)
        text = chance.choice(("Hello!", "Name a fruit. ", "What is a harbour? ")) * chance.choice(
            (1, 1, 1, 20)
        )
        earlier = self._conversations.get(agent.id) if chance.random() < 0.3 else None
        return Ask(self._owner, agent.id, text, earlier, sampling=sampling or SHORT)

    def _end(self, ask: Ask, cancel: Cancel) -> str:
        """Take an answer to its end and say how it ended."""
        state = None
        for event in self._core.chat.reply(ask, cancel):
            if isinstance(event, TurnDone):
                state = event.reply.state
                self._conversations[ask.agent_id] = event.reply.conversation_id
        if state is MessageState.DONE:
            return ANSWERED
        return str(state)

    def _answer(self, chance: Random) -> str:
        return self._end(self._ask(chance), Cancel())

    def _cancelled(self, chance: Random) -> str:
        """Press stop at any moment, before the first token too."""
        cancel = Cancel()
        timer = threading.Timer(chance.choice((0.0, 0.01, 0.1, 0.3)), cancel.set)
        timer.start()
        try:
            return self._end(self._ask(chance, replace(SHORT, max_tokens=60)), cancel)
        finally:
            timer.cancel()
            timer.join()

    def _disconnected(self, chance: Random) -> str:
        """Leave after some events, as a client that goes away."""
        left = chance.randint(1, 5)
        events: Iterator[ChatEvent] = self._core.chat.reply(self._ask(chance), Cancel())
        with closing(events):  # type: ignore[type-var]
            for event in events:
                left -= isinstance(event, TextDelta)
                if left == 0:
                    return "left"
        return ANSWERED

    def _bad_parameters(self, chance: Random) -> str:
        return self._end(self._ask(chance, chance.choice(BAD_SAMPLINGS)), Cancel())

    def _structured(self, chance: Random) -> str:
        schema = '{"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}'
        sampling = replace(SHORT, json_schema=schema, max_tokens=24, deadline_s=5.0)
        return self._end(self._ask(chance, sampling), Cancel())

    def _too_long(self, chance: Random) -> str:
        return self._end(replace(self._ask(chance), text="harbour " * 2000), Cancel())

    def _nowhere(self, chance: Random) -> str:
        """Ask an agent or in a conversation that does not exist."""
        ask = self._ask(chance)
        if chance.random() < 0.5:
            return self._end(replace(ask, agent_id=AgentId("agt_none")), Cancel())
        return self._end(replace(ask, conversation_id=ConversationId("cnv_none")), Cancel())

    # ---- afterwards

    def settle(self) -> None:
        """Have every agent stopped completely and deployed once more."""
        for agent in self._agents:
            self._core.agents.stop(self._owner, agent.id, wait=True)
        for agent in self._agents:
            self._core.agents.deploy(self._owner, agent.id, wait=True)

    def answers_again(self) -> list[str]:
        """Ask every agent once and return how that ended."""
        asks = [Ask(self._owner, agent.id, "Hello!", sampling=SHORT) for agent in self._agents]
        return [self._end(ask, Cancel()) for ask in asks]

    def busy(self) -> int:
        """Return how many slots serve somebody, plus how many requests wait for one."""
        busy = 0
        for engine in self._core.pool._engines.values():
            assert isinstance(engine, LlamaEngine)
            runner = engine._runner
            busy += len(runner._placement.busy()) + len(runner._waiting) + len(runner._writing)
        return busy

    def unfinished(self) -> int:
        """Return how many stored replies never got an end."""
        conversations = self._core.conversations
        return sum(
            message.state is MessageState.STREAMING
            for each in conversations.list(self._owner)
            for message in conversations.messages(self._owner, each.id)
        )
