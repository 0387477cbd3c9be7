"""Every route there is, taken from the table that serves them, against everybody it is not for.

A route that is added is in here by itself; one with a parameter of an unknown kind fails until
FOREIGN says whose things it names.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from fastapi.routing import APIRoute

from core.api.paths import ABSOLUTE
from core.api.routing import LOGIN, ORDER, PREFIX
from core.app import Core, build
from core.config import load_settings
from core.records import Scope
from tests.core.api.asgi import HOST, PORT, Answer, Door, Served, served
from tests.core.api.people import PASSWORD, Person, person

NOT_OWNED = {"model_id", "version", "backup_name"}
"""Path parameters that name nobody's things: models and backups belong to the machine."""
HOSTS = [
    "",
    " ",
    "127.0.0.1",
    "localhost",
    "[::1]",
    "127.0.0.1:",
    "127.0.0.1:80",
    "127.0.0.1:8003",
    f"127.0.0.1:0{PORT}",
    f"127.0.0.1:{PORT} ",
    f"127.0.0.1:{PORT}:{PORT}",
    f"127.0.0.1:{PORT}.evil.com",
    f"127.0.0.1.evil.com:{PORT}",
    f"127.0.0.1.:{PORT}",
    f"127.0.0.2:{PORT}",
    f"127.1:{PORT}",
    f"127.0.1:{PORT}",
    f"0177.0.0.1:{PORT}",
    f"0x7f.0.0.1:{PORT}",
    f"0x7f000001:{PORT}",
    f"2130706433:{PORT}",
    f"0:{PORT}",
    f"0.0.0.0:{PORT}",
    f"[::]:{PORT}",
    f"::1:{PORT}",
    f"[::ffff:127.0.0.1]:{PORT}",
    f"[::1%lo]:{PORT}",
    f"[0:0:0:0:0:0:0:1]:{PORT}",
    f"localhost.:{PORT}",
    f"localhost.localdomain:{PORT}",
    f"evil.com:{PORT}",
    f"localhost.evil.com:{PORT}",
    f"evil.com#localhost:{PORT}",
    f"evil.com@localhost:{PORT}",
    f"user@127.0.0.1:{PORT}",
    f"127.0.0.1:{PORT}@evil.com",
    f"127.0.0.1:{PORT}, evil.com",
    f"evil.com, 127.0.0.1:{PORT}",
    f"http://127.0.0.1:{PORT}",
    f"127.0.0.1:{PORT}/",
    f"127。0。0。1:{PORT}".encode().decode("latin-1"),
    f"localhosT\u017f:{PORT}".encode().decode("latin-1"),
]
ORIGINS = [
    "",
    "null",
    "NULL",
    "*",
    "file://",
    "about:blank",
    "data:text/html,x",
    "chrome-extension://abcdefghijklmnop",
    "moz-extension://0b4c",
    "app://localhost",
    "http://evil.com",
    "https://evil.com",
    f"http://evil.com:{PORT}",
    "http://127.0.0.1",
    "http://localhost",
    "http://localhost:3000",
    f"http://127.0.0.2:{PORT}",
    f"http://0.0.0.0:{PORT}",
    f"https://127.0.0.1:{PORT}",
    f"https://localhost:{PORT}",
    f"ws://127.0.0.1:{PORT}",
    f"//127.0.0.1:{PORT}",
    f"127.0.0.1:{PORT}",
    f"http://127.0.0.1:{PORT}/",
    f"http://127.0.0.1:{PORT}.evil.com",
    f"http://127.0.0.1:{PORT}@evil.com",
    f"http://evil.com@127.0.0.1:{PORT}",
    f"http://user@127.0.0.1:{PORT}",
    f"http://127.0.0.1:{PORT} http://evil.com",
    f"http://evil.com, http://127.0.0.1:{PORT}",
    f"http://localhost.:{PORT}",
    f"http://[::]:{PORT}",
]


@dataclass(frozen=True)
class Stage:
    """A core, its door, and people who have nothing to do with each other."""

    core: Core
    door: Door
    routes: list[Served]
    anna: Person
    berta: Person

    @property
    def owner(self) -> str:
        return self.core.users.run_token()


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One stage for all tests here; none of them lets anybody in who could change it."""
    folder = tmp_path_factory.mktemp("stage")
    core = build(load_settings({"OUTPOST_DATA_DIR": str(folder)}))
    core.users.owner()
    door = Door(core)
    anna, berta = (person(core, name, folder) for name in ("anna", "berta"))
    # Opens the indexes and starts a reply, whose threads stay until the end of the stage.
    core.collections.find(anna.user.id, "x", [])
    asked = {"agent_id": anna.things["agent_id"], "message": "Hello?"}
    assert door.ask("POST", f"{PREFIX}/chat", anna.tokens[Scope.CHAT], body=asked).status == 409
    yield Stage(core, door, served(door), anna, berta)
    door.close()
    core.close()


def _wrong_in(answer: Answer, *statuses: int) -> str | None:
    """Say what is wrong with a refusal, if anything is."""
    if answer.status not in statuses:
        return f"{answer.status} {answer.content}"
    if set(answer.content or {}) != {"error"} or not answer.content["error"]["code"]:
        return f"no envelope: {answer.content}"
    if any(name.startswith("access-control") or name == "set-cookie" for name in answer.headers):
        return f"headers: {answer.headers}"
    return None


def _refused(stage: Stage, route: Served, **sender: Any) -> str | None:
    answer = stage.door.ask(route.method, route.filled, stage.owner, **sender)
    return _wrong_in(answer, 403)


def test_the_table_is_whole(stage: Stage) -> None:
    """All rooms are in it, and the two pages; otherwise the tests here would prove little."""
    names = {route.name for route in stage.routes}
    assert len(stage.routes) >= 40
    assert {"POST /agents", "POST /chat", "GET /docs", "GET /openapi.json", "GET /audit"} <= names


def test_without_a_valid_token_nothing_is_open(stage: Stage) -> None:
    """Every route, HEAD and unknown paths included, refuses every form of no or a bad token."""
    users, anna = stage.core.users, stage.anna
    revoked, secret = users.add_token(anna.user.id, "revoked")
    users.revoke_token(anna.user.id, revoked.id)
    _, expired = users._make_token(anna.user.id, "old", Scope.MANAGE, timedelta(seconds=-1))
    basic = base64.b64encode(f"anna:{PASSWORD}".encode()).decode()
    wrong = base64.b64encode(b"anna:wrong").decode()
    valid = stage.owner
    forms: dict[str, list[tuple[str, str]]] = {
        "none": [],
        "empty": [("authorization", "")],
        "no secret": [("authorization", "Bearer ")],
        "bad": [("authorization", "Bearer outp_wrong")],
        "cut": [("authorization", f"Bearer {valid[:-1]}")],
        "long": [("authorization", f"Bearer {valid}{'x' * 300}")],
        "other scheme": [("authorization", f"Token {valid}")],
        "without scheme": [("authorization", valid)],
        "twice": [("authorization", f"Bearer {valid}")] * 2,
        "as a cookie": [("cookie", f"token={valid}")],
        "in another header": [("x-api-key", valid), ("proxy-authorization", f"Bearer {valid}")],
        "revoked": [("authorization", f"Bearer {secret}")],
        "expired": [("authorization", f"Bearer {expired}")],
        "password": [("authorization", f"Basic {basic}")],
        "wrong password": [("authorization", f"Basic {wrong}")],
    }
    paths = [(route.method, route.filled) for route in stage.routes]
    paths += [("GET", "/"), ("GET", "/x"), ("POST", PREFIX), ("OPTIONS", f"{PREFIX}/agents")]
    found = []
    for method, path in paths:
        for form, headers in forms.items():
            if path == LOGIN and form in ("password", "wrong password"):
                continue  # its own tests are in test_login.py
            answer = stage.door.ask(method, path, headers=headers, query=f"token={valid}")
            found.append((method, path, form, _wrong_in(answer, 401)))
            if answer.headers.get("www-authenticate") != 'Bearer realm="outpost"':
                found.append((method, path, form, "does not name the scheme"))
    assert len(found) > 600
    assert [each for each in found if each[3]] == []


def test_a_smaller_scope_opens_nothing_larger(stage: Stage) -> None:
    """Each route refuses each scope below its own, and lets its own through."""
    wrong, through = [], 0
    for route in stage.routes:
        if route.scope is None:
            continue
        needed = ORDER.index(route.scope)
        for scope in ORDER[:needed]:
            answer = stage.door.ask(route.method, route.filled, stage.anna.tokens[scope])
            if problem := _wrong_in(answer, 403):
                wrong.append((route.name, scope, problem))
        answer = stage.door.ask(route.method, route.filled, stage.anna.tokens[route.scope])
        owners_alone = answer.status == 403 and "owner" in answer.content["error"]["message"]
        through += answer.status not in (401, 403) or owners_alone or route.path == LOGIN
    assert wrong == []
    assert through == sum(route.scope is not None for route in stage.routes)


def test_foreign_hosts_reach_no_route(stage: Stage) -> None:
    """Forty ways to write another host, or this one wrongly, with the owner's token."""
    assert len(set(HOSTS)) >= 40
    wrong = [
        (route.name, host, problem)
        for route in stage.routes
        for host in HOSTS
        if (problem := _refused(stage, route, host=host))
    ]
    assert wrong == []


def test_foreign_origins_reach_no_route(stage: Stage) -> None:
    """Thirty origins of web pages that are not this server's, with the owner's token."""
    assert len(set(ORIGINS)) >= 30
    wrong = [
        (route.name, origin, problem)
        for route in stage.routes
        for origin in ORIGINS
        if (problem := _refused(stage, route, headers=[("origin", origin)]))
    ]
    assert wrong == []


def test_two_hosts_or_two_origins_are_refused(stage: Stage) -> None:
    """It must not be left to chance which of them counts."""
    for route in stage.routes:
        for headers in ([("host", HOST)], [("origin", f"http://{HOST}"), ("origin", "null")]):
            answer = stage.door.ask(route.method, route.filled, stage.owner, headers=headers)
            assert _wrong_in(answer, 403) is None


# ---------------------------------------------------------------- other users' things


def _minimal(schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    """Return a small value that a JSON schema of ours allows."""
    if "$ref" in schema:
        return _minimal(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if "anyOf" in schema:
        return _minimal(schema["anyOf"][0], schemas)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "object")
    if kind == "object":
        fields = schema.get("properties", {})
        return {name: _minimal(fields[name], schemas) for name in schema.get("required", ())}
    if kind == "array":
        return [_minimal(schema["items"], schemas)] * schema.get("minItems", 0)
    word = str(Path.cwd()) if schema.get("pattern") == ABSOLUTE else "something"
    return {"string": word, "integer": 1, "number": 1, "boolean": False}[kind]


def _query(operation: dict[str, Any]) -> str:
    """Return what a query has to have, with small values."""
    wanted = [each for each in operation.get("parameters", []) if each["in"] == "query"]
    values = {each["name"]: _minimal(each["schema"], {}) for each in wanted if each["required"]}
    return urlencode(values)


def _document(stage: Stage) -> dict[str, Any]:
    content: dict[str, Any] = stage.door.ask("GET", "/openapi.json", stage.owner).content
    return content


def _operation(stage: Stage, route: Served, document: dict[str, Any]) -> dict[str, Any]:
    path = route.path.replace(":path", "")
    operation: dict[str, Any] = document["paths"][path][route.method.lower()]
    return operation


def _body_schema(operation: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any] | None:
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" not in content:
        return None
    schema: dict[str, Any] = content["application/json"]["schema"]
    return schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def _is_id(name: str) -> bool:
    return bool(re.search(r"_ids?$", name)) or name in (
        "collections",
        "documents",
        "leaf",
        "model",
        "user",
    )


def _told(answer: Answer, value: str) -> tuple[int, str]:
    """What an answer says, without the value that was asked for."""
    return answer.status, str(answer.content).replace(value, "ID")


def _paths(route: Served, person: Person, **other: str) -> str:
    """Fill a path with a person's own things, but for the others given."""
    values = {**person.things, "model_id": "none.gguf", "version": "1", **other}
    names = re.findall(r"{(\w+)(?::path)?}", route.path)
    assert set(names) <= set(values), f"FOREIGN: whose is {names} of {route.name}?"
    path = route.path
    for name in names:
        path = re.sub(rf"{{{name}(:path)?}}", values[name], path)
    return path


def _asked(stage: Stage, route: Served, path: str, body: Any, query: str = "") -> Answer:
    token = stage.anna.tokens[Scope.MANAGE]
    if isinstance(route.route, APIRoute) and _takes_file(route.route):
        boundary = "xyz"
        headers = [("content-type", f"multipart/form-data; boundary={boundary}")]
        return stage.door.ask(route.method, path, token, headers=headers)
    return stage.door.ask(route.method, path, token, body=body, query=query)


def _takes_file(route: APIRoute) -> bool:
    return any(type(param.field_info).__name__ == "File" for param in route.dependant.body_params)


def test_ids_of_others_in_the_path_are_like_missing_ones(stage: Stage) -> None:
    """404 with the same words, whether the thing is somebody else's or nobody's."""
    document, tried = _document(stage), 0
    schemas = document["components"]["schemas"]
    for route in stage.routes:
        for name in re.findall(r"{(\w+)(?::path)?}", route.path):
            if name in NOT_OWNED:
                continue
            operation = _operation(stage, route, document)
            schema = _body_schema(operation, schemas)
            body = _minimal(schema, schemas) if schema else None
            told = []
            for value in (stage.berta.things[name], f"{name[:3]}_none"):
                path = _paths(route, stage.anna, **{name: value})
                told.append(_told(_asked(stage, route, path, body, _query(operation)), value))
            assert told[0] == told[1], route.name
            file = isinstance(route.route, APIRoute) and _takes_file(route.route)
            assert told[0][0] in ((400, 404) if file else (403, 404)), (route.name, told[0])
            tried += 1
    assert tried >= 15


def test_ids_of_others_in_the_query_are_like_missing_ones(stage: Stage) -> None:
    """Nothing of others is listed, and nothing tells whether it exists."""
    document, tried = _document(stage), 0
    for route in stage.routes:
        if route.scope is None:
            continue
        for parameter in _operation(stage, route, document).get("parameters", []):
            name = parameter["name"]
            if parameter["in"] != "query" or not (_is_id(name) or name == "after"):
                continue
            foreign = stage.berta.things.values() if name == "after" else [stage.berta.things[name]]
            path = _paths(route, stage.anna)
            for value in foreign:
                theirs, nobodys = (
                    _told(_asked(stage, route, path, None, f"{name}={each}"), each)
                    for each in (value, "xyz_none")
                )
                assert theirs == nobodys, (route.name, name)
                tried += 1
    assert tried >= 20


def test_ids_of_others_in_the_body_are_like_missing_ones(stage: Stage) -> None:
    """Every field that names a thing, in every body, answers alike for foreign and missing."""
    document, tried = _document(stage), 0
    schemas = document["components"]["schemas"]
    for route in stage.routes:
        if route.scope is None:
            continue
        schema = _body_schema(_operation(stage, route, document), schemas)
        for name, field in (schema or {}).get("properties", {}).items():
            if not _is_id(name):
                continue
            body = _minimal(schema or {}, schemas)
            body |= {each: stage.anna.things[each] for each in body if _is_id(each)}
            many = field.get("type") == "array"
            told = []
            for value in (stage.berta.things[name], "xyz_none"):
                sent = {**body, name: [value] if many else value}
                answer = _asked(stage, route, _paths(route, stage.anna), sent)
                told.append(_told(answer, value))
            assert told[0] == told[1], (route.name, name)
            assert "berta" not in told[0][1], (route.name, name)
            tried += 1
    assert tried >= 6


def test_nothing_of_all_this_was_written(stage: Stage) -> None:
    """What was refused is not in the audit log; who is refused a password is, and only that."""
    of_others = {stage.berta.things[name] for name in ("agent_id", "collection_id", "document_id")}
    since = [
        event
        for event in stage.core.audit.newest(1000)
        if event.subject in of_others and event.route != "desktop"
    ]
    assert since == []
