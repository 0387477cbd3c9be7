"""Questions, and what becomes of conversations."""

from __future__ import annotations

from pydantic import Field

from core.api.bodies.agents import SamplingBody
from core.api.bodies.base import Body, Flag, Name, Tag, Text, Words
from core.records import AgentId, Ask, ConversationId, MessageId, Sampling, UserId


class ChatBody(Body):
    """A question to a deployed agent."""

    agent_id: Text
    message: Words = Field(max_length=400_000)
    conversation_id: Text | None = Field(default=None, description="null begins a new one")
    parent_id: Text | None = Field(
        default=None, description="the message that this one follows; null means the newest"
    )
    parameters: SamplingBody | None = Field(default=None, description="for this reply only")
    stream: Flag = Field(default=False, description="answer as server-sent events")

    def ask(self, owner_id: UserId, sampling: Sampling) -> Ask:
        """Return the question; `sampling` is the agent's own, which the body may override."""
        return Ask(
            owner_id=owner_id,
            agent_id=AgentId(self.agent_id),
            text=self.message,
            conversation_id=ConversationId(self.conversation_id) if self.conversation_id else None,
            parent_id=MessageId(self.parent_id) if self.parent_id else None,
            sampling=self.parameters.over(sampling) if self.parameters else None,
        )


class EditBody(Body):
    """A question in other words."""

    message: Words = Field(max_length=400_000)
    stream: Flag = Field(default=False, description="answer as server-sent events")


class AgainBody(Body):
    """How to answer once more."""

    stream: Flag = Field(default=False, description="answer as server-sent events")


class ConversationChangeBody(Body):
    """Changes to a conversation; what is left out stays as it is."""

    title: Name | None = Field(default=None, max_length=80)
    pinned: Flag | None = None
    tags: list[Tag] | None = Field(default=None, description="all of its tags from now on")
