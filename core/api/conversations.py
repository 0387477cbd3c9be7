"""Conversations: list, search, read, rename, delete."""

from __future__ import annotations

from fastapi import Response

from core.api.answers import ConversationAnswer, Page, ThreadAnswer, page
from core.api.bodies import RenameBody
from core.api.routing import MANAGES, READS, After, Caller, Limit, Services, router
from core.records import AgentId, ConversationId

routes = router(tag="Conversations", path="/conversations")


@routes.get("", **READS)
def list_all(
    caller: Caller,
    core: Services,
    agent_id: AgentId | None = None,
    q: str = "",
    limit: Limit = 20,
    after: After = None,
) -> Page[ConversationAnswer]:
    """List conversations, newest first; `q` searches titles and all messages."""
    found = core.conversations.list(caller.user.id, agent_id=agent_id, text=q)
    return page([ConversationAnswer.model_validate(each) for each in found], limit, after)


@routes.get("/{conversation_id}", **READS)
def get(conversation_id: ConversationId, caller: Caller, core: Services) -> ThreadAnswer:
    """Read a conversation with its messages."""
    conversation = core.conversations.get(caller.user.id, conversation_id)
    messages = core.conversations.messages(caller.user.id, conversation_id)
    return ThreadAnswer.of(conversation, messages)


@routes.patch("/{conversation_id}", **MANAGES)
def rename(
    conversation_id: ConversationId, body: RenameBody, caller: Caller, core: Services
) -> ConversationAnswer:
    """Give a conversation another title."""
    renamed = core.conversations.rename(caller.user.id, conversation_id, body.title)
    return ConversationAnswer.model_validate(renamed)


@routes.delete("/{conversation_id}", status_code=204, **MANAGES)
def delete(conversation_id: ConversationId, caller: Caller, core: Services) -> Response:
    """Delete a conversation."""
    core.conversations.delete(caller.user.id, conversation_id)
    return Response(status_code=204)
