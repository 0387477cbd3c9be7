"""Conversations: list, search, read, carry away, sort, throw away and bring back."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import Response

from core.api.answers import (
    ConversationAnswer,
    CountAnswer,
    HitAnswer,
    MessageAnswer,
    Page,
    TagAnswer,
    TagsAnswer,
    ThreadAnswer,
)
from core.api.bodies.chat import ConversationChangeBody
from core.api.paging import Limit, Paging
from core.api.routing import MANAGES, READS, Caller, Services, download, router
from core.records import AgentId, ConversationId, MessageId

routes = router(tag="Conversations")

EXPORTED: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            "text/markdown": {"schema": {"type": "string"}},
            "application/json": {"schema": {"type": "object"}},
        }
    }
}
MEDIA_TYPES = {"md": "text/markdown", "json": "application/json"}


@routes.get("/conversations", **READS)
def list_all(
    caller: Caller,
    core: Services,
    paging: Paging,
    agent_id: AgentId | None = None,
    q: str = "",
    tag: str | None = None,
    trashed: bool = False,
) -> Page[ConversationAnswer]:
    """List conversations, pinned ones first, then newest first; `q` searches all messages.

    With trashed=true, list those in the trash instead, the one deleted last first.
    """
    if trashed:
        found = core.conversations.trashed(caller.user.id)
    else:
        found = core.conversations.list(caller.user.id, agent_id=agent_id, text=q, tag=tag)
    return paging.page(found, ConversationAnswer.model_validate)


@routes.get("/conversations/search", **READS)
def search(
    q: str,
    caller: Caller,
    core: Services,
    agent_id: AgentId | None = None,
    tag: str | None = None,
    limit: Limit = 20,
) -> Page[HitAnswer]:
    """Find conversations with the message of each that fits best, and a snippet of it."""
    found = core.conversations.search(caller.user.id, q, agent_id=agent_id, tag=tag)
    shown = [HitAnswer.model_validate(each) for each in found[:limit]]
    return Page(data=shown, has_more=len(found) > limit)


@routes.post("/conversations/trash/empty", **MANAGES)
def empty_trash(caller: Caller, core: Services) -> CountAnswer:
    """Delete every conversation of the trash for good."""
    return CountAnswer(count=core.conversations.empty_trash(caller.user.id))


@routes.get("/conversations/{conversation_id}", **READS)
def get(
    conversation_id: ConversationId,
    caller: Caller,
    core: Services,
    leaf: MessageId | None = None,
) -> ThreadAnswer:
    """Read a conversation with the messages of its newest branch, or of the one through `leaf`."""
    conversation = core.conversations.get(caller.user.id, conversation_id)
    messages = core.conversations.messages(caller.user.id, conversation_id, leaf)
    return ThreadAnswer.of(conversation, messages)


@routes.get("/conversations/{conversation_id}/tree", **READS)
def tree(conversation_id: ConversationId, caller: Caller, core: Services) -> Page[MessageAnswer]:
    """Read every message of every branch, oldest first; `parent_id` makes the tree."""
    found = core.conversations.tree(caller.user.id, conversation_id)
    return Page(data=[MessageAnswer.model_validate(each) for each in found])


@routes.get(
    "/conversations/{conversation_id}/export", response_class=Response, responses=EXPORTED, **READS
)
def export(
    conversation_id: ConversationId,
    caller: Caller,
    core: Services,
    format: Literal["md", "json"] = "md",
) -> Response:
    """Download the newest branch as Markdown, or the whole tree with all records as JSON."""
    text = core.conversations.export(caller.user.id, conversation_id, format)
    title = core.conversations.get(caller.user.id, conversation_id).title
    return download(text, f"{title}.{format}", MEDIA_TYPES[format])


@routes.patch("/conversations/{conversation_id}", **MANAGES)
def change(
    conversation_id: ConversationId, body: ConversationChangeBody, caller: Caller, core: Services
) -> ConversationAnswer:
    """Give a conversation another title or other tags, pin or unpin it."""
    owner_id, conversations = caller.user.id, core.conversations
    changed = conversations.get(owner_id, conversation_id)
    if body.title is not None:
        changed = conversations.rename(owner_id, conversation_id, body.title)
    if body.tags is not None:
        changed = conversations.tag(owner_id, conversation_id, body.tags)
    if body.pinned is not None:
        pin = conversations.pin if body.pinned else conversations.unpin
        changed = pin(owner_id, conversation_id)
    return ConversationAnswer.model_validate(changed)


@routes.delete("/conversations/{conversation_id}", status_code=204, **MANAGES)
def delete(
    conversation_id: ConversationId, caller: Caller, core: Services, forever: bool = False
) -> Response:
    """Move a conversation to the trash; with forever=true, delete one that is there for good."""
    remove = core.conversations.purge if forever else core.conversations.delete
    remove(caller.user.id, conversation_id)
    return Response(status_code=204)


@routes.post("/conversations/{conversation_id}/restore", **MANAGES)
def restore(conversation_id: ConversationId, caller: Caller, core: Services) -> ConversationAnswer:
    """Bring a conversation back from the trash."""
    restored = core.conversations.restore(caller.user.id, conversation_id)
    return ConversationAnswer.model_validate(restored)


@routes.get("/messages/{message_id}", **READS)
def message(message_id: MessageId, caller: Caller, core: Services) -> MessageAnswer:
    """Read one message."""
    return MessageAnswer.model_validate(core.conversations.message(caller.user.id, message_id))


@routes.delete("/messages/{message_id}", **MANAGES)
def delete_message(message_id: MessageId, caller: Caller, core: Services) -> ConversationAnswer:
    """Take a message and all that follows from it away, until it is restored."""
    changed = core.conversations.delete_message(caller.user.id, message_id)
    return ConversationAnswer.model_validate(changed)


@routes.post("/messages/{message_id}/restore", **MANAGES)
def restore_message(message_id: MessageId, caller: Caller, core: Services) -> ConversationAnswer:
    """Bring a deleted message back with all that followed from it."""
    changed = core.conversations.restore_message(caller.user.id, message_id)
    return ConversationAnswer.model_validate(changed)


@routes.get("/tags", **READS)
def tags(caller: Caller, core: Services) -> TagsAnswer:
    """List every tag in use, of agents with their number, of conversations and documents."""
    counts = core.agents.tags(caller.user.id)
    return TagsAnswer(
        agents=[TagAnswer.model_validate(each) for each in counts],
        conversations=core.conversations.tags(caller.user.id),
        documents=core.collections.document_tags(caller.user.id),
    )
