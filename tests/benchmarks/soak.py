"""Hours of use: chat, ingest, deletion, deploying and stopping, watched for what it leaves behind.

    python -m tests.benchmarks.soak --minutes 120 --rest 5 > figures.jsonl

Each minute a line tells how much memory `outpost serve` and its workers hold, and how many files
and threads it has. The last lines are the figures: how much these grew from the end of the warm-up
(a quarter of the time) to the end, as medians of a tenth of the time each. A rest after each round
makes it the pace of people, and leaves the machine to others.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from tests.benchmarks.figures import Figure, emit, progress
from tests.journeys.served import Outpost, until

WARM_UP, EDGE = 0.25, 0.1
LONG_TALKS, LONG_WORDS = 16, 400
"""Held first: together more than the memory that is kept of recent conversations."""
WORDS = Path(__file__).read_text("utf-8").split()


@dataclass(frozen=True, slots=True)
class Sample:
    """What the processes hold at a moment, and what was done until then."""

    minute: float
    outpost_bytes: int
    workers_bytes: int
    files: int
    threads: int
    workers: int
    replies: int
    documents: int
    deployments: int
    by_worker: dict[str, int]
    """Bytes of each kind of worker, by its module and first argument."""

    @property
    def bytes(self) -> int:
        """What they all hold together."""
        return self.outpost_bytes + self.workers_bytes


class Soak:
    """One run: a data folder, a server in it, and what is done to it again and again."""

    def __init__(self, folder: Path):
        self._dice = random.Random(1)
        self._folder = folder / "documents"
        self._folder.mkdir()
        self.outpost = Outpost(folder / "data")
        self.replies = self.documents = self.deployments = 0

    def begin(self) -> None:
        """Start the server, deploy both starter agents and make a collection."""
        self.outpost.start()
        until(self.outpost.all_read)
        self._assistant, self._guide = (self.outpost.deploy(n) for n in ("Assistant", "Guide"))
        made = self.outpost.client.post("/collections", json={"name": "Soak"}).json()
        self._collection = made["id"]
        for _ in range(LONG_TALKS):
            self._talk("/chat", self._assistant, LONG_WORDS, most_tokens=16)

    def round(self) -> None:
        """Take in documents, ask both agents, delete what there is too much of, redeploy one.

        It ends when all documents are read: else samples would compare work with rest.
        """
        self._ingest()
        for route, agent in (("/chat", self._assistant), ("/rag-chat", self._guide)):
            self._talk(route, agent)
        self._delete_old()
        self._redeploy()
        until(self._all_read)

    def _all_read(self) -> bool:
        found = self.outpost.get(f"/collections/{self._collection}")
        return bool(found["document_count"] == found["ready_count"])

    def _ingest(self) -> None:
        for _ in range(3):
            text = " ".join(self._dice.choices(WORDS, k=2000))
            name = f"{self.documents}.txt"
            (self._folder / name).write_text(text, "utf-8")
            where = f"/collections/{self._collection}/documents"
            with (self._folder / name).open("rb") as file:
                self.outpost.client.post(where, files={"file": (name, file)}).raise_for_status()
            (self._folder / name).unlink()
            self.documents += 1

    def _talk(self, route: str, agent: str, words: int = 20, most_tokens: int = 512) -> None:
        """Hold a conversation of two turns, the second of them streamed, and delete it."""
        text = " ".join(self._dice.choices(WORDS, k=words)) + "?"
        limit = {"max_tokens": most_tokens}
        asked = {"agent_id": agent, "message": text, "parameters": limit}
        first = self.outpost.client.post(route, json=asked).json()
        talk = first["conversation_id"]
        for _ in self.outpost.events(route, {**asked, "conversation_id": talk}):
            pass
        self.outpost.client.delete(f"/conversations/{talk}").raise_for_status()
        self.replies += 2

    def _delete_old(self) -> None:
        where = f"/collections/{self._collection}"
        found = self.outpost.get(f"{where}/documents", limit=100)["data"]
        for document in [each for each in found if each["state"] == "ready"][20:]:
            self.outpost.client.delete(f"/documents/{document['id']}").raise_for_status()
        self.outpost.client.post(f"{where}/trash/empty").raise_for_status()

    def _redeploy(self) -> None:
        for verb in ("stop", "deploy"):
            path = f"/agents/{self._guide}/{verb}"
            self.outpost.client.post(path, params={"wait": True}).raise_for_status()
        self.deployments += 1

    def sample(self, minute: float) -> Sample:
        """Look at the server's process and its workers."""
        content = json.loads((self.outpost.folder / "runtime.json").read_text())
        process = psutil.Process(content["pid"])
        children = process.children(recursive=True)
        by_worker = Counter[str]()
        for child in children:
            with suppress(psutil.NoSuchProcess):  # it ended just now
                by_worker[" ".join(child.cmdline()[2:4])] += child.memory_info().rss
        return Sample(
            minute=round(minute, 2),
            outpost_bytes=process.memory_info().rss,
            workers_bytes=by_worker.total(),
            files=process.num_fds(),
            threads=process.num_threads(),
            workers=len(children),
            replies=self.replies,
            documents=self.documents,
            deployments=self.deployments,
            by_worker=dict(by_worker),
        )


def soak(folder: Path, minutes: float, every_s: float, rest_s: float) -> list[Sample]:
    """Use Outpost for so long and return the samples."""
    run, samples = Soak(folder), list[Sample]()
    run.begin()
    began_s = last_s = time.monotonic()
    try:
        while (now_s := time.monotonic()) - began_s < minutes * 60:
            run.round()
            time.sleep(rest_s)
            if now_s - last_s >= every_s:
                last_s = now_s
                samples.append(run.sample((now_s - began_s) / 60))
                print(json.dumps(asdict(samples[-1])), flush=True)
    finally:
        progress(f"ended with status {run.outpost.end()}")
    return samples


def report(samples: Sequence[Sample]) -> None:
    """Print how much was held after the warm-up and at the end."""
    n = len(samples)
    edge = max(1, round(n * EDGE))
    warm = samples[round(n * WARM_UP) :][:edge]
    for name in ("bytes", "outpost_bytes", "workers_bytes"):
        before, after = (_median(part, name) for part in (warm, samples[-edge:]))
        emit(Figure(f"soak_{name}_growth", (after / before - 1) * 100, "%", 5.0, "lower", n))
    for name in ("files", "threads", "workers"):
        before, after = (_median(part, name) for part in (warm, samples[-edge:]))
        emit(Figure(f"soak_{name}_leaked", after - before, name, 0, "lower", n))


def _median(samples: Sequence[Sample], name: str) -> float:
    return float(statistics.median(getattr(each, name) for each in samples))


def main(arguments: Sequence[str]) -> int:
    """Run for the minutes that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--minutes", type=float, default=120)
    parser.add_argument("--every", type=float, default=60, metavar="SECONDS")
    parser.add_argument("--rest", type=float, default=0, metavar="SECONDS")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        samples = soak(Path(folder), given.minutes, given.every, given.rest)
    if len(samples) < 4:
        progress("too short to tell anything")
        return 1
    report(samples)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
