"""What REST costs: a request, the first byte and the speed of a stream, idle clients, a crowd.

The same question goes to the same agent by turns through HTTP and directly to the engine in the
same process, so that the machine's load falls on all alike.
"""

from __future__ import annotations

import os
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import httpx
import psutil
from starlette.requests import Request
from starlette.responses import Response

from core.api.openai.chat import ChatKind
from core.api.openai.choices import Choices
from core.api.openai.writing import Asked, ChunkStream
from core.api.replies import Replies
from core.api.server import ApiServer
from core.app import Core, build
from core.chat.completion import CompletionEvent
from core.config import load_settings, set_library_environment
from core.records import Agent, AgentDraft, AgentType, ChatMessage, Role, Sampling, TextDelta
from core.streams import Cancel
from tests.benchmarks.figures import Figure, emit, percentile, progress, times_ms
from tests.benchmarks.rest_reader import Reader, Streamed, post, reader
from tests.core.api.crowd import Place, crowd, sure_answers

PREFIX = "/api/v1/agent-deployment"
QUESTION = "Tell me a long story about a lighthouse."
TOKENS = 128
END_OF_TURN = 2
"""The starter's token <|im_end|>; made impossible, so that every answer is equally long."""
SAMPLING = Sampling(
    temperature=0.0, repeat_penalty=1.0, max_tokens=TOKENS, logit_bias=((END_OF_TURN, -1000.0),)
)
ROUNDS = 12
REQUESTS = 300
IDLE_CLIENTS = 64
IDLE_ROUNDS = 8
IDLE_S = 10.0
CROWD = int(os.environ.get("OUTPOST_CROWD_REQUESTS", "500"))


@dataclass(frozen=True, slots=True)
class Bench:
    """A served core with one deployed agent."""

    core: Core
    server: ApiServer
    agent: Agent

    @property
    def port(self) -> int:
        return int(self.server.url.rpartition(":")[2])

    @property
    def token(self) -> str:
        return self.core.users.run_token()


def direct(bench: Bench) -> Streamed:
    """Ask the engine itself, as it is asked behind /v1: laying out, reading, writing."""
    agent = bench.agent
    with bench.core.pool.lease(agent.id, agent.name, Cancel()) as session:
        began = time.perf_counter()
        tokens = session.prompt_tokens([ChatMessage(Role.USER, QUESTION)])
        events = session.generate(tokens, agent.draft.sampling, Cancel())
        times = [time.perf_counter() for event in events if isinstance(event, TextDelta)]
    return Streamed((times[0] - began) * 1000, (times[-1] - times[0]) * 1000, len(times))


def compatible(bench: Bench, client: Reader) -> Streamed:
    """Ask by /v1."""
    asked = {"model": bench.agent.name, "messages": [{"role": "user", "content": QUESTION}]}
    body = {**asked, "stream": True}
    return client.read(post("/v1/chat/completions", bench.port, bench.token, body))


def native(bench: Bench, client: Reader) -> Streamed:
    """Ask by our own route, which stores the conversation as it is written."""
    asked = {"agent_id": bench.agent.id, "message": QUESTION, "stream": True}
    return client.read(post(f"{PREFIX}/chat", bench.port, bench.token, asked))


@contextmanager
def served() -> Iterator[Bench]:
    """A core with one deployed agent, and its server."""
    set_library_environment()
    with tempfile.TemporaryDirectory() as folder:
        core = build(load_settings({**os.environ, "OUTPOST_DATA_DIR": str(Path(folder) / "d")}))
        server = ApiServer(core, 0)
        server.start()
        try:
            starter = core.models.starter()
            assert starter is not None
            draft = AgentDraft("Bench", AgentType.FINE_TUNED, starter.id, sampling=SAMPLING)
            agent = core.agents.create(core.users.owner().id, draft)
            core.agents.deploy(agent.owner_id, agent.id, wait=True)
            yield Bench(core, server, agent)
        finally:
            server.stop()
            core.close()


def request_figure(bench: Bench) -> None:
    """How long a small request takes."""
    headers = {"Authorization": f"Bearer {bench.token}"}
    with httpx.Client(base_url=bench.server.url, headers=headers, trust_env=False) as client:
        requests = times_ms(lambda: client.get(f"{PREFIX}/agents"), REQUESTS)
    emit(Figure("rest_request_ms", percentile(requests, 0.5), "ms", 10, "lower", REQUESTS))


def stream_figures(bench: Bench) -> None:
    """Each round: the engine, /v1, our own route, the engine; all in turns."""
    with (
        reader(bench.port, b'"delta":{"content":') as by_v1,
        reader(bench.port, b"event: delta") as by_us,
    ):
        for warm in (direct(bench), compatible(bench, by_v1), native(bench, by_us)):
            progress(f"  {warm}")
        rounds = [
            (direct(bench), compatible(bench, by_v1), native(bench, by_us), direct(bench))
            for _ in range(ROUNDS)
        ]
    for at, name in ((1, "v1"), (2, "native")):
        share = median(
            (each[0].rest_ms + each[3].rest_ms) / 2 / each[at].rest_ms for each in rounds
        )
        extra = median(
            each[at].first_ms - (each[0].first_ms + each[3].first_ms) / 2 for each in rounds
        )
        emit(Figure(f"rest_{name}_share_of_engine", share, "ratio", 0.97, "higher", ROUNDS))
        emit(Figure(f"rest_{name}_first_extra_ms", extra, "ms", 15, "lower", ROUNDS))


# ---------------------------------------------------------------- clients that wait


def idle(cancel: Cancel) -> Iterator[CompletionEvent]:
    """Say one word, then nothing until the client leaves."""
    yield TextDelta("So")
    cancel.wait()


@contextmanager
def idle_clients(bench: Bench, replies: Replies) -> Iterator[None]:
    """Connect clients to streams in which nothing happens; all is real but their writer."""

    async def route(_: Request) -> Response:
        choices = Choices(replies, [idle])
        kind, asked = ChatKind(scored=False, cites=False), Asked("idle", "idle", 1, streamed=True)
        return ChunkStream(choices, await choices.first(), kind, asked)

    guard = bench.server._guard
    assert guard is not None
    guard.app.add_route("/idle", route, methods=["POST"])  # type: ignore[attr-defined]
    connections = [socket.create_connection(("127.0.0.1", bench.port)) for _ in range(IDLE_CLIENTS)]
    for connection in connections:
        connection.sendall(post("/idle", bench.port, bench.token, {}))
    for connection in connections:
        assert b"200 OK" in connection.recv(65_536)
    yield
    for connection in connections:
        connection.close()
    time.sleep(0.5)


def idle_figures(bench: Bench) -> None:
    """The engine's speed with and without them in turns, and what they take of a processor."""
    process, replies = psutil.Process(), Replies(bench.core.chat, IDLE_CLIENTS)
    shares = []
    for _ in range(IDLE_ROUNDS):
        alone = direct(bench)
        with idle_clients(bench, replies):
            shares.append(alone.rest_ms / direct(bench).rest_ms)
    with idle_clients(bench, replies):
        before = process.cpu_times()
        time.sleep(IDLE_S)
        after = process.cpu_times()
    replies.stop()
    used = (after.user + after.system - before.user - before.system) / IDLE_S
    emit(Figure("rest_idle_share_of_engine", median(shares), "ratio", 0.98, "higher", IDLE_ROUNDS))
    emit(Figure("rest_idle_processor_percent", used * 100, "%", 2, "lower", IDLE_CLIENTS))


def crowd_figures(bench: Bench) -> None:
    """32 clients, a tenth of whose requests are given up."""
    owner_id, draft = bench.agent.owner_id, bench.agent.draft
    plain = AgentDraft("Crowd", draft.type, draft.model, sampling=Sampling(0.0, repeat_penalty=1.0))
    agent = bench.core.agents.create(owner_id, plain)
    bench.core.agents.deploy(owner_id, agent.id, wait=True)
    place = Place(bench.server.url, bench.token, agent.name)
    outcome = crowd(place, sure_answers(place, 8), clients=32, requests=CROWD, tokens=8, seed=1)
    for wrong in outcome.wrong:
        progress(wrong)
    time.sleep(2)
    with bench.core.pool.lease(agent.id, agent.name, Cancel()) as engine:
        lost = len(engine._runner._placement.busy())  # type: ignore[attr-defined]
    grown = outcome.growth_bytes / 1e6
    emit(Figure("rest_crowd_right", outcome.right, "answers", CROWD * 0.9, "higher", CROWD))
    emit(Figure("rest_crowd_wrong", len(outcome.wrong), "answers", 0, "lower", CROWD))
    emit(Figure("rest_crowd_lost_slots", lost, "slots", 0, "lower", 1))
    emit(Figure("rest_crowd_growth_mb", grown, "MB", 20, "lower", CROWD))


PARTS = {
    "requests": request_figure,
    "streams": stream_figures,
    "idle": idle_figures,
    "crowd": crowd_figures,
}


def main() -> None:
    """Measure the parts that are named, all by default."""
    with served() as bench:
        for name in sys.argv[1:] or PARTS:
            progress(name)
            PARTS[name](bench)


if __name__ == "__main__":
    main()
