"""Asking agents: one route for each type, answered at once or as a stream."""

from __future__ import annotations

from typing import Any

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool

from core.api.answers import ChatAnswer, MessageAnswer
from core.api.bodies.chat import AgainBody, ChatBody, EditBody
from core.api.replies import Reply, last_of
from core.api.routing import CHATS, EVENT_STREAM, Caller, RunningReplies, Services, router
from core.api.sse import ReplyStream
from core.app import Core
from core.errors import Cancelled, WrongAgentType
from core.records import (
    AgentId,
    AgentType,
    Ask,
    ChatEvent,
    Message,
    MessageId,
    TurnDone,
    UserId,
)

routes = router(tag="Chat")

ROUTES = {AgentType.FINE_TUNED: "/chat", AgentType.RAG: "/rag-chat"}
STREAMED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The reply, or with stream=true its events: started, passages, progress, "
        "delta, and at the end done or error",
        "content": EVENT_STREAM,
    }
}


@routes.post("/chat", response_model=ChatAnswer, responses=STREAMED, **CHATS)
async def chat(
    request: Request, body: ChatBody, caller: Caller, core: Services, replies: RunningReplies
) -> Response | ChatAnswer:
    """Ask a fine-tuned agent."""
    ask = await run_in_threadpool(_ask, core, caller.user.id, body, AgentType.FINE_TUNED)
    return await _reply(request, replies.begin(ask), streamed=body.stream)


@routes.post("/rag-chat", response_model=ChatAnswer, responses=STREAMED, **CHATS)
async def rag_chat(
    request: Request, body: ChatBody, caller: Caller, core: Services, replies: RunningReplies
) -> Response | ChatAnswer:
    """Ask a RAG agent; the answer names its sources."""
    ask = await run_in_threadpool(_ask, core, caller.user.id, body, AgentType.RAG)
    return await _reply(request, replies.begin(ask), streamed=body.stream)


@routes.post("/messages/{message_id}/edit", response_model=ChatAnswer, responses=STREAMED, **CHATS)
async def edit(
    request: Request,
    message_id: MessageId,
    body: EditBody,
    caller: Caller,
    core: Services,
    replies: RunningReplies,
) -> Response | ChatAnswer:
    """Ask a question again in other words; both stay, as branches of the conversation."""
    reply = replies.start(
        lambda cancel: core.chat.edit(caller.user.id, message_id, body.message, cancel)
    )
    return await _reply(request, reply, streamed=body.stream)


@routes.post(
    "/messages/{message_id}/regenerate", response_model=ChatAnswer, responses=STREAMED, **CHATS
)
async def regenerate(
    request: Request,
    message_id: MessageId,
    body: AgainBody,
    caller: Caller,
    core: Services,
    replies: RunningReplies,
) -> Response | ChatAnswer:
    """Answer a question again; both answers stay, as branches of the conversation."""
    reply = replies.start(lambda cancel: core.chat.regenerate(caller.user.id, message_id, cancel))
    return await _reply(request, reply, streamed=body.stream)


@routes.post(
    "/messages/{message_id}/resume", response_model=ChatAnswer, responses=STREAMED, **CHATS
)
async def resume(
    request: Request,
    message_id: MessageId,
    body: AgainBody,
    caller: Caller,
    core: Services,
    replies: RunningReplies,
) -> Response | ChatAnswer:
    """Write on where a reply was cut off, after the text it has."""
    reply = replies.start(lambda cancel: core.chat.resume(caller.user.id, message_id, cancel))
    return await _reply(request, reply, streamed=body.stream)


@routes.post("/messages/{message_id}/stop", status_code=202, **CHATS)
def stop(message_id: MessageId, caller: Caller, core: Services) -> MessageAnswer:
    """Stop a reply wherever it was begun; its text so far is kept. One that has ended stays."""
    core.chat.stop(caller.user.id, message_id)
    return MessageAnswer.model_validate(core.conversations.message(caller.user.id, message_id))


def _ask(core: Core, owner_id: UserId, body: ChatBody, wanted: AgentType) -> Ask:
    """Return the question; raises NotFound, or WrongAgentType naming the right route."""
    agent = core.agents.get(owner_id, AgentId(body.agent_id))
    if agent.draft.type is not wanted:
        right = ROUTES[agent.draft.type]
        raise WrongAgentType(
            f"The agent '{agent.name}' is of the type {agent.draft.type}; ask it by POST {right}.",
            advice=f"Send the same request to {right}.",
            param="agent_id",
        )
    return body.ask(owner_id, agent.draft.sampling)


async def _reply(
    request: Request, reply: Reply[ChatEvent], *, streamed: bool
) -> Response | ChatAnswer:
    """Answer by a reply that was started; errors before its first event have a status."""
    try:
        first = await reply.next()
        if streamed and first is not None:
            return ReplyStream(first, reply)  # type: ignore[arg-type]  # no deadline, no silence
        return ChatAnswer.of(await _whole(request, reply))
    except BaseException:
        reply.leave()
        raise


async def _whole(request: Request, reply: Reply[ChatEvent]) -> Message:
    """Wait for the end of the reply; a client that leaves meanwhile ends it."""
    last = await last_of(request, reply)
    if isinstance(last, TurnDone):
        return last.reply
    raise Cancelled("The reply was given up.")
