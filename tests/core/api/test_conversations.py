"""Conversations over REST: list, search, read, rename, delete."""

from __future__ import annotations

import pytest

from tests.core.api.conftest import Api, Json, error_of


@pytest.mark.model
def test_conversations_are_kept_found_renamed_and_deleted(api: Api) -> None:
    """One story of a conversation's life."""
    agent, other = api.agent("Ada"), api.agent("Bob")
    for each in (agent, other):
        api.core.agents.deploy(each.owner_id, each.id, wait=True)
    client = api.owner

    def ask(agent_id: str, message: str) -> str:
        asked: Json = {"agent_id": agent_id, "message": message, "parameters": {"max_tokens": 2}}
        return str(client.post("/chat", json=asked).json()["conversation_id"])

    def listed(**params: object) -> list[str]:
        found = client.get("/conversations", params=params).json()  # type: ignore[arg-type]
        return [conversation["id"] for conversation in found["data"]]

    first = ask(agent.id, "Where do walruses live?")
    second = ask(other.id, "How high is the moon?")
    assert listed() == [second, first]
    assert listed(limit=1) == [second]
    assert listed(limit=1, after=second) == [first]
    assert listed(agent_id=agent.id) == [first]
    assert listed(q="walruses") == [first]
    assert listed(q="giraffe") == []
    assert listed(q='"; DROP TABLE message; -- AND OR NOT * (') == []

    thread = client.get(f"/conversations/{first}").json()
    assert (thread["agent_name"], thread["message_count"]) == ("Ada", 2)
    assert thread["messages"][0]["text"] == "Where do walruses live?"
    assert thread["messages"][1]["parent_id"] == thread["messages"][0]["id"]

    renamed = client.patch(f"/conversations/{first}", json={"title": "Walruses"}).json()
    assert renamed["title"] == "Walruses"
    assert error_of(client.patch(f"/conversations/{first}", json={"title": " "}), 400)
    assert client.patch(f"/conversations/{first}", json={}).json() == renamed

    assert client.delete(f"/conversations/{first}").status_code == 204
    error_of(client.get(f"/conversations/{first}"), 404)
    error_of(client.delete(f"/conversations/{first}"), 404)
    assert listed() == [second]

    client.delete(f"/agents/{other.id}", params={"force": True})
    kept = client.get(f"/conversations/{second}").json()
    assert (kept["agent_id"], kept["agent_name"]) == (None, "Bob")
    assert len(kept["messages"]) == 2


def test_unknown_conversations_are_not_found(api: Api) -> None:
    """A missing id is 404 on every route."""
    for method, sent in (("GET", None), ("PATCH", {"title": "x"}), ("DELETE", None)):
        error_of(api.owner.request(method, "/conversations/cnv_none", json=sent), 404)
