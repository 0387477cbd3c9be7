"""What REST costs: a request, the first byte of a stream, and the speed of streaming.

The same question goes to the same agent by turns through HTTP and directly to the chat service
in the same process, so that the machine's load falls on both alike.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import httpx

from core.api.server import ApiServer
from core.app import Core, build
from core.config import load_settings
from core.records import Agent, AgentDraft, AgentType, Ask, Sampling, TextDelta
from core.streams import Cancel
from tests.benchmarks.figures import Figure, emit, percentile, progress, times_ms

PREFIX = "/api/v1/agent-deployment"
QUESTION = "Tell me a long story about a lighthouse."
TOKENS = 96
ROUNDS = 8
REQUESTS = 300


@dataclass(frozen=True, slots=True)
class Run:
    """One streamed answer: when its first piece came, and how fast the rest."""

    first_ms: float
    pieces_per_s: float


def measured(pieces: Iterator[object]) -> Run:
    """Take the times of an answer's pieces."""
    began = time.perf_counter()
    times = [time.perf_counter() for _ in pieces]
    return Run((times[0] - began) * 1000, (len(times) - 1) / (times[-1] - times[0]))


def direct(core: Core, agent: Agent) -> Run:
    """Ask the chat service itself."""
    ask = Ask(agent.owner_id, agent.id, QUESTION)
    events = core.chat.reply(ask, Cancel())
    return measured(event for event in events if isinstance(event, TextDelta))


def over_http(client: httpx.Client, agent: Agent) -> Run:
    """Ask by REST."""
    asked = {"agent_id": agent.id, "message": QUESTION, "stream": True}
    began = time.perf_counter()
    with client.stream("POST", "/chat", json=asked) as response:
        waited_ms = (time.perf_counter() - began) * 1000
        run = measured(line for line in response.iter_lines() if line == "event: delta")
    return Run(waited_ms + run.first_ms, run.pieces_per_s)


@contextmanager
def served() -> Iterator[tuple[Core, httpx.Client, Agent]]:
    """A core with one deployed agent, and a client of its API."""
    with tempfile.TemporaryDirectory() as folder:
        core = build(load_settings({**os.environ, "OUTPOST_DATA_DIR": str(Path(folder) / "d")}))
        server = ApiServer(core, 0)
        server.start()
        headers = {"Authorization": f"Bearer {core.users.run_token()}"}
        try:
            starter = core.models.starter()
            assert starter is not None
            sampling = Sampling(temperature=0.0, max_tokens=TOKENS)
            draft = AgentDraft("Bench", AgentType.FINE_TUNED, starter.id, sampling=sampling)
            agent = core.agents.create(core.users.owner().id, draft)
            core.agents.deploy(agent.owner_id, agent.id, wait=True)
            with httpx.Client(
                base_url=server.url + PREFIX, headers=headers, trust_env=False, timeout=120
            ) as client:
                yield core, client, agent
        finally:
            server.stop()
            core.close()


def main() -> None:
    with served() as (core, client, agent):
        progress(f"{REQUESTS} requests")
        requests = times_ms(lambda: client.get("/agents"), REQUESTS)
        emit(Figure("rest_request_ms", percentile(requests, 0.5), "ms", 10, "lower", REQUESTS))
        direct(core, agent)
        over_http(client, agent)
        progress(f"{ROUNDS} answers each way")
        pairs = [(direct(core, agent), over_http(client, agent)) for _ in range(ROUNDS)]
    share = median(http.pieces_per_s / own.pieces_per_s for own, http in pairs)
    extra_ms = median(http.first_ms - own.first_ms for own, http in pairs)
    emit(Figure("rest_stream_share_of_direct", share, "ratio", 0.97, "higher", ROUNDS))
    emit(Figure("rest_first_delta_extra_ms", extra_ms, "ms", 15, "lower", ROUNDS))


if __name__ == "__main__":
    main()
