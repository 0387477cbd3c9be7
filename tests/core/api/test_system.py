"""Models, status, tokens, users and the documentation over REST."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import core as outpost
from core.records import Scope
from tests.core.api.conftest import Api, error_of
from tests.core.engines.test_gguf import write_small


def test_models_are_listed_scanned_and_imported(api: Api, tmp_path: Path) -> None:
    """Every file shows, the unusable one with its reason; an imported one is there at once."""
    client = api.owner
    folder = api.core.settings.model_storage_path
    (folder / "broken.gguf").write_bytes(b"GGUF")
    (folder / "deep").mkdir()
    write_small(folder / "deep" / "tiny.gguf")
    scanned = {model["id"]: model for model in client.post("/models/scan").json()["data"]}
    assert client.get("/models").json()["data"] == list(scanned.values())
    assert not scanned["broken.gguf"]["usable"]
    assert scanned["broken.gguf"]["problem"]
    assert scanned["deep/tiny.gguf"]["usable"]
    assert sum(model["is_starter"] for model in scanned.values()) == 1
    for model_id in scanned:
        assert client.get(f"/models/{model_id}").json() == scanned[model_id]
    error_of(client.get("/models/none.gguf"), 404)
    error_of(client.get("/models/../outpost.sqlite"), 404)

    source = write_small(tmp_path / "new.gguf")
    imported = client.post("/models/import", json={"path": str(source)})
    assert (imported.status_code, imported.json()["id"]) == (201, "new.gguf")
    error_of(client.post("/models/import", json={"path": str(source)}), 409)
    error = error_of(client.post("/models/import", json={"path": "/etc/hostname"}), 400)
    assert (error["code"], error["reason"]) == ("unusable_model", "not_gguf")
    error_of(client.post("/models/import", json={"path": "new.gguf"}), 400)
    error_of(api.user("anna").post("/models/import", json={"path": str(source)}), 403)

    error_of(api.user("anna").delete("/models/new.gguf"), 403)
    assert client.delete("/models/new.gguf").status_code == 204
    error_of(client.get("/models/new.gguf"), 404)
    error_of(client.delete("/models/new.gguf"), 404)
    starter = next(name for name, model in scanned.items() if model["is_starter"])
    error_of(client.delete(f"/models/{starter}"), 409)


def test_status_says_who_asks(api: Api) -> None:
    """Version, scope and user are those of the request."""
    mine = api.owner.get("/status").json()
    assert (mine["version"], mine["scope"]) == (outpost.__version__, "manage")
    assert mine["user"]["is_owner"]
    assert mine["max_deployed_agents"] == 3
    theirs = api.user("anna", Scope.READ).get("/status").json()
    assert (theirs["user"]["name"], theirs["scope"]) == ("anna", "read")


def test_tokens_are_made_used_listed_and_revoked(api: Api) -> None:
    """The secret is in the first answer alone; the list says what it is for."""
    client = api.owner
    made = client.post("/tokens", json={"name": "nightly", "scope": "chat", "days": 7})
    assert made.status_code == 201
    secret = made.json().pop("secret")
    assert secret.startswith("outp_")
    used = api.client(secret)
    assert used.get("/agents").status_code == 200
    error_of(used.get("/tokens"), 403)
    listed = client.get("/tokens")
    assert secret not in listed.text
    (token,) = listed.json()["data"]
    assert (token["name"], token["scope"]) == ("nightly", "chat")
    assert token["last_used_at"] > token["created_at"]
    assert token["expires_at"] > token["created_at"]
    error_of(api.user("anna").delete(f"/tokens/{token['id']}"), 404)
    assert client.delete(f"/tokens/{token['id']}").status_code == 204
    error_of(used.get("/agents"), 401)
    for wrong in ({}, {"name": ""}, {"name": "x", "scope": "all"}, {"name": "x", "days": 0}):
        error_of(client.post("/tokens", json=wrong), 400)


def test_only_the_owner_minds_users(api: Api) -> None:
    """The owner adds users and makes tokens for them; others may not."""
    client = api.owner
    added = client.post("/users", json={"name": "anna"})
    assert (added.status_code, added.json()["is_owner"]) == (201, False)
    error_of(client.post("/users", json={"name": "anna"}), 409)
    assert [user["name"] for user in client.get("/users").json()["data"]][1:] == ["anna"]
    secret = client.post("/tokens", json={"name": "hers", "scope": "manage", "user": "anna"}).json()
    anna = api.client(secret["secret"])
    assert anna.get("/status").json()["user"]["name"] == "anna"
    error_of(anna.get("/users"), 403)
    error_of(anna.post("/users", json={"name": "eve"}), 403)
    owner = client.get("/status").json()["user"]["name"]
    error_of(anna.post("/tokens", json={"name": "x", "user": owner}), 403)
    error_of(client.post("/tokens", json={"name": "x", "user": "nobody"}), 404)


class _References(HTMLParser):
    """Collects what a page would load or link to."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [f"<{tag}>"] if tag in ("script", "link", "img", "iframe") else []
        self.found += [value or "" for name, value in attrs if name in ("src", "href", "style")]


def test_the_documentation_needs_no_network(api: Api) -> None:
    """The page names every route and refers to nothing outside itself."""
    page = api.owner.get(f"{api.server.url}/docs")
    assert page.headers["content-type"].startswith("text/html")
    document = api.owner.get(f"{api.server.url}/openapi.json").json()
    for path, operations in document["paths"].items():
        for method in operations:
            assert f"{method.upper()} {path} " in page.text
    references = _References()
    references.feed(page.text)
    assert references.found == []
    assert not re.search(r"https?://|//[a-z]", page.text)


def test_the_openapi_document_says_how_it_is(api: Api) -> None:
    """Every operation wants a token and names its errors; all are the one envelope."""
    document = api.owner.get(f"{api.server.url}/openapi.json").json()
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    for operations in document["paths"].values():
        for operation in operations.values():
            login = operation["operationId"].startswith("login")
            assert operation["security"] == [{"password" if login else "token": []}]
            refused = {each for each in operation["responses"] if each >= "3"}
            assert {"400", "401", "403", "404", "409", "500", "503", "507"} <= refused
            assert "422" not in refused
            assert ("415" in refused) == ("requestBody" in operation)
    for answer in document["components"]["responses"].values():
        schema = answer["content"]["application/json"]["schema"]
        assert schema["$ref"].endswith("/ErrorAnswer")
    assert "HTTPValidationError" not in str(document)
