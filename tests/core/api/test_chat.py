"""Asking over REST, with the real starter model: at once, streamed, refused, left, stopped."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from core.errors import Busy
from core.records import (
    Agent,
    AgentType,
    Ask,
    CollectionId,
    Message,
    MessageState,
    Sampling,
)
from core.streams import Cancel
from tests.core.api.conftest import Api, Json, error_of, events_of

LONG = Sampling(temperature=0.0, max_tokens=900, repeat_penalty=1.0)
"""Makes the starter model write for many seconds."""


def deployed(api: Api, **changes: Any) -> Agent:
    """An agent that is ready to answer."""
    agent = api.agent(**changes)
    api.core.agents.deploy(agent.owner_id, agent.id, wait=True)
    return agent


def until(true: Callable[[], bool], seconds: float = 10) -> None:
    """Wait for something to become true, or fail."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def stored_replies(api: Api, agent: Agent) -> list[Message]:
    """Every stored reply of the agent's conversations."""
    listed = api.core.conversations.list(agent.owner_id, agent_id=agent.id)
    found = [api.core.conversations.messages(agent.owner_id, each.id) for each in listed]
    return [message for messages in found for message in messages if message.role == "assistant"]


@pytest.mark.model
def test_an_answer_comes_with_its_account(api: Api) -> None:
    """A reply names its conversation, counts, timings and ledger, and is stored as sent."""
    agent = deployed(api)
    asked = {"agent_id": agent.id, "message": "What is the capital of France?"}
    response = api.owner.post("/chat", json=asked)
    assert response.status_code == 200
    reply = response.json()
    assert "Paris" in reply["message"]["text"]
    assert (reply["message"]["role"], reply["message"]["state"]) == ("assistant", "done")
    assert 0 < reply["usage"]["completion_tokens"] <= 24
    assert reply["usage"]["prompt_tokens"] == reply["ledger"]["used_tokens"]
    assert reply["timings"]["tokens_per_s"] > 0
    assert reply["finish_reason"] in ("stop", "length")
    assert (reply["truncated"], reply["citations"]) == (False, [])
    thread = api.owner.get(f"/conversations/{reply['conversation_id']}").json()
    assert [message["role"] for message in thread["messages"]] == ["user", "assistant"]
    assert thread["messages"][1] == reply["message"]


@pytest.mark.model
def test_a_conversation_goes_on(api: Api) -> None:
    """A second question in the same conversation sees the first."""
    agent = deployed(api)
    first = api.owner.post("/chat", json={"agent_id": agent.id, "message": "My name is Ada."})
    going_on = {
        "agent_id": agent.id,
        "message": "What is my name?",
        "conversation_id": first.json()["conversation_id"],
    }
    second = api.owner.post("/chat", json=going_on).json()
    assert second["conversation_id"] == first.json()["conversation_id"]
    assert second["usage"]["prompt_tokens"] > first.json()["usage"]["prompt_tokens"]
    thread = api.owner.get(f"/conversations/{second['conversation_id']}").json()
    assert len(thread["messages"]) == thread["message_count"] == 4


@pytest.mark.model
def test_parameters_hold_for_one_reply(api: Api) -> None:
    """Parameters of a request override the agent's; the rest stay as the agent has them."""
    agent = deployed(api)
    asked = {
        "agent_id": agent.id,
        "message": "Count to one hundred.",
        "parameters": {"max_tokens": 3, "seed": 11, "temperature": 1.0},
    }
    reply = api.owner.post("/chat", json=asked).json()
    record = reply["message"]["record"]
    assert (reply["finish_reason"], reply["usage"]["completion_tokens"]) == ("length", 3)
    assert (record["seed"], record["sampling"]["temperature"]) == (11, 1.0)
    assert record["sampling"]["top_k"] == agent.draft.sampling.top_k
    wrong = {**asked, "parameters": {"temperature": -1}}
    assert error_of(api.owner.post("/chat", json=wrong), 400)["param"] == "temperature"
    wrong = {**asked, "parameters": {"context_tokens": 512}}
    assert (
        error_of(api.owner.post("/chat", json=wrong), 400)["param"] == "parameters.context_tokens"
    )


@pytest.mark.model
def test_a_stream_is_the_same_answer_in_pieces(api: Api) -> None:
    """started, then deltas that add up to the stored text, then done."""
    agent = deployed(api)
    asked = {"agent_id": agent.id, "message": "What is the capital of France?", "stream": True}
    with api.owner.stream("POST", "/chat", json=asked) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        events = list(events_of(response))
    names = [name for name, _ in events]
    assert (names[0], names[-1]) == ("started", "done")
    assert set(names[1:-1]) <= {"progress", "delta"}
    text = "".join(content["text"] for name, content in events if name == "delta")
    done = events[-1][1]
    assert done["message"]["text"] == text
    assert "Paris" in text
    started = events[0][1]
    assert started["question"]["text"] == asked["message"]
    assert started["reply"]["id"] == done["message"]["id"]
    assert started["conversation"]["id"] == done["conversation_id"]
    whole = api.owner.post("/chat", json={**asked, "stream": False}).json()
    assert whole["message"]["text"] == text


def test_an_agent_that_is_not_deployed_says_so(api: Api) -> None:
    """409 with the code not_deployed, streamed or not, and nothing is stored."""
    agent = api.agent()
    for streamed in (False, True):
        asked = {"agent_id": agent.id, "message": "Hello", "stream": streamed}
        error = error_of(api.owner.post("/chat", json=asked), 409)
        assert error["code"] == "not_deployed"
        assert "'Tester'" in error["message"]
    assert api.owner.get("/conversations").json()["data"] == []


def test_each_type_has_its_route(api: Api) -> None:
    """The wrong route is 400 and names the right one."""
    collection = api.core.collections.create(api.core.users.owner().id, "Papers")
    wanted = {"type": AgentType.RAG, "collections": (CollectionId(collection.id),)}
    fine_tuned, rag = api.agent("Plain"), api.agent("Cited", **wanted)
    for route, agent, right in (("/rag-chat", fine_tuned, "/chat"), ("/chat", rag, "/rag-chat")):
        asked = {"agent_id": agent.id, "message": "Hello"}
        error = error_of(api.owner.post(route, json=asked), 400)
        assert (error["code"], error["param"]) == ("wrong_agent_type", "agent_id")
        assert error["message"].endswith(f"POST {right}.")


def test_wrong_questions_are_refused(api: Api) -> None:
    """A question that cannot be asked is 400."""
    asked: dict[str, object] = {"agent_id": api.agent().id, "message": "Hello"}
    wrong: list[dict[str, object]] = [{"message": text} for text in ("", " \n", None)]
    wrong += [{"agent_id": 7}, {"stream": "maybe"}, {"conversation_id": 3}, {"extra": 1}]
    wrong += [{"message": "x" * 400_001}]
    for change in wrong:
        error_of(api.owner.post("/chat", json={**asked, **change}), 400)


@pytest.mark.model
def test_foreign_conversations_do_not_exist(api: Api) -> None:
    """Nobody goes on with, reads, renames or deletes another user's conversation."""
    agent = deployed(api)
    mine = api.owner.post("/chat", json={"agent_id": agent.id, "message": "Hello"}).json()
    path = f"/conversations/{mine['conversation_id']}"
    anna = api.user("anna")
    error_of(anna.get(path), 404)
    error_of(anna.patch(path, json={"title": "Mine"}), 404)
    error_of(anna.delete(path), 404)
    assert anna.get("/conversations").json()["data"] == []
    asked = {"agent_id": agent.id, "message": "Hello", "conversation_id": "cnv_none"}
    error_of(api.owner.post("/chat", json=asked), 404)


@pytest.mark.model
def test_leaving_a_stream_stops_the_reply(api: Api) -> None:
    """A client that closes the connection ends its reply, which is kept as stopped."""
    agent = deployed(api, sampling=LONG)
    asked = {"agent_id": agent.id, "message": "Tell me a very long story.", "stream": True}
    with api.owner.stream("POST", "/chat", json=asked) as response:
        for name, _ in events_of(response):
            if name == "delta":
                break
    until(lambda: stored_replies(api, agent)[0].state is not MessageState.STREAMING)
    (reply,) = stored_replies(api, agent)
    assert reply.state is MessageState.STOPPED
    assert reply.text
    again = {"agent_id": agent.id, "message": "Hi", "parameters": {"max_tokens": 2}}
    assert api.owner.post("/chat", json=again).status_code == 200


@pytest.mark.model
def test_giving_up_a_plain_request_stops_the_reply(api: Api) -> None:
    """The same holds for a client that waits for the whole answer and leaves."""
    agent = deployed(api, sampling=LONG)
    asked = {"agent_id": agent.id, "message": "Tell me a very long story."}
    with pytest.raises(httpx.ReadTimeout):
        api.owner.post("/chat", json=asked, timeout=1.0)
    until(lambda: stored_replies(api, agent)[0].state is not MessageState.STREAMING)
    assert stored_replies(api, agent)[0].state is MessageState.STOPPED


@pytest.mark.model
def test_stopping_the_server_ends_streams_in_order(api: Api) -> None:
    """A running stream ends with done, its reply stopped, and the server is gone in 2 s."""
    agent = deployed(api, sampling=LONG)
    asked = {"agent_id": agent.id, "message": "Tell me a very long story.", "stream": True}
    with api.owner.stream("POST", "/chat", json=asked) as response:
        events = events_of(response)
        while next(events)[0] != "delta":
            pass
        began = time.monotonic()
        stopping = threading.Thread(target=api.server.stop)
        stopping.start()
        last = list(events)[-1]
        stopping.join()
    assert time.monotonic() - began < 2.0
    assert (last[0], last[1]["message"]["state"]) == ("done", "stopped")
    assert stored_replies(api, agent)[0].text == last[1]["message"]["text"]


@pytest.mark.model
def test_several_clients_are_answered_at_once(api: Api) -> None:
    """Replies run side by side: each client gets the answer to its own question."""
    agent = deployed(api)
    client = api.owner
    replies: dict[str, Json] = {}

    def asking(question: str) -> None:
        asked = {"agent_id": agent.id, "message": question}
        replies[question] = client.post("/chat", json=asked).json()

    questions = [f"Say something about the number {number}." for number in range(6)]
    threads = [threading.Thread(target=asking, args=(question,)) for question in questions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for question in questions:
        reply = replies[question]
        thread_of = client.get(f"/conversations/{reply['conversation_id']}").json()["messages"]
        assert [message["text"] for message in thread_of] == [question, reply["message"]["text"]]
        assert reply["message"]["state"] == "done"
        assert reply["message"]["text"]


def test_too_many_replies_are_told_to_come_back(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refusal for lack of room is 503 and says when to try again."""

    def refuse(ask: Ask, cancel: Cancel) -> None:
        raise Busy("Too many replies are being written already.", retry_after_s=2.5)

    monkeypatch.setattr(api.core.chat, "reply", refuse)
    asked = {"agent_id": api.agent().id, "message": "Hello"}
    response = api.owner.post("/chat", json=asked)
    assert error_of(response, 503)["code"] == "busy"
    assert response.headers["retry-after"] == "3"
