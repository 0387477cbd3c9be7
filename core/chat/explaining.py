"""Why an answer was given these passages and not others: its search, looked into once more.

What is asked for is what was asked then: the question as it was completed from the ones before
it, by the settings of the agent's version that answered. Only the documents are today's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.agents import Agents
from core.chat.past import past_turns
from core.errors import NotFound
from core.records import (
    Agent,
    AgentDraft,
    Conversation,
    Document,
    DocumentId,
    Inspection,
    Message,
    MessageId,
    UserId,
)
from core.retrieval.collections import Collections
from core.retrieval.followup import standalone
from core.store.conversations import ConversationStore


@dataclass(frozen=True, slots=True)
class _Search:
    """What was searched for a reply, and how."""

    text: str
    draft: AgentDraft


class Explanations:
    """Looks into the searches of replies that are stored."""

    def __init__(self, store: ConversationStore, agents: Agents, collections: Collections):
        self._store = store
        self._agents = agents
        self._collections = collections

    def documents(self, owner_id: UserId, reply_id: MessageId) -> Sequence[Document]:
        """Return the documents that a reply's agent answered from, by name; raises NotFound."""
        found: list[Document] = []
        for each in self._search(owner_id, reply_id).draft.collections:
            try:
                found += self._collections.documents(owner_id, each)
            except NotFound:  # the collection was deleted since
                continue
        return sorted(found, key=lambda document: document.name.casefold())

    def inspect(self, owner_id: UserId, reply_id: MessageId) -> Inspection:
        """Return everything that was considered for a reply; raises NotFound."""
        search = self._search(owner_id, reply_id)
        draft = search.draft
        return self._collections.inspect(owner_id, search.text, draft.collections, draft.retrieval)

    def why_not(self, owner_id: UserId, reply_id: MessageId, document_id: DocumentId) -> Inspection:
        """Return a document's best chunks for a reply's question, and why none was shown.

        Raises NotFound.
        """
        search = self._search(owner_id, reply_id)
        draft = search.draft
        return self._collections.why_not(
            owner_id, search.text, document_id, draft.collections, draft.retrieval
        )

    def _search(self, owner_id: UserId, reply_id: MessageId) -> _Search:
        conversation, reply = self._store.find_message(owner_id, reply_id)
        branch = self._store.messages(owner_id, conversation.id, reply.id)
        at = next((at for at, each in enumerate(branch) if each.id == reply.id), 0)
        if at == 0:
            raise NotFound("question of the message", reply_id)
        draft = self._agent(owner_id, conversation, reply).draft
        earlier = [turn.question for turn in past_turns(branch[: at - 1], draft)]
        return _Search(standalone(branch[at - 1].text, earlier), draft)

    def _agent(self, owner_id: UserId, conversation: Conversation, reply: Message) -> Agent:
        """Return the version of the agent that wrote a reply; raises NotFound where it is gone."""
        if conversation.agent_id is None:
            raise NotFound("agent", conversation.agent_name)
        versions = self._agents.versions(owner_id, conversation.agent_id)
        found = (each for each in versions if each.version_id == reply.agent_version_id)
        return next(found, versions[0])
