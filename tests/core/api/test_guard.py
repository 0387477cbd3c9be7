"""Who is let in: tokens, scopes, Host, Origin and sizes, over every route there is."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import httpx
import pytest

from core.records import Scope
from tests.core.api.conftest import Api, error_of

ORDER = [scope.value for scope in (Scope.READ, Scope.CHAT, Scope.MANAGE)]


def routes(api: Api) -> Iterator[tuple[str, str, str]]:
    """Every route as (method, path, scope), taken from the table that serves them."""
    document = api.owner.get(f"{api.server.url}/openapi.json").json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            filled = path.replace("{", "").replace("}", "")
            yield method.upper(), api.server.url + filled, operation["x-scope"]


def port_of(api: Api) -> str:
    """The port that the server listens on."""
    return api.server.url.rpartition(":")[2]


def test_every_route_wants_a_token(api: Api) -> None:
    """Without a token everything is 401, pages and unknown paths included."""
    listed = list(routes(api))
    assert len(listed) >= 30
    more = [
        ("GET", f"{api.server.url}{path}", "") for path in ("/docs", "/openapi.json", "/x", "/")
    ]
    for method, url, _ in listed + more:
        response = api.client().request(method, url)
        assert error_of(response, 401)["code"] == "unauthenticated"
        assert response.headers["www-authenticate"].startswith("Bearer")


def test_every_route_wants_its_scope(api: Api) -> None:
    """A token of a smaller scope is 403 on every route that needs a larger one."""
    clients = {scope: api.user("anna", Scope(scope)) for scope in ORDER}
    refused = 0
    for method, url, needed in routes(api):
        for scope in ORDER[: ORDER.index(needed)]:
            assert error_of(clients[scope].request(method, url), 403)["code"] == "forbidden"
            refused += 1
        enough = clients[needed].request(method, url)
        assert enough.status_code != 401 or url.endswith("/login")
        assert enough.status_code != 403 or "owner" in enough.text
    assert refused > 20


def test_malformed_tokens_are_refused(api: Api) -> None:
    """Only the one well-formed header with a valid secret opens the door."""
    secret = api.core.users.run_token()
    values = ["", "Bearer", "Basic eDp5", "Bearer wrong", f"Token {secret}", secret]
    values += [f"Bearer {secret} x", "Bearer " + "x" * 300, "Bearer é", f"Bearer,{secret}"]
    for value in values:
        headers = {b"Authorization": value.encode("latin-1")}
        error_of(api.client().get("/agents", headers=headers), 401)


def test_two_authorization_headers_are_refused(api: Api) -> None:
    """It must not be left to chance which of two tokens counts."""
    valid = f"Bearer {api.core.users.run_token()}"
    headers = [("Authorization", valid), ("Authorization", valid)]
    error_of(api.client().get("/agents", headers=headers), 401)


def test_revoked_tokens_are_refused_at_once(api: Api) -> None:
    """A request after the revocation is 401."""
    owner = api.core.users.owner()
    token, secret = api.core.users.add_token(owner.id, "soon gone")
    client = api.client(secret)
    assert client.get("/agents").status_code == 200
    assert api.owner.delete(f"/tokens/{token.id}").status_code == 204
    error_of(client.get("/agents"), 401)


def test_foreign_hosts_are_refused(api: Api) -> None:
    """A name that was rebound to this address does not reach the routes."""
    port = port_of(api)
    hosts = ["example.org", "127.0.0.1", "127.0.0.1:1", "localhost", f"localhost.:{port}"]
    hosts += [f"127.1:{port}", f"0.0.0.0:{port}", f"127.0.0.1:{port}.evil.com", f"evil.com:{port}"]
    hosts += [f"user@127.0.0.1:{port}", f"[::]:{port}", f"2130706433:{port}"]
    for host in hosts:
        error_of(api.owner.get("/agents", headers={"Host": host}), 403)


def test_own_hosts_are_served(api: Api) -> None:
    """The names of the loopback address are let in, with the right port."""
    for name in ("127.0.0.1", "localhost", "LOCALHOST", "[::1]"):
        headers = {"Host": f"{name}:{port_of(api)}"}
        assert api.owner.get("/agents", headers=headers).status_code == 200


def test_foreign_origins_are_refused(api: Api) -> None:
    """A script of a web page is refused even with a token, and gets no CORS header."""
    port = port_of(api)
    origins = ["null", "", "https://example.org", "http://127.0.0.1", "http://localhost:1"]
    origins += ["file://", f"https://127.0.0.1:{port}", f"http://127.0.0.1:{port}.evil.com"]
    for origin in [*origins, f"http://evil.com:{port}", f"http://127.0.0.1:{port}/"]:
        response = api.owner.get("/agents", headers={"Origin": origin})
        error_of(response, 403)
        assert not any(name.startswith("access-control") for name in response.headers)


def test_own_origin_is_let_in_without_cors(api: Api) -> None:
    """A page of this server may call it; nobody is invited by CORS headers."""
    response = api.owner.get("/agents", headers={"Origin": api.server.url})
    assert response.status_code == 200
    assert not any(name.startswith("access-control") for name in response.headers)
    assert "set-cookie" not in response.headers


def exchange(api: Api, head: str, body: bytes = b"") -> bytes:
    """Send raw bytes and return what comes back before the server closes or falls silent."""
    port = int(port_of(api))
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body)
        received = b""
        while b"}}" not in received:
            part = connection.recv(65536)
            if not part:
                break
            received += part
    return received


def test_unauthenticated_bodies_are_not_read(api: Api) -> None:
    """The refusal comes although the announced gigabyte was never sent."""
    port = port_of(api)
    head = (
        f"POST /api/v1/agent-deployment/agents HTTP/1.1\nHost: 127.0.0.1:{port}\n"
        "Content-Type: application/json\nContent-Length: 1073741824"
    )
    assert exchange(api, head, b"{").startswith(b"HTTP/1.1 401")


def test_large_bodies_are_refused_before_they_are_read(api: Api) -> None:
    """A length above the limit is 413 at once; a longer chunked body is 413 when it is seen."""
    port = port_of(api)
    head = (
        f"POST /api/v1/agent-deployment/agents HTTP/1.1\nHost: 127.0.0.1:{port}\n"
        f"Authorization: Bearer {api.core.users.run_token()}\nContent-Type: application/json\n"
    )
    answer = exchange(api, head + "Content-Length: 3000000", b"{")
    assert answer.startswith(b"HTTP/1.1 413")
    assert b'"body_too_large"' in answer

    def chunks() -> Iterator[bytes]:
        for _ in range(50):
            yield b" " * 65536

    headers = {"Content-Type": "application/json"}
    response = api.owner.post("/agents", content=chunks(), headers=headers)
    assert error_of(response, 413)["code"] == "body_too_large"


def test_only_json_is_taken_for_json(api: Api) -> None:
    """What an HTML form can send without asking first is refused."""
    for media_type in ("text/plain", "application/x-www-form-urlencoded", ""):
        response = api.owner.post("/agents", content=b"{}", headers={"Content-Type": media_type})
        assert error_of(response, 415)["code"] == "unsupported_media_type"


@pytest.mark.allow_log(r"core\.api\.guard:ERROR:GET .* failed")
@pytest.mark.allow_log(r"uvicorn\.error:ERROR")
def test_a_bug_is_logged_and_not_shown(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unexpected exception is a 500 in our envelope that says nothing of its cause."""

    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a secret detail")

    monkeypatch.setattr(api.core.agents, "list", fail)
    response = api.owner.get("/agents")
    assert error_of(response, 500)["code"] == "internal_error"
    assert "secret detail" not in response.text
    assert api.owner.get("/models").status_code == 200


def test_unknown_routes_and_methods(api: Api) -> None:
    """With a token, an unknown path is 404 and an unknown method 405, in our envelope."""
    assert error_of(api.owner.get("/nothing"), 404)["code"] == "no_such_route"
    assert error_of(api.owner.get("/agents/"), 404)["code"] == "no_such_route"
    response = api.owner.put("/agents", json={})
    assert error_of(response, 405)["code"] == "method_not_allowed"
    assert response.headers["allow"]
    for method in ("OPTIONS", "HEAD", "TRACE"):
        assert api.owner.request(method, "/agents").status_code == 405


@pytest.mark.allow_log(r"uvicorn\.error:WARNING:(Unsupported upgrade|No supported WebSocket)")
def test_websockets_are_not_spoken(api: Api) -> None:
    """An upgrade is answered as an ordinary request."""
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }
    assert isinstance(api.owner.get("/agents", headers=headers), httpx.Response)
    assert api.owner.get("/agents", headers=headers).status_code == 200
    error_of(api.client().get("/agents", headers=headers), 401)
