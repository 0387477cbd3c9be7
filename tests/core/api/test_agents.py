"""Agents over REST: making, finding, changing, deleting them."""

from __future__ import annotations

from typing import Any

import pytest

from core.records import AgentType, Scope
from tests.core.api.conftest import Api, Json, error_of

WRONG: list[tuple[Json, str]] = [
    ({"name": None}, "name"),
    ({"name": " "}, "name"),
    ({"name": "a\0b"}, "name"),
    ({"type": "clever"}, "type"),
    ({"model": "none.gguf"}, "model"),
    ({"parameters": {"temperature": "hot"}}, "parameters.temperature"),
    ({"parameters": {"temperature": 99}}, "temperature"),
    ({"parameters": {"top_k": 1.5}}, "parameters.top_k"),
    ({"parameters": {"tempreture": 1}}, "parameters.tempreture"),
    ({"parameters": {"max_tokens": 10**30}}, "parameters.max_tokens"),
    ({"colour": "red"}, "colour"),
    ({"tags": "office"}, "tags"),
    ({"type": "rag", "collections": []}, "collections"),
]
BROKEN = [
    b"",
    b"{",
    b"[]",
    b'"x"',
    b"null",
    b"\xff\xfe",
    b'{"name": "\xed\xa0\x80"}',
    b"[" * 100_000,
    b'{"name": "a", "type": "fine_tuned", "model": "\\ud800"}',
    b'{"parameters": {"temperature": NaN}}',
    b'{"parameters": {"temperature": 1e999}}',
]


def body(api: Api, **changes: Any) -> Json:
    """A well-formed new agent."""
    starter = api.core.models.starter()
    assert starter is not None
    return {"name": "Clerk", "type": "fine_tuned", "model": starter.id, **changes}


def test_create_and_read(api: Api) -> None:
    """What was sent comes back, with defaults filled in, and can be read again."""
    sent = body(
        api,
        description="Writes letters.",
        system_prompt="Be brief.",
        parameters={"temperature": 0.2, "seed": 7, "stop": ["END"], "context_tokens": 2048},
        tags=["office", "letters"],
    )
    response = api.owner.post("/agents", json=sent)
    assert response.status_code == 201
    agent = response.json()
    assert (agent["object"], agent["status"], agent["version"]) == ("agent", "stopped", 1)
    assert agent["parameters"]["temperature"] == 0.2
    assert agent["parameters"]["top_k"] == 40
    assert agent["parameters"]["context_tokens"] == 2048
    assert agent["parameters"]["stop"] == ["END"]
    assert (agent["tags"], agent["name"]) == (["office", "letters"], "Clerk")
    assert api.owner.get(f"/agents/{agent['id']}").json() == agent


def test_what_an_agent_answers_can_be_sent_back(api: Api) -> None:
    """Parameters round-trip, a schema and token biases included."""
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    parameters = {"json_schema": schema, "logit_bias": {"7": -5.0}, "seed": None}
    agent = api.owner.post("/agents", json=body(api, parameters=parameters)).json()
    assert agent["parameters"]["json_schema"] == schema
    assert agent["parameters"]["logit_bias"] == {"7": -5.0}
    again = api.owner.patch(f"/agents/{agent['id']}", json={"parameters": agent["parameters"]})
    assert again.json()["parameters"] == agent["parameters"]


def test_wrong_fields_are_named(api: Api) -> None:
    """A request that is wrong is 400 and says which field is; nothing is stored."""
    for changes, param in WRONG:
        error = error_of(api.owner.post("/agents", json=body(api, **changes)), 400)
        assert error["param"] == param, changes
    rag = {"type": "rag", "collections": ["col_none"]}
    assert api.owner.post("/agents", json=body(api, **rag)).status_code in (400, 404)
    assert api.owner.get("/agents").json()["data"] == []


def test_broken_json_is_refused(api: Api) -> None:
    """Whatever is no JSON object of the right shape is 400, never a crash."""
    headers = {"Content-Type": "application/json"}
    for content in BROKEN:
        error_of(api.owner.post("/agents", content=content, headers=headers), 400)


def test_list_filters(api: Api) -> None:
    """Tag, type, status and words each narrow the list."""
    first = api.agent("Alpha", tags=("red",), description="about apples")
    second = api.agent("Beta", tags=("red", "blue"))

    def names(**params: str) -> list[str]:
        return [agent["name"] for agent in api.owner.get("/agents", params=params).json()["data"]]

    assert names() == [first.name, second.name]
    assert names(tag="blue") == ["Beta"]
    assert names(type="rag") == []
    assert names(type="fine_tuned", tag="red") == ["Alpha", "Beta"]
    assert names(status="deployed") == []
    assert names(q="APPLE") == ["Alpha"]
    assert names(q="nothing such") == []
    error_of(api.owner.get("/agents", params={"status": "asleep"}), 400)


def test_list_pages(api: Api) -> None:
    """Walking by `after` meets every agent once, in order."""
    made = [api.agent(f"Agent {number}").id for number in range(5)]
    met = list[str]()
    params: dict[str, Any] = {"limit": 2}
    while True:
        page = api.owner.get("/agents", params=params).json()
        met += [agent["id"] for agent in page["data"]]
        assert (page["first_id"], page["last_id"]) == (page["data"][0]["id"], met[-1])
        if not page["has_more"]:
            break
        params["after"] = page["last_id"]
    assert met == made
    for wrong in ({"limit": 0}, {"limit": 101}, {"limit": "many"}, {"after": ""}):
        error_of(api.owner.get("/agents", params=wrong), 400)
    error_of(api.owner.get("/agents", params={"after": "agt_none"}), 404)


def test_patch_changes_only_what_is_sent(api: Api) -> None:
    """A change is a new version; fields that were not sent stay."""
    agent = api.agent("Clerk", system_prompt="Be brief.", tags=("office",))
    sent = {"name": "Scribe", "parameters": {"temperature": 0.9}, "tags": []}
    changed = api.owner.patch(f"/agents/{agent.id}", json=sent).json()
    assert (changed["version"], changed["name"], changed["tags"]) == (2, "Scribe", [])
    assert changed["system_prompt"] == "Be brief."
    assert changed["parameters"]["temperature"] == 0.9
    assert changed["parameters"]["max_tokens"] == agent.draft.sampling.max_tokens
    assert changed["parameters"]["context_tokens"] == 1024
    assert api.owner.patch(f"/agents/{agent.id}", json={}).json()["version"] == 2
    assert error_of(api.owner.patch(f"/agents/{agent.id}", json={"x": 1}), 400)["param"] == "x"


def test_delete(api: Api) -> None:
    """A deleted agent is gone."""
    agent = api.agent()
    assert api.owner.delete(f"/agents/{agent.id}").status_code == 204
    error_of(api.owner.get(f"/agents/{agent.id}"), 404)
    error_of(api.owner.delete(f"/agents/{agent.id}"), 404)


def test_agents_of_others_do_not_exist(api: Api) -> None:
    """Every route answers for another user's agent as for a missing one."""
    agent = api.agent()
    anna = api.user("anna")
    assert anna.get("/agents").json()["data"] == []
    for method, path, sent in (
        ("GET", "", None),
        ("PATCH", "", {"name": "Mine"}),
        ("DELETE", "?force=true", None),
        ("POST", "/deploy", None),
        ("POST", "/stop", None),
    ):
        theirs = anna.request(method, f"/agents/{agent.id}{path}", json=sent)
        missing = anna.request(method, f"/agents/agt_none{path}", json=sent)
        assert error_of(theirs, 404)["code"] == error_of(missing, 404)["code"] == "not_found"
        assert theirs.text.replace(agent.id, "agt_none") == missing.text
    asked = {"agent_id": agent.id, "message": "Hello"}
    error_of(anna.post("/chat", json=asked), 404)
    assert api.owner.get(f"/agents/{agent.id}").json()["name"] == "Tester"


@pytest.mark.model
def test_lifecycle(api: Api) -> None:
    """Deploy, refuse to delete, stop, delete: each step shows in the agent's status."""
    agent = api.agent()
    path = f"/agents/{agent.id}"
    started = api.owner.post(f"{path}/deploy")
    assert started.status_code == 202
    assert started.json()["state"] in ("deploying", "deployed")
    deployed = api.owner.post(f"{path}/deploy", params={"wait": True})
    assert (deployed.status_code, deployed.json()["state"]) == (200, "deployed")
    assert api.owner.get(path).json()["status"] == "deployed"
    assert [a["id"] for a in api.owner.get("/agents?status=deployed").json()["data"]] == [agent.id]
    assert api.owner.get("/status").json()["deployed"] == ["Tester"]
    assert error_of(api.owner.delete(path), 409)["code"] == "agent_deployed"
    stopped = api.owner.post(f"{path}/stop", params={"wait": True})
    assert (stopped.status_code, stopped.json()["state"]) == (200, "stopped")
    assert api.owner.post(f"{path}/deploy", params={"wait": True}).status_code == 200
    assert api.owner.delete(path, params={"force": True}).status_code == 204
    error_of(api.owner.get(path), 404)


@pytest.mark.model
def test_a_full_pool_names_the_deployed(api: Api) -> None:
    """One agent more than the limit is 409 and says which ones are deployed."""
    api.core.apply(max_deployed_agents=1)
    first, second = api.agent("First"), api.agent("Second")
    assert api.owner.post(f"/agents/{first.id}/deploy?wait=true").status_code == 200
    error = error_of(api.owner.post(f"/agents/{second.id}/deploy?wait=true"), 409)
    assert error["code"] == "pool_full"
    assert "'First'" in error["message"]
    assert api.owner.post(f"/agents/{first.id}/stop?wait=true").status_code == 200
    assert api.owner.post(f"/agents/{second.id}/deploy?wait=true").status_code == 200


def test_a_reader_cannot_create(api: Api) -> None:
    """A token of the scope read may look but not make."""
    reader = api.user("anna", Scope.READ)
    assert reader.get("/agents").status_code == 200
    error_of(reader.post("/agents", json=body(api)), 403)
    assert AgentType.RAG.value in reader.get(f"{api.server.url}/docs").text
