"""Many clients at once on one agent, some of whom leave: shared by a test and a benchmark."""

from __future__ import annotations

import json
import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any

import httpx
import psutil

CANDIDATES = (
    "What is two plus two?",
    "Write the numbers from five to twenty.",
    "Complete the sequence: A B C D E F G",
    "What is the largest ocean on Earth?",
    "What is the chemical symbol of water?",
    "What is the capital of Germany?",
    "How many days are in a week?",
    "Who was the first president of the United States?",
    "Name the months of the year in their order.",
    "List the planets, beginning with Mercury.",
)
SURE = 0.5
"""How much likelier, as a difference of logarithms, each token must be than the next likely one:
sums that round differently in a batch of many then change nothing."""
TIMEOUT_S = 240.0


@dataclass
class Outcome:
    """What became of all requests."""

    right: int = 0
    left: int = 0
    wrong: list[str] = field(default_factory=list)
    memory_bytes: list[int] = field(default_factory=list)
    """Of this process, after each request."""

    @property
    def growth_bytes(self) -> int:
        """How much more memory the last tenth of the requests saw than the second."""
        tenth = max(len(self.memory_bytes) // 10, 1)
        early, late = self.memory_bytes[tenth : 2 * tenth], self.memory_bytes[-tenth:]
        return max(late) - max(early)


@dataclass(frozen=True)
class Place:
    """Where the agent answers."""

    url: str
    token: str
    model: str

    def client(self) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.token}"}
        return httpx.Client(
            base_url=f"{self.url}/v1",
            headers=headers,
            trust_env=False,
            verify=False,  # nothing is encrypted on the loopback, and certificates load slowly
            timeout=TIMEOUT_S,
        )

    def body(self, question: str, tokens: int, **more: Any) -> dict[str, Any]:
        messages = [{"role": "user", "content": question}]
        return {"model": self.model, "messages": messages, "max_tokens": tokens, **more}


def sure_answers(place: Place, tokens: int) -> dict[str, str]:
    """Return questions with the answers that each gets alone, where every token of it is sure."""
    found = {}
    with place.client() as client:
        for question in CANDIDATES:
            body = place.body(question, tokens, logprobs=True, top_logprobs=2)
            (choice,) = client.post("/chat/completions", json=body).json()["choices"]
            tops = [score["top_logprobs"] for score in choice["logprobs"]["content"]]
            if all(best["logprob"] - other["logprob"] > SURE for best, other in tops):
                found[question] = choice["message"]["content"]
    return found


def crowd(
    place: Place, answers: dict[str, str], *, clients: int, requests: int, tokens: int, seed: int
) -> Outcome:
    """Ask `requests` questions from so many clients at once; every tenth client leaves early."""
    chance, outcome, lock = random.Random(seed), Outcome(), threading.Lock()
    work: SimpleQueue[_Request] = SimpleQueue()
    leaving = set(chance.sample(range(requests), requests // 10))
    for number in range(requests):
        question = chance.choice(sorted(answers))
        leaves_after = chance.random() if number in leaving else None
        work.put(_Request(question, chance.random() < 0.5, leaves_after))

    def ask_all() -> None:
        process = psutil.Process()
        with place.client() as client:
            for request in _taken(work):
                said = _asked(client, place, request, tokens)
                with lock:
                    outcome.memory_bytes.append(process.memory_info().rss)
                    _judge(outcome, request, said, answers[request.question])

    threads = [threading.Thread(target=ask_all, name=f"crowd-{at}") for at in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcome


@dataclass(frozen=True)
class _Request:
    question: str
    streamed: bool
    leaves_after: float | None
    """Seconds until the client goes away."""


def _taken(work: SimpleQueue[_Request]) -> Iterator[_Request]:
    while True:
        try:
            yield work.get_nowait()
        except Empty:
            return


def _judge(outcome: Outcome, request: _Request, said: str | None, right: str) -> None:
    if said == right:
        outcome.right += 1
    elif said is None and request.leaves_after is not None:
        outcome.left += 1
    else:
        outcome.wrong.append(f"{request}: {said!r} instead of {right!r}")


def _asked(client: httpx.Client, place: Place, request: _Request, tokens: int) -> str | None:
    """Return the answer; None where the client left before it was whole."""
    body = place.body(request.question, tokens, stream=request.streamed)
    try:
        with _leaving(client, request.leaves_after):
            if not request.streamed:
                answer = client.post("/chat/completions", json=body).json()
                return str(answer["choices"][0]["message"]["content"])
            with client.stream("POST", "/chat/completions", json=body) as response:
                return _streamed(response.iter_lines())
    except (httpx.TransportError, httpx.StreamError):
        return None


@contextmanager
def _leaving(client: httpx.Client, after_s: float | None) -> Iterator[None]:
    """Let every wait of this request end after so long, by closing the connection."""
    before = client.timeout
    client.timeout = httpx.Timeout(TIMEOUT_S, read=after_s if after_s is not None else TIMEOUT_S)
    try:
        yield
    finally:
        client.timeout = before


def _streamed(lines: Iterator[str]) -> str:
    text, ended = "", Counter[str]()
    for line in lines:
        if line == "data: [DONE]":
            return text if ended["finish"] == 1 else f"{text} (no end)"
        if line.startswith("data: "):
            (choice,) = json.loads(line[6:])["choices"]
            text += choice["delta"].get("content", "")
            ended["finish"] += choice["finish_reason"] is not None
    return f"{text} (cut off)"
