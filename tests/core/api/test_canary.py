"""What people write, and their secrets, stand in no log, however much is logged."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator

import pytest

from core.records import Scope
from tests.core.api.conftest import Api

CANARY = "zaunkoenigzwitschert"
OURS = ("core", "uvicorn", "fastapi", "starlette", "python_multipart", "asyncio")
CLIENT = ("httpx", "httpcore")
"""The test's own client."""


class Heard(logging.Handler):
    """Keeps every record as it would be written, traces included."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self._adding = threading.Lock()

    def emit(self, record: logging.LogRecord) -> None:
        with self._adding:
            self.lines.append(self.format(record))


@pytest.fixture
def heard() -> Iterator[Heard]:
    """Everything that is logged, on the level of who looks for mistakes."""
    handler = Heard()
    loggers = [logging.getLogger(name) for name in ("", *OURS, *CLIENT)]
    before = [(each, each.level) for each in loggers]
    for each in loggers:
        each.setLevel(logging.WARNING if each.name in CLIENT else logging.DEBUG)
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)
    for each, level in before:
        each.setLevel(level)


@pytest.mark.model
@pytest.mark.allow_log(".*")
def test_nothing_of_people_is_logged(house: Api, heard: Heard) -> None:
    """Questions, answers, documents, instructions, passwords and tokens, right and wrong ones."""
    core, owner = house.core, house.owner
    keeper = core.agents.list(core.users.owner().id)[0]
    asked = {"agent_id": keeper.id, "message": f"Where does the walrus rest, {CANARY}?"}
    reply = owner.post("/rag-chat", json=asked).json()
    with owner.stream("POST", "/rag-chat", json={**asked, "stream": True}) as stream:
        assert CANARY or list(stream.iter_lines())
    talk = reply["conversation_id"]
    owner.patch(f"/conversations/{talk}", json={"title": CANARY})
    owner.get("/conversations", params={"q": CANARY})
    owner.post("/search", json={"query": CANARY, "collections": list(keeper.draft.collections)})
    owner.post("/chat", json={"agent_id": CANARY, "message": CANARY})
    owner.post("/agents", json={"name": CANARY, "type": CANARY})
    owner.post(
        "/agents",
        content=f'{{"name": "{CANARY}'.encode(),
        headers={"Content-Type": "application/json"},
    )
    where = f"/collections/{keeper.draft.collections[0]}/documents"
    owner.post(where, files={"file": (f"{CANARY}.pdf", b"%PDF-1.4 " + CANARY.encode())})
    core.users.add("heinz", password=f"{CANARY}-{CANARY}")
    user = next(each for each in core.users.list() if each.name == "heinz")
    _, secret = core.users.add_token(user.id, "heinz's", Scope.READ)
    house.client(secret).get("/agents")
    for password in (f"{CANARY}-{CANARY}", f"wrong-{CANARY}"):
        house.client().post("/login", auth=("heinz", password))
    house.client(f"outp_{CANARY}").get("/agents")
    core.conversations.delete(core.users.owner().id, talk)
    core.remove_user(user.id)
    written = [path.read_text("utf-8") for path in core.settings.log_file.parent.glob("*")]
    logged = "\n".join([*heard.lines, *written])
    for word in (CANARY, secret, core.users.run_token(), "walrus rests"):
        assert [line for line in logged.splitlines() if word in line] == []


def test_the_canary_would_be_heard(heard: Heard) -> None:
    """A module that logged a question would be found out."""
    logging.getLogger("core.chat.service").debug("asked %s", CANARY)
    assert any(CANARY in line for line in heard.lines)
