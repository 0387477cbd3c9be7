"""Logging in with a password, and what ends with a token: sessions and open streams."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import httpx
import pytest

import core.users
from core import passwords
from core.records import Agent, Sampling, Scope
from tests.core.api.conftest import Api, Json, error_of, events_of

PASSWORD = "correct horse battery"
LONG = Sampling(temperature=0.0, max_tokens=900, repeat_penalty=1.0)


def login(api: Api, name: str, password: str) -> httpx.Response:
    """Ask for a session as a client without a token would."""
    secret = base64.b64encode(f"{name}:{password}".encode()).decode()
    return api.client().post("/login", headers={"Authorization": f"Basic {secret}"})


@pytest.fixture
def anna(api: Api) -> str:
    """The id of a user with a password."""
    made = api.owner.post("/users", json={"name": "anna", "password": PASSWORD})
    assert made.status_code == 201
    assert made.json()["has_password"]
    return str(made.json()["id"])


def test_a_password_opens_a_session(api: Api, anna: str) -> None:
    """The answer is a token for half a day, which opens every other route as that user."""
    session = login(api, "anna", PASSWORD)
    assert session.status_code == 201
    token = session.json()
    assert (token["user_id"], token["is_session"], token["scope"]) == (anna, True, "manage")
    client = api.client(token["secret"])
    assert client.get("/status").json()["user"]["name"] == "anna"
    error_of(client.get("/audit"), 403)


def test_name_and_password_open_no_other_route(api: Api, anna: str) -> None:
    """Only POST /login takes them, and it takes no token."""
    secret = base64.b64encode(f"anna:{PASSWORD}".encode()).decode()
    headers = {"Authorization": f"Basic {secret}"}
    for path in ("/agents", "/tokens", "/status"):
        error_of(api.client().get(path, headers=headers), 401)
    error_of(api.owner.post("/login"), 401)


def test_wrong_passwords_are_all_alike(api: Api, anna: str) -> None:
    """Nobody learns whether a user exists or has a password."""
    api.core.users.add("berta")
    told = {
        str(error_of(login(api, name, "wrong password"), 401))
        for name in ("anna", "berta", "nobody", "", "ANNA", "anna ")
    }
    assert len(told) == 1


@pytest.mark.parametrize("basic", ["=", "x", "YW5uYQ==", "////", "é", "YW5uYTo=="])
def test_malformed_logins_are_refused(api: Api, basic: str) -> None:
    """What is not name:password in base64 is 401, not a mistake of the server."""
    headers = {b"Authorization": f"Basic {basic}".encode("latin-1")}
    error_of(api.client().post("/login", headers=headers), 401)


def test_guessing_is_slowed_down(api: Api, anna: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """After some wrong ones even the right password has to wait, as the answer says."""
    monkeypatch.setattr(passwords, "FIRST_WAIT_S", 60.0)  # on a busy machine a second is no wait
    for _ in range(passwords.FREE_ATTEMPTS + 1):
        error_of(login(api, "anna", "wrong password"), 401)
    waiting = login(api, "anna", PASSWORD)
    assert error_of(waiting, 429)["code"] == "too_many_attempts"
    assert int(waiting.headers["retry-after"]) > 1
    actions = [event["action"] for event in api.owner.get("/audit").json()["data"]]
    assert actions.count("login.refused") == passwords.FREE_ATTEMPTS + 1


def test_a_changed_password_ends_sessions(api: Api, anna: str) -> None:
    """Sessions end, tokens made for programs stay, and the new password opens the door."""
    session = api.client(login(api, "anna", PASSWORD).json()["secret"])
    program = api.user("anna")
    new = {"password": "another password"}
    error_of(session.patch(f"/users/{anna}", json={**new, "current_password": "wrong one"}), 401)
    changed = session.patch(f"/users/{anna}", json={**new, "current_password": PASSWORD})
    assert changed.status_code == 200
    error_of(session.get("/status"), 401)
    assert program.get("/status").status_code == 200
    error_of(login(api, "anna", PASSWORD), 401)
    assert login(api, "anna", new["password"]).status_code == 201


def test_nobody_changes_the_password_of_others(api: Api, anna: str) -> None:
    """For anybody but the owner another user answers like a missing one."""
    berta = api.user("berta")
    error_of(berta.patch(f"/users/{anna}", json={"password": "taken over"}), 404)
    error_of(api.owner.patch("/users/usr_none", json={"password": "taken over"}), 404)
    assert api.owner.patch(f"/users/{anna}", json={"password": None}).status_code == 200
    error_of(login(api, "anna", PASSWORD), 401)


@pytest.mark.parametrize("password", ["short", "x" * 1001])
def test_poor_passwords_are_refused(api: Api, password: str) -> None:
    """Too short and too long ones, when a user is made and when it is changed."""
    body = {"name": "anna", "password": password}
    assert error_of(api.owner.post("/users", json=body), 400)["param"] == "password"


def test_a_token_that_revokes_itself_gets_its_answer(api: Api) -> None:
    """The request that ends its own token is the last one, and is answered as any other."""
    token, secret = api.core.users.add_token(api.core.users.owner().id, "leaving")
    client = api.client(secret)
    assert client.delete(f"/tokens/{token.id}").status_code == 204
    error_of(client.get("/status"), 401)


@contextmanager
def endless(api: Api, agent: Agent, client: httpx.Client) -> Iterator[Iterator[tuple[str, Json]]]:
    """The events of a reply that takes many seconds, from its first on."""
    asked = {"agent_id": agent.id, "message": "Count to one thousand.", "stream": True}
    with client.stream("POST", "/chat", json=asked) as response:
        events = events_of(response)
        assert next(events)[0] == "started"
        yield events


@pytest.mark.model
def test_revoking_a_token_ends_its_streams_within_a_second(api: Api) -> None:
    """Both of its streams end with the reason; a stream of another token goes on."""
    agent = api.agent(sampling=LONG)
    api.core.agents.deploy(agent.owner_id, agent.id, wait=True)
    users, owner_id = api.core.users, agent.owner_id
    token, secret = users.add_token(owner_id, "doomed", Scope.CHAT)
    _, other = users.add_token(owner_id, "other", Scope.CHAT)
    ends = list[tuple[str, Json, float]]()

    def follow(events: Iterator[tuple[str, Json]]) -> None:
        name, content = list(events)[-1]
        ends.append((name, content, time.monotonic()))

    doomed = api.client(secret)
    with (
        endless(api, agent, doomed) as first,
        endless(api, agent, doomed) as second,
        endless(api, agent, api.client(other)) as third,
    ):
        threads = [threading.Thread(target=follow, args=(each,)) for each in (first, second)]
        for thread in threads:
            thread.start()
        revoked_at = time.monotonic()
        users.revoke_token(owner_id, token.id)
        for thread in threads:
            thread.join()
        assert {next(third)[0] for _ in range(9)} <= {"progress", "delta"}
    for name, content, at in ends:
        assert (name, content["error"]["code"]) == ("error", "unauthenticated")
        assert at - revoked_at < 1.0
    assert len(ends) == 2


@pytest.mark.model
def test_an_expiring_token_ends_its_stream(
    api: Api, anna: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stream does not outlive the moment at which its token expires."""
    model = api.core.models.starter()
    assert model is not None
    body = {
        "name": "Slow",
        "type": "fine_tuned",
        "model": model.id,
        "parameters": {
            "temperature": 0,
            "max_tokens": 3000,
            "logit_bias": {"0": -1000, "2": -1000},  # the tokens that would end the answer
        },
    }
    longer = api.client(login(api, "anna", PASSWORD).json()["secret"])
    agent = longer.post("/agents", json=body).json()
    assert longer.post(f"/agents/{agent['id']}/deploy?wait=true").status_code == 200
    monkeypatch.setattr(core.users, "SESSION", timedelta(seconds=1))
    client = api.client(login(api, "anna", PASSWORD).json()["secret"])
    began = time.monotonic()
    asked = {"agent_id": agent["id"], "message": "Count to one thousand.", "stream": True}
    with client.stream("POST", "/chat", json=asked) as response:
        name, content = list(events_of(response))[-1]
    assert (name, content["error"]["code"]) == ("error", "unauthenticated")
    assert time.monotonic() - began < 10.0
    error_of(client.get("/status"), 401)
