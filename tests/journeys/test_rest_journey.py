"""The stories of an operator's scripts: `outpost serve` as a process, and REST from outside."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.journeys.guide import ANSWER, DOCUMENT, EVIDENCE, QUESTION, page_of
from tests.journeys.served import Outpost, until

pytestmark = [pytest.mark.model, pytest.mark.timeout(400)]


@pytest.fixture
def outpost(tmp_path: Path) -> Iterator[Outpost]:
    """An Outpost in a fresh data folder, with room for one agent."""
    made = Outpost(tmp_path / "data", MAX_DEPLOYED_AGENTS="1")
    yield made
    made.end(signal.SIGKILL)


def test_the_guide_answers_from_its_pages_and_remembers(outpost: Outpost) -> None:
    """First start, deploy, ask, streamed answer with the right page, restart, still there."""
    outpost.start()
    until(outpost.all_read)
    guide = outpost.deploy("Guide")
    events = list(outpost.events("/rag-chat", {"agent_id": guide, "message": QUESTION}))

    names = [name for name, _ in events]
    assert names[0] == "started"
    assert names.index("passages") < names.index("delta")
    assert names.count("delta") > 5
    assert names[-1] == "done"
    done = events[-1][1]
    text = "".join(content["text"] for name, content in events if name == "delta")
    assert done["message"]["text"] == text
    assert ANSWER in text

    cited = [citation for citation in done["citations"] if EVIDENCE in citation["quote"]]
    assert cited, done["citations"]
    assert cited[0]["document_name"] == DOCUMENT
    assert cited[0]["first_page"] == page_of(EVIDENCE)
    # Which state depends on the starter model's wording; tests/core/chat looks at the states.
    assert cited[0]["state"] in ("verified", "linked", "unsupported")

    assert outpost.end() == 0
    assert not (outpost.folder / "runtime.json").exists()
    outpost.start()
    thread = outpost.get(f"/conversations/{done['conversation_id']}")
    assert [message["role"] for message in thread["messages"]] == ["user", "assistant"]
    assert thread["messages"][0]["text"] == QUESTION
    assert thread["messages"][1] == done["message"]
    assert outpost.end() == 0


def test_a_killed_process_loses_neither_question_nor_words(outpost: Outpost) -> None:
    """kill -9 in the middle of a reply: both are there after a restart, marked interrupted."""
    outpost.start()
    agent_id = outpost.deploy("Assistant")
    asked = {
        "agent_id": agent_id,
        "message": "Write a very long story about a lighthouse.",
        "parameters": {"max_tokens": 900},
    }
    events = outpost.events("/chat", asked)
    _, started = next(events)
    seen, began = "", time.monotonic()
    while time.monotonic() - began < 2.0 or len(seen) < 100:
        name, content = next(events)
        assert name in ("progress", "delta")
        seen += content.get("text", "")
    outpost.end(signal.SIGKILL)

    outpost.start()
    thread = outpost.get(f"/conversations/{started['conversation']['id']}")
    question, reply = thread["messages"]
    assert (question["text"], question["state"]) == (asked["message"], "done")
    assert reply["state"] == "interrupted"
    assert reply["text"]
    assert seen.startswith(reply["text"]) or reply["text"].startswith(seen)
    assert outpost.deploy("Assistant") == agent_id
    going_on = {
        "agent_id": agent_id,
        "message": "Say yes.",
        "conversation_id": thread["id"],
        "parameters": {"max_tokens": 3},
    }
    assert outpost.client.post("/chat", json=going_on).status_code == 200


def test_the_eleven_routes_answer_as_promised(outpost: Outpost) -> None:
    """Each route of the mission, and each refusal, against the running program."""
    outpost.start()
    client = outpost.client
    starter = next(model for model in outpost.get("/models")["data"] if model["is_starter"])
    sent = {
        "name": "Clerk",
        "type": "fine_tuned",
        "model": starter["id"],
        "system_prompt": "You are a helpful assistant.",
        "parameters": {"temperature": 0, "max_tokens": 24, "context_tokens": 1024},
    }
    created = client.post("/agents", json=sent)
    assert created.status_code == 201
    clerk, assistant, guide = (
        created.json()["id"],
        outpost.agent("Assistant"),
        outpost.agent("Guide"),
    )
    assert {agent["id"] for agent in outpost.get("/agents")["data"]} == {clerk, assistant, guide}
    assert outpost.get(f"/agents/{clerk}")["name"] == "Clerk"

    asked = {"agent_id": clerk, "message": "What is the capital of France?"}
    assert code_of(client.post("/chat", json=asked), 409) == "not_deployed"
    assert outpost.deploy("Clerk") == clerk
    assert code_of(client.post(f"/agents/{assistant}/deploy"), 409) == "pool_full"
    assert "'Clerk'" in client.post(f"/agents/{assistant}/deploy").json()["error"]["message"]
    assert code_of(client.post("/rag-chat", json=asked), 400) == "wrong_agent_type"
    reply = client.post("/chat", json=asked)
    assert reply.status_code == 200
    assert "Paris" in reply.json()["message"]["text"]

    conversation = reply.json()["conversation_id"]
    assert [each["id"] for each in outpost.get("/conversations")["data"]] == [conversation]
    assert len(outpost.get(f"/conversations/{conversation}")["messages"]) == 2
    assert client.delete(f"/conversations/{conversation}").status_code == 204
    assert code_of(client.get(f"/conversations/{conversation}"), 404) == "not_found"

    assert client.post("/users", json={"name": "anna"}).status_code == 201
    token = {"name": "anna's", "scope": "manage", "user": "anna"}
    secret = client.post("/tokens", json=token).json()["secret"]
    anna = {"Authorization": f"Bearer {secret}"}
    assert code_of(client.get(f"/agents/{clerk}", headers=anna), 404) == "not_found"
    nobody = {"Authorization": "Bearer outp_wrong"}
    assert code_of(client.get("/agents", headers=nobody), 401) == "unauthenticated"

    assert code_of(client.delete(f"/agents/{clerk}"), 409) == "agent_deployed"
    stopped = client.post(f"/agents/{clerk}/stop", params={"wait": True})
    assert stopped.json()["state"] == "stopped"
    assert client.delete(f"/agents/{clerk}").status_code == 204
    assert code_of(client.get(f"/agents/{clerk}"), 404) == "not_found"


def code_of(response: httpx.Response, status: int) -> str:
    """Check a refusal's status and return its stable code."""
    assert response.status_code == status, response.text
    return str(response.json()["error"]["code"])
