"""Asking agents: one route for each type, answered at once or as a stream."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool

from core.api.answers import ChatAnswer
from core.api.bodies import ChatBody
from core.api.replies import Replies, Reply
from core.api.routing import CHATS, Caller, RunningReplies, Services, router
from core.api.sse import ReplyStream
from core.app import Core
from core.errors import Cancelled, WrongAgentType
from core.records import AgentId, AgentType, Ask, ChatEvent, Message, TurnDone, UserId

routes = router(tag="Chat")

ROUTES = {AgentType.FINE_TUNED: "/chat", AgentType.RAG: "/rag-chat"}
STREAMED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The reply, or with stream=true its events: started, passages, progress, "
        "delta, and at the end done or error",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}


@routes.post("/chat", response_model=ChatAnswer, responses=STREAMED, **CHATS)
async def chat(
    request: Request, body: ChatBody, caller: Caller, core: Services, replies: RunningReplies
) -> Response | ChatAnswer:
    """Ask a fine-tuned agent."""
    ask = await run_in_threadpool(_ask, core, caller.user.id, body, AgentType.FINE_TUNED)
    return await _reply(request, replies, ask, streamed=body.stream)


@routes.post("/rag-chat", response_model=ChatAnswer, responses=STREAMED, **CHATS)
async def rag_chat(
    request: Request, body: ChatBody, caller: Caller, core: Services, replies: RunningReplies
) -> Response | ChatAnswer:
    """Ask a RAG agent; the answer names its sources."""
    ask = await run_in_threadpool(_ask, core, caller.user.id, body, AgentType.RAG)
    return await _reply(request, replies, ask, streamed=body.stream)


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
    request: Request, replies: Replies, ask: Ask, *, streamed: bool
) -> Response | ChatAnswer:
    """Start the reply; errors before its first event have a status of their own."""
    reply = replies.begin(ask)
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
    watch = asyncio.create_task(_leave_with_client(request, reply))
    try:
        while (event := await reply.next()) is not None:
            if isinstance(event, TurnDone):
                return event.reply
        raise Cancelled("The reply was given up.")
    finally:
        watch.cancel()


async def _leave_with_client(request: Request, reply: Reply[ChatEvent]) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
    reply.leave()
