"""The examples of docs/scripts.md, run against a real server."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.routing import APIRoute

from core.api import openai
from core.api.server import ApiServer
from core.app import Core, starter_agents

PAGE = Path(__file__).resolve().parents[2] / "docs" / "scripts.md"
BLOCKS = re.findall(r"^```(sh|python)\n(.*?)^```", PAGE.read_text("utf-8"), re.M | re.S)


@pytest.fixture
def environ(core: Core) -> Iterator[dict[str, str]]:
    """A server with the starter's Assistant deployed, and the variables that name it."""
    model = core.models.starter()
    assert model is not None
    agent = core.agents.create(core.users.owner().id, starter_agents(model.id)[0])
    core.agents.deploy(agent.owner_id, agent.id, wait=True)
    server = ApiServer(core, 0)
    server.start()
    token = core.users.run_token()
    yield {**os.environ, "OUTPOST_URL": server.url, "OUTPOST_TOKEN": token, "NO_PROXY": "*"}
    server.stop()


def run(kind: str, source: str, environ: dict[str, str]) -> str:
    """Run an example as its reader would; return what it prints."""
    program = ["bash", "-euo", "pipefail"] if kind == "sh" else [sys.executable]
    done = subprocess.run(
        [*program, "-c", source], env=environ, capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.model
def test_every_example_runs(environ: dict[str, str]) -> None:
    """Each prints an answer, and no answer is an error."""
    assert [kind for kind, _ in BLOCKS] == ["sh", "python", "python", "sh", "python", "python"]
    for kind, source in BLOCKS:
        printed = run(kind, source, environ)
        assert len(printed.strip()) > 1, source
        if kind == "sh":
            answer = json.loads(printed)
            assert "error" not in answer
            assert answer.get("choices") or answer["message"]["text"]


def test_every_route_of_v1_is_listed() -> None:
    """The table has each route of /v1 and no other."""
    listed = set(re.findall(r"^\| (GET|POST) (/v1/\S+) \|", PAGE.read_text("utf-8"), re.M))
    there = {
        (method, route.path.replace(":path", ""))
        for route in openai.routes.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }
    assert listed == there
