"""A served core for each test, and clients of it with tokens of any user and scope."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from core.api.server import ApiServer
from core.app import Core, build
from core.config import Settings, load_settings
from core.records import Agent, AgentDraft, AgentType, RetrievalSettings, Sampling, Scope
from core.retrieval import indexing

PREFIX = "/api/v1/agent-deployment"
WALRUS = "The walrus rests on sea ice and uses its tusks to climb out of the water.\n"
Json = dict[str, Any]


@dataclass
class Api:
    """A running server and what it serves."""

    core: Core
    server: ApiServer
    clients: list[httpx.Client] = field(default_factory=list)

    @property
    def owner(self) -> httpx.Client:
        """A client with the owner's token of this run."""
        return self.client(self.core.users.run_token())

    def client(self, secret: str | None = None) -> httpx.Client:
        """A client that shows this secret, or none."""
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        made = httpx.Client(
            base_url=self.server.url + PREFIX, headers=headers, trust_env=False, timeout=60
        )
        self.clients.append(made)
        return made

    def user(self, name: str, scope: Scope = Scope.MANAGE) -> httpx.Client:
        """A client of another user, who is added where there is none of that name."""
        known = {user.name: user for user in self.core.users.list()}
        user = known.get(name) or self.core.users.add(name)
        _, secret = self.core.users.add_token(user.id, f"{name}'s", scope)
        return self.client(secret)

    def agent(self, name: str = "Tester", **changes: Any) -> Agent:
        """An agent of the owner over the starter model."""
        model = self.core.models.starter()
        assert model is not None
        plain: Json = {
            "type": AgentType.FINE_TUNED,
            "model": model.id,
            "context_tokens": 1024,
            "sampling": Sampling(temperature=0.0, max_tokens=24),
        }
        draft = AgentDraft(name=name, **{**plain, **changes})
        return self.core.agents.create(self.core.users.owner().id, draft)


@contextmanager
def serving(core: Core) -> Iterator[Api]:
    """The core, served on a free port."""
    made = Api(core, ApiServer(core, 0))
    made.server.start()
    try:
        yield made
    finally:
        for client in made.clients:
            client.close()
        made.server.stop()


@pytest.fixture
def api(core: Core) -> Iterator[Api]:
    """A fresh core, served on a free port."""
    with serving(core) as made:
        yield made


@pytest.fixture(scope="package")
def searching(
    tmp_path_factory: pytest.TempPathFactory, lend_embedder: Callable[[Settings], None]
) -> Iterator[Callable[[], Core]]:
    """Builds cores to be shared by tests, with a quick embedder, and closes them.

    Chroma would start some seconds later, in the middle of a test that has nothing to do with it;
    small collections do without.
    """
    made: list[Core] = []

    def build_core() -> Core:
        folder = tmp_path_factory.mktemp("searching")
        settings = load_settings({"OUTPOST_DATA_DIR": str(folder), "OUTPOST_PORT": "0"})
        made.append(build(settings))
        lend_embedder(settings)
        return made[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(indexing, "OPEN_VECTORS_AFTER_S", 1e6)
        yield build_core
    for core in made:
        core.close()


@pytest.fixture(scope="package")
def library(tmp_path_factory: pytest.TempPathFactory, searching: Callable[[], Core]) -> Core:
    """One core for all tests here that need an embedder: its collection 'Walruses' has one
    document, and a deployed, strict agent answers from it."""
    folder, core = tmp_path_factory.mktemp("library"), searching()
    core.models.scan()
    core.collections.start()
    core.studies.start()
    sea = core.collections.create(core.users.owner().id, "Walruses")
    (folder / "walrus.txt").write_text(WALRUS)
    core.collections.add_files(sea.owner_id, sea.id, [folder / "walrus.txt"])
    keeper = Api(core, ApiServer(core, 0)).agent(
        "Keeper",
        type=AgentType.RAG,
        collections=(sea.id,),
        retrieval=RetrievalSettings(strict=True),
        sampling=Sampling(temperature=0.0, max_tokens=8),
    )
    core.agents.deploy(sea.owner_id, keeper.id, wait=True)
    core.collections.warm()
    until(lambda: core.collections.get(sea.owner_id, sea.id).ready_count == 1)
    return core


@pytest.fixture
def house(library: Core) -> Iterator[Api]:
    """The core, served on a free port."""
    with serving(library) as made:
        yield made


def until(true: Callable[[], object], seconds: float = 60) -> None:
    """Wait for something to become true, or fail."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def error_of(response: httpx.Response, status: int) -> Json:
    """Check that a response is an error in our envelope and return what it says."""
    assert response.status_code == status, response.text
    content = response.json()
    assert set(content) == {"error"}
    error: Json = content["error"]
    assert {"message", "type", "param", "code", "advice"} <= set(error)
    assert error["message"].endswith(".")
    assert "Traceback" not in response.text
    return error


def events_of(response: httpx.Response) -> Iterator[tuple[str, Json]]:
    """Parse a stream of server-sent events."""
    name = ""
    for line in response.iter_lines():
        if line.startswith("event: "):
            name = line[7:]
        elif line.startswith("data: "):
            yield name, json.loads(line[6:])
