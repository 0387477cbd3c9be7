"""A whole core with deployed agents, shared by a module's tests; conversations are their own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest

from core.app import Core, build
from core.config import load_settings
from core.records import (
    Agent,
    AgentDraft,
    AgentType,
    Ask,
    ChatEvent,
    Conversation,
    Message,
    Sampling,
    TextDelta,
    TurnDone,
    TurnStarted,
    UserId,
)
from core.retrieval import indexing
from core.streams import Cancel


@dataclass
class Reply:
    """The events of one reply."""

    events: list[ChatEvent] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, TextDelta))

    @property
    def started(self) -> TurnStarted:
        assert isinstance(self.events[0], TurnStarted)
        return self.events[0]

    @property
    def done(self) -> Message:
        assert isinstance(self.events[-1], TurnDone)
        return self.events[-1].reply

    @property
    def conversation(self) -> Conversation:
        return self.started.conversation


@dataclass
class House:
    """A core and the agent that most tests talk to."""

    core: Core
    agent: Agent

    @property
    def owner_id(self) -> UserId:
        return self.agent.owner_id

    def ask(self, text: str = "Say hello.", **changes: object) -> Ask:
        """Return a question to the agent."""
        return replace(Ask(self.owner_id, self.agent.id, text), **changes)  # type: ignore[arg-type]

    def reply(self, ask: Ask, cancel: Cancel | None = None) -> Reply:
        """Answer to the end."""
        return Reply(list(self.core.chat.reply(ask, Cancel() if cancel is None else cancel)))

    def stored(self, conversation: Conversation) -> list[Message]:
        """Return the conversation's newest branch as it is stored now."""
        return self.core.conversations.messages(self.owner_id, conversation.id)

    def deployed(self, name: str, **changes: object) -> Agent:
        """Create and deploy an agent like the first."""
        return deployed(self.core, self.owner_id, replace(self.agent.draft, name=name, **changes))  # type: ignore[arg-type]


def deployed(core: Core, owner_id: UserId, draft: AgentDraft) -> Agent:
    """Create and deploy an agent."""
    made = core.agents.create(owner_id, draft)
    core.agents.deploy(owner_id, made.id, wait=True)
    return core.agents.get(owner_id, made.id)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A core of its own with one deployed agent."""
    folder = tmp_path_factory.mktemp("house") / "outpost"
    settings = load_settings(
        {"OUTPOST_DATA_DIR": str(folder), "OUTPOST_PORT": "0", "OUTPOST_THREADS": "1"}
    )
    umask = os.umask(0o077)
    core = build(settings)
    os.umask(umask)
    model = core.models.starter()
    assert model is not None
    draft = AgentDraft(
        "Ada",
        AgentType.FINE_TUNED,
        model.id,
        system_prompt="You are a friendly assistant who answers in plain words.",
        context_tokens=512,
        sampling=Sampling(temperature=0.0, max_tokens=16),
    )
    with pytest.MonkeyPatch.context() as patch:
        # Chroma opens in the background some seconds later: a thread that no test started.
        patch.setattr(indexing, "OPEN_VECTORS_AFTER_S", 1e6)
        yield House(core, deployed(core, core.users.owner().id, draft))
        core.close()
