"""`outpost serve` as its users run it, and REST from outside; what the journeys share."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx

Json = dict[str, Any]
PREFIX = "/api/v1/agent-deployment"


class Outpost:
    """`outpost serve` on a data folder, run as its users run it.

    `under` is a command that runs it in turn; it has to keep the process that it was started as.
    """

    def __init__(self, folder: Path, *under: str, **environ: str):
        self.folder = folder
        self._under = under
        self._environ = {**os.environ, **environ}
        self._process: subprocess.Popen[bytes] | None = None
        self.client = httpx.Client()

    def start(self) -> None:
        """Start and wait until runtime.json says where it answers."""
        command = [*self._under, sys.executable, "-m", "core", "serve", "--port", "0", "--data-dir"]
        self._process = subprocess.Popen(
            [*command, str(self.folder)], env=self._environ, stdout=subprocess.DEVNULL
        )
        runtime = self.folder / "runtime.json"
        until(lambda: self._starts(runtime, self._process))
        content = json.loads(runtime.read_text())
        self.client = httpx.Client(
            base_url=content["url"] + PREFIX,
            headers={"Authorization": f"Bearer {content['owner_token']}"},
            trust_env=False,
            timeout=180,
        )
        until(lambda: bool(self.get("/status")["ready"]))

    @staticmethod
    def _starts(runtime: Path, process: subprocess.Popen[bytes] | None) -> bool:
        assert process is not None
        assert process.poll() is None, "outpost serve ended by itself"
        # A killed instance leaves its file behind; only the new one's counts.
        return runtime.exists() and json.loads(runtime.read_text())["pid"] == process.pid

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and return the exit status."""
        self.client.close()
        if self._process is None:
            return 0
        process, self._process = self._process, None
        process.send_signal(number)
        return process.wait(timeout=10)

    def get(self, path: str, **params: Any) -> Json:
        """Read something that is there."""
        response = self.client.get(path, params=params)
        assert response.status_code == 200, response.text
        content: Json = response.json()
        return content

    def agent(self, name: str) -> str:
        """The id of an agent."""
        (found,) = self.get("/agents", q=name)["data"]
        assert found["name"] == name
        return str(found["id"])

    def deploy(self, name: str) -> str:
        """Deploy an agent, wait for it and return its id."""
        agent_id = self.agent(name)
        response = self.client.post(f"/agents/{agent_id}/deploy", params={"wait": True})
        assert response.json()["state"] == "deployed", response.text
        return agent_id

    def events(self, route: str, asked: Json) -> Iterator[tuple[str, Json]]:
        """Ask and yield the events of the answer as they come."""
        with self.client.stream("POST", route, json={**asked, "stream": True}) as response:
            assert response.status_code == 200
            name = ""
            for line in response.iter_lines():
                if line.startswith("event: "):
                    name = line[7:]
                elif line.startswith("data: "):
                    yield name, json.loads(line[6:])

    def all_read(self) -> bool:
        """Whether every document of the starter collection has been read."""
        (collection,) = self.get("/collections")["data"]
        assert collection["failed_count"] == 0
        return bool(0 < collection["document_count"] == collection["ready_count"])


def until(true: Callable[[], bool], seconds: float = 200) -> None:
    """Wait for something to become true, or fail."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)
