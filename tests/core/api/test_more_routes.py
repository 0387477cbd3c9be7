"""Routes over what agents, conversations, documents and settings can do beside the ordinary."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.records import Agent, Ask, Message, Sampling
from core.store.conversations import ConversationStore
from tests.core.api.conftest import Api, Json, error_of, events_of

READY_S = 60.0


def talked(api: Api, agent: Agent, text: str) -> tuple[str, Message]:
    """A conversation whose question nobody has answered, and the question."""
    store = ConversationStore(api.core._database)
    conversation, messages = store.open_turn(Ask(agent.owner_id, agent.id, text), agent)
    store.interrupt_unfinished()
    return conversation.id, messages[0]


def actions(api: Api) -> list[tuple[str, str]]:
    """What the audit log says was done and by which route, oldest first."""
    events = api.owner.get("/audit").json()["data"]
    return [(event["action"], event["route"]) for event in reversed(events)]


def test_agents_are_cloned_compared_and_taken_back(api: Api) -> None:
    """A clone is an agent of its own; versions can be compared and an old one made new again."""
    agent, owner = api.agent("Clerk", tags=("office",)), api.owner
    path = f"/agents/{agent.id}"
    clone = owner.post(f"{path}/clone", json={}).json()
    assert (clone["name"], clone["tags"]) == ("Clerk (copy)", ["office"])
    owner.patch(path, json={"system_prompt": "Be brief."})
    versions = owner.get(f"{path}/versions").json()["data"]
    assert [(each["version"], each["agent_id"]) for each in versions] == [
        (2, agent.id),
        (1, agent.id),
    ]
    (change,) = owner.get(f"{path}/diff?old=1&new=2").json()["data"]
    assert (change["field"], change["after"]) == ("system_prompt", "Be brief.")
    back = owner.post(f"{path}/rollback", json={"version": 1}).json()
    assert (back["version"], back["system_prompt"]) == (3, "")
    error_of(owner.get(f"{path}/diff?old=1&new=9"), 404)
    error_of(owner.post(f"{path}/rollback", json={"version": 9}), 404)
    assert owner.get("/tags").json()["agents"] == [{"tag": "office", "count": 2}]


def test_agents_are_carried_away_and_brought_in(api: Api) -> None:
    """What was exported is imported under a free name; anything else is refused."""
    agent, owner = api.agent("Clerk", system_prompt="Be brief."), api.owner
    exported = owner.get(f"/agents/{agent.id}/export")
    assert exported.headers["content-type"] == "application/zip"
    assert "Clerk.outpost-agent" in exported.headers["content-disposition"]
    made = owner.post("/agents/import", files={"file": ("x.outpost-agent", exported.content)})
    assert (made.status_code, made.json()["system_prompt"]) == (201, "Be brief.")
    assert made.json()["name"] != "Clerk"
    error_of(owner.post("/agents/import", files={"file": ("x", b"no agent")}), 400)
    error_of(owner.post("/agents/import", json={}), 415)


def test_conversations_are_sorted_found_and_carried_away(api: Api) -> None:
    """Pinned ones stand first; words are found with their place; both forms can be downloaded."""
    agent, owner = api.agent("Ada"), api.owner
    first, _ = talked(api, agent, "Where do walruses live?")
    second, _ = talked(api, agent, "What do puffins eat?")
    changed = owner.patch(f"/conversations/{first}", json={"pinned": True, "tags": ["sea"]})
    assert (changed.json()["pinned"], changed.json()["tags"]) == (True, ["sea"])
    listed = owner.get("/conversations").json()["data"]
    assert [each["id"] for each in listed] == [first, second]
    assert [each["id"] for each in owner.get("/conversations?tag=sea").json()["data"]] == [first]
    (hit,) = owner.get("/conversations/search?q=puffins").json()["data"]
    start, end = hit["marks"][0]
    assert (hit["conversation"]["id"], hit["snippet"][start:end]) == (second, "puffins")
    assert "walruses" in owner.get(f"/conversations/{first}/export?format=md").text
    tree = owner.get(f"/conversations/{first}/export?format=json").json()
    assert "walruses" in str(tree)
    assert len(owner.get(f"/conversations/{first}/tree").json()["data"]) == 2
    error_of(owner.get(f"/conversations/{first}/export?format=pdf"), 400)
    assert owner.get("/tags").json()["conversations"] == ["sea"]


def test_what_was_deleted_comes_back_or_goes_for_good(api: Api) -> None:
    """The trash keeps conversations and messages until they are restored or purged."""
    agent, owner = api.agent("Ada"), api.owner
    kept, question = talked(api, agent, "Where do walruses live?")
    gone, _ = talked(api, agent, "What do puffins eat?")
    for each in (kept, gone):
        assert owner.delete(f"/conversations/{each}").status_code == 204
    error_of(owner.get(f"/conversations/{kept}"), 404)
    trashed = owner.get("/conversations?trashed=true").json()["data"]
    assert {each["id"] for each in trashed} == {kept, gone}
    assert owner.post(f"/conversations/{kept}/restore").json()["id"] == kept
    assert owner.delete(f"/conversations/{gone}?forever=true").status_code == 204
    error_of(owner.post(f"/conversations/{gone}/restore"), 404)
    assert owner.post("/conversations/trash/empty").json()["count"] == 0
    assert owner.delete(f"/messages/{question.id}").status_code == 200
    assert owner.get(f"/conversations/{kept}").json()["messages"] == []
    owner.post(f"/messages/{question.id}/restore")
    assert owner.get(f"/messages/{question.id}").json()["text"] == "Where do walruses live?"


@pytest.mark.model
def test_a_job_is_followed_to_its_end(house: Api) -> None:
    """The stream tells how far the job is and ends with it; the text can then be read."""
    owner = house.owner
    made = owner.post("/collections", json={"name": "Followed"}).json()
    upload = {"file": ("walrus.txt", b"Walruses live on the ice.")}
    job = owner.post(f"/collections/{made['id']}/documents", files=upload).json()
    with owner.stream("GET", f"/jobs/{job['id']}/events", timeout=READY_S) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        events = list(events_of(response))
    name, last = events[-1]
    assert (name, last["done"], last["failed"], last["finished"]) == ("done", 1, 0, True)
    assert {name for name, _ in events[:-1]} <= {"job"}
    (document,) = owner.get(f"/collections/{made['id']}/documents").json()["data"]
    text = owner.get(f"/documents/{document['id']}/text").json()
    assert text["text"] == "Walruses live on the ice."
    assert [
        each["id"] for each in owner.get(f"/jobs?collection_id={made['id']}").json()["data"]
    ] == [job["id"]]
    error_of(owner.post(f"/jobs/{job['id']}/pause"), 409)
    owner.delete(f"/documents/{document['id']}")
    (trashed,) = owner.get(f"/collections/{made['id']}/trash").json()["data"]
    assert owner.post(f"/documents/{trashed['id']}/restore").status_code == 200


def test_folders_are_the_owners_to_name(api: Api, tmp_path: Path) -> None:
    """A watched folder is listed and given up; others may not make Outpost read the owner's."""
    folder = tmp_path / "papers"
    folder.mkdir()
    (tmp_path / "file.txt").write_text("x")
    made = api.owner.post("/collections", json={"name": "Sea"}).json()
    path = f"/collections/{made['id']}/folders"
    body = {"path": str(folder), "ignore": ["*.tmp"]}
    watched = api.owner.post(path, json=body)
    assert (watched.status_code, watched.json()["ignore"]) == (201, ["*.tmp"])
    assert [each["path"] for each in api.owner.get(path).json()["data"]] == [str(folder)]
    error_of(api.owner.post(path, json={"path": str(tmp_path / "file.txt")}), 404)
    error_of(api.owner.post(path, json={"path": str(tmp_path)}), 403)
    hers = api.user("anna").post("/collections", json={"name": "Hers"}).json()
    error_of(api.user("anna").post(f"/collections/{hers['id']}/folders", json=body), 403)
    assert api.owner.delete(f"/folders/{watched.json()['id']}").status_code == 204
    assert api.owner.get(path).json()["data"] == []


def test_settings_are_changed_by_the_owner_alone(api: Api) -> None:
    """A limit applies at once; a value out of range and another user are refused."""
    changed = api.owner.patch("/settings", json={"max_deployed_agents": 2})
    assert changed.json()["max_deployed_agents"] == 2
    assert api.owner.get("/status").json()["max_deployed_agents"] == 2
    for wrong in ({"port": 70_000}, {"threads": True}, {"data_dir": "/"}, {"slots": "4"}):
        error_of(api.owner.patch("/settings", json=wrong), 400)
    error_of(api.user("anna").patch("/settings", json={"port": 8005}), 403)


def test_the_machine_is_described(api: Api) -> None:
    """Cores, memory and the engine are told to any token."""
    machine = api.user("anna").get("/hardware").json()
    assert machine["physical_cores"] >= 1
    assert machine["memory_bytes"] > machine["available_bytes"] > 0
    assert machine["engine"]


def test_every_kind_of_write_is_in_the_audit_log(api: Api, tmp_path: Path) -> None:
    """What is made, changed and deleted by REST is there with its route, in order."""
    owner, agent = api.owner, api.agent("Clerk")
    conversation, _ = talked(api, agent, "Hello?")
    before = len(actions(api))
    file = tmp_path / "walrus.txt"
    file.write_text("Walruses live on the ice.")
    collection = owner.post("/collections", json={"name": "Sea"}).json()["id"]
    steps: list[tuple[str, str, Any]] = [
        ("PATCH", f"/agents/{agent.id}", {"description": "x"}),
        ("POST", f"/collections/{collection}/paths", {"paths": [str(file)]}),
        ("PATCH", f"/conversations/{conversation}", {"title": "Greetings"}),
        ("DELETE", f"/conversations/{conversation}", None),
        ("PATCH", "/settings", {"max_deployed_agents": 2}),
        ("POST", "/users", {"name": "anna"}),
        ("POST", "/tokens", {"name": "nightly"}),
        ("DELETE", f"/collections/{collection}", None),
        ("DELETE", f"/agents/{agent.id}", None),
    ]
    for method, path, body in steps:
        assert owner.request(method, path, json=body).is_success, (method, path)
    assert actions(api)[before:] == [
        ("collection.create", "POST /collections"),
        ("agent.edit", "PATCH /agents/{agent_id}"),
        ("document.add", "POST /collections/{collection_id}/paths"),
        ("conversation.rename", "PATCH /conversations/{conversation_id}"),
        ("conversation.delete", "DELETE /conversations/{conversation_id}"),
        ("settings.change", "PATCH /settings"),
        ("user.add", "POST /users"),
        ("token.add", "POST /tokens"),
        ("collection.delete", "DELETE /collections/{collection_id}"),
        ("agent.delete", "DELETE /agents/{agent_id}"),
    ]
    assert owner.get("/audit/verdict").json()["whole"]
    page = owner.get("/audit?limit=2").json()
    assert page["has_more"]
    older = owner.get(f"/audit?limit=2&before={page['data'][-1]['seq']}").json()
    assert older["data"][0]["seq"] == page["data"][-1]["seq"] - 1
    error_of(api.user("berta").get("/audit"), 403)


def answer(client: httpx.Client, path: str, body: Json) -> Json:
    """Post and return the reply."""
    response = client.post(path, json=body)
    assert response.status_code == 200, response.text
    content: Json = response.json()
    return content


@pytest.mark.model
def test_questions_branch_and_replies_are_stopped_from_elsewhere(api: Api) -> None:
    """Regenerating and editing leave both versions; a running reply ends by another request."""
    agent, owner = api.agent(), api.owner
    api.core.agents.deploy(agent.owner_id, agent.id, wait=True)
    first = answer(owner, "/chat", {"agent_id": agent.id, "message": "Name a colour."})
    reply, thread = first["message"], f"/conversations/{first['conversation_id']}"
    again = answer(owner, f"/messages/{reply['id']}/regenerate", {})["message"]
    assert again["siblings"] == [reply["id"], again["id"]]
    edited = answer(owner, f"/messages/{reply['parent_id']}/edit", {"message": "Name a fish."})
    assert len(owner.get(f"{thread}/tree").json()["data"]) == 5
    shown = owner.get(thread).json()["messages"]
    assert [each["text"] for each in shown] == ["Name a fish.", edited["message"]["text"]]
    branch = owner.get(f"{thread}?leaf={reply['id']}").json()["messages"]
    assert [each["id"] for each in branch] == [reply["parent_id"], reply["id"]]

    slow = Sampling(temperature=0.0, max_tokens=800, repeat_penalty=1.0)
    asked = {"agent_id": agent.id, "message": "Count to one thousand.", "stream": True}
    asked["parameters"] = {"max_tokens": slow.max_tokens}
    with owner.stream("POST", "/chat", json=asked) as response:
        events = events_of(response)
        name, started = next(events)
        assert name == "started"
        began = time.monotonic()
        stopped = api.owner.post(f"/messages/{started['reply']['id']}/stop")
        assert stopped.status_code == 202
        name, done = list(events)[-1]
    assert (name, done["message"]["state"]) == ("done", "stopped")
    assert time.monotonic() - began < 3.0
    error_of(api.user("anna").post(f"/messages/{reply['id']}/stop"), 404)
