"""The stories of an operator's scripts: `outpost serve` as a process, and REST from outside."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pypdfium2
import pytest

import resources

pytestmark = [pytest.mark.model, pytest.mark.timeout(400)]

Json = dict[str, Any]
PREFIX = "/api/v1/agent-deployment"
QUESTION = "Which document formats can a collection read?"
EVIDENCE = "reads three document formats"
"""Words of the guide that answer the question."""


class Outpost:
    """`outpost serve` on a data folder, run as its users run it."""

    def __init__(self, folder: Path, **environ: str):
        self.folder = folder
        self._environ = {**os.environ, **environ}
        self._process: subprocess.Popen[bytes] | None = None
        self.client = httpx.Client()

    def start(self) -> None:
        """Start and wait until runtime.json says where it answers."""
        command = [sys.executable, "-m", "core", "serve", "--port", "0", "--data-dir"]
        self._process = subprocess.Popen(
            [*command, str(self.folder)], env=self._environ, stdout=subprocess.DEVNULL
        )
        runtime = self.folder / "runtime.json"
        until(lambda: self._starts(runtime, self._process))
        content = json.loads(runtime.read_text())
        self.client = httpx.Client(
            base_url=content["url"] + PREFIX,
            headers={"Authorization": f"Bearer {content['owner_token']}"},
            trust_env=False,
            timeout=180,
        )
        until(lambda: bool(self.get("/status")["ready"]))

    @staticmethod
    def _starts(runtime: Path, process: subprocess.Popen[bytes] | None) -> bool:
        assert process is not None
        assert process.poll() is None, "outpost serve ended by itself"
        # A killed instance leaves its file behind; only the new one's counts.
        return runtime.exists() and json.loads(runtime.read_text())["pid"] == process.pid

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and return the exit status."""
        self.client.close()
        if self._process is None:
            return 0
        process, self._process = self._process, None
        process.send_signal(number)
        return process.wait(timeout=10)

    def get(self, path: str, **params: Any) -> Json:
        """Read something that is there."""
        response = self.client.get(path, params=params)
        assert response.status_code == 200, response.text
        content: Json = response.json()
        return content

    def agent(self, name: str) -> str:
        """The id of an agent."""
        (found,) = self.get("/agents", q=name)["data"]
        assert found["name"] == name
        return str(found["id"])

    def deploy(self, name: str) -> str:
        """Deploy an agent, wait for it and return its id."""
        agent_id = self.agent(name)
        response = self.client.post(f"/agents/{agent_id}/deploy", params={"wait": True})
        assert response.json()["state"] == "deployed", response.text
        return agent_id

    def events(self, route: str, asked: Json) -> Iterator[tuple[str, Json]]:
        """Ask and yield the events of the answer as they come."""
        with self.client.stream("POST", route, json={**asked, "stream": True}) as response:
            assert response.status_code == 200
            name = ""
            for line in response.iter_lines():
                if line.startswith("event: "):
                    name = line[7:]
                elif line.startswith("data: "):
                    yield name, json.loads(line[6:])


def until(true: Callable[[], bool], seconds: float = 200) -> None:
    """Wait for something to become true, or fail."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


@pytest.fixture
def outpost(tmp_path: Path) -> Iterator[Outpost]:
    """An Outpost in a fresh data folder, with room for one agent."""
    made = Outpost(tmp_path / "data", MAX_DEPLOYED_AGENTS="1")
    yield made
    made.end(signal.SIGKILL)


def page_of(words: str) -> int:
    """The page of the operator guide's PDF on which the words stand."""
    document = pypdfium2.PdfDocument(resources.guide_dir() / "operator-guide.pdf")
    texts = [page.get_textpage().get_text_range() for page in document]
    (number,) = [number for number, text in enumerate(texts, 1) if words in " ".join(text.split())]
    document.close()
    return number


def test_the_guide_answers_from_its_pages_and_remembers(outpost: Outpost) -> None:
    """First start, deploy, ask, streamed answer with the right page, restart, still there."""
    outpost.start()
    until(lambda: all_read(outpost))
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
    assert "Markdown" in text

    cited = [citation for citation in done["citations"] if EVIDENCE in citation["quote"]]
    assert cited, done["citations"]
    assert cited[0]["document_name"] == "operator-guide.pdf"
    assert cited[0]["first_page"] == page_of(EVIDENCE)
    assert cited[0]["state"] in ("verified", "linked")

    assert outpost.end() == 0
    assert not (outpost.folder / "runtime.json").exists()
    outpost.start()
    thread = outpost.get(f"/conversations/{done['conversation_id']}")
    assert [message["role"] for message in thread["messages"]] == ["user", "assistant"]
    assert thread["messages"][0]["text"] == QUESTION
    assert thread["messages"][1] == done["message"]
    assert outpost.end() == 0


def all_read(outpost: Outpost) -> bool:
    """Whether every document of the starter collection has been read."""
    (collection,) = outpost.get("/collections")["data"]
    assert collection["failed_count"] == 0
    return bool(0 < collection["document_count"] == collection["ready_count"])


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
