"""What a user of agents feels: deploying again, and an answer while documents are taken in.

Measured through the services of the whole core, in a child process with a data folder of its
own. Run as a program, this module is that process.
"""

from __future__ import annotations

import tempfile
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from random import Random
from statistics import median

from core.app import build
from core.config import load_settings
from core.records import (
    AgentDraft,
    AgentId,
    AgentType,
    Ask,
    IngestJob,
    Sampling,
    TextDelta,
    TurnDone,
)
from core.streams import Cancel
from tests.benchmarks.engine_child import Answers, Child, serve
from tests.benchmarks.engine_sides import WORDS, our_environ
from tests.benchmarks.figures import Figure, emit, progress

SYSTEM_TOKENS = 1000
STREAM_TOKENS = 1000
"""Ten seconds and more, since passages are embedded a handful at a time."""
FILES, WORDS_PER_FILE = 40, 4000
"""Enough that the ingest outlasts the stream beside it."""
END_TOKENS = ((0, -100.0), (2, -100.0))
"""The starter's <|endoftext|> and <|im_end|>, made impossible so that streams go on."""
START_TIMEOUT_S = 120


def measure(rounds: int) -> None:
    """Emit the figures of the issue's lines 3 and 6."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Child("engine_agents", environ=our_environ(), folder=folder) as child,
    ):
        _measure_redeploy(child, rounds)
        _measure_ingest(child, rounds)


def _measure_redeploy(child: Child, rounds: int) -> None:
    """Time from the call to deploy to the first piece of an answer, loading included."""
    shares = []
    for number in range(rounds):
        child.ask("instruct", seed=number)
        cold_s, warm_s = child.ask("first_token_s"), child.ask("first_token_s")
        shares.append(warm_s / cold_s)
        progress(f"first token after deploying: cold {cold_s:.2f} s, again {warm_s:.2f} s")
    emit(Figure("redeploy_share_of_cold", median(shares), "share", 0.2, "lower", rounds))


def _measure_ingest(child: Child, rounds: int) -> None:
    kept, advanced = [], []
    for number in range(rounds):
        idle = child.ask("stream_speed")
        child.ask("begin_ingest", seed=number)
        before = child.ask("embedded")
        began_s = time.perf_counter()
        beside = child.ask("stream_speed")
        took_s = time.perf_counter() - began_s
        advanced.append((child.ask("embedded") - before) / took_s)
        kept.append(beside / idle)
        if child.ask("ingest_finished"):
            raise RuntimeError("the ingest ended before the stream: it needs more files")
        progress(
            f"tokens/s alone {idle:.0f}, beside an ingest {beside:.0f}; "
            f"the ingest made {advanced[-1]:.1f} passages/s"
        )
        child.ask("finish_ingest")
    emit(Figure("stream_beside_ingest", median(kept), "share", 0.7, "higher", rounds))
    emit(Figure("ingest_beside_stream", median(advanced), "passages/s", 0.1, "higher", rounds))


# ---- in the child


class _Agents:
    """A core with one agent and one collection."""

    def __init__(self, folder: str):
        self._folder = Path(folder)
        settings = load_settings({"OUTPOST_DATA_DIR": str(self._folder / "data")})
        self._core = build(settings)
        self._core.start()
        if not self._core.startup.finished.wait(START_TIMEOUT_S):
            raise RuntimeError("the core did not start")
        self._core.collections.warm()
        self._owner = self._core.users.owner().id
        for agent in self._core.agents.list(self._owner):
            self._core.agents.delete(self._owner, agent.id, force=True)
        model = self._core.models.starter()
        assert model is not None
        self._draft = AgentDraft(
            name="Measured",
            type=AgentType.FINE_TUNED,
            model=model.id,
            sampling=Sampling(temperature=0.0, max_tokens=STREAM_TOKENS, logit_bias=END_TOKENS),
        )
        self._agent: AgentId = self._core.agents.create(self._owner, self._draft).id
        self._collection = self._core.collections.create(self._owner, "Measured").id
        self._job: IngestJob | None = None
        self._await_starter_ingest()

    def _await_starter_ingest(self) -> None:
        """Wait until the guide, which a first start takes in, is done."""
        while any(
            each.document_count > each.ready_count + each.failed_count
            for each in self._core.collections.list(self._owner)
        ):
            time.sleep(0.2)

    def instruct(self, seed: int) -> None:
        """Give the agent instructions of about 1,000 tokens that it never had before."""
        words = Random(seed).choices(WORDS.split(), k=SYSTEM_TOKENS)
        draft = replace(self._draft, system_prompt=f"{seed} {' '.join(words)}")
        self._core.agents.edit(self._owner, self._agent, draft)

    def first_token_s(self) -> float:
        """Deploy, ask, and stop again; return the seconds to the first piece of the answer."""
        began_s = time.perf_counter()
        self._core.agents.deploy(self._owner, self._agent, wait=True)
        events = self._core.chat.reply(self._ask("What is a harbour?"), Cancel())
        with closing(events):  # type: ignore[type-var]
            next(event for event in events if isinstance(event, TextDelta))
            took_s = time.perf_counter() - began_s
        self._core.agents.stop(self._owner, self._agent, wait=True)
        return took_s

    def _ask(self, text: str) -> Ask:
        return Ask(self._owner, self._agent, text)

    def stream_speed(self) -> float:
        """Return the tokens per second of one answer, from its first token on."""
        self._core.agents.edit(self._owner, self._agent, self._draft)
        self._core.agents.deploy(self._owner, self._agent, wait=True)
        for event in self._core.chat.reply(self._ask("Tell me a long story."), Cancel()):
            if isinstance(event, TurnDone):
                record = event.reply.record
        assert record is not None
        if record.usage.completion_tokens != STREAM_TOKENS:
            raise RuntimeError(f"the answer ended after {record.usage.completion_tokens} tokens")
        return (STREAM_TOKENS - 1) / record.timings.generation_ms * 1000

    def begin_ingest(self, seed: int) -> None:
        """Add files of random words and wait until vectors are being made."""
        chance = Random(seed)
        folder = self._folder / f"files{seed}"
        folder.mkdir()
        for number in range(FILES):
            words = chance.choices(WORDS.split(), k=WORDS_PER_FILE)
            (folder / f"{number}.txt").write_text(" ".join(words), "utf-8")
        before = self.embedded()
        self._job = self._core.collections.add_files(self._owner, self._collection, [folder])
        while self.embedded() == before:
            time.sleep(0.02)

    def embedded(self) -> int:
        """Return how many passages have vectors."""
        documents = self._core.collections.documents(self._owner, self._collection)
        return sum(document.embedded_count for document in documents)

    def ingest_finished(self) -> bool:
        assert self._job is not None
        return self._core.collections.job(self._owner, self._job.id).finished

    def finish_ingest(self) -> None:
        while not self.ingest_finished():
            time.sleep(0.2)

    def close(self) -> None:
        self._core.close()


def answers(folder: str) -> Answers:
    """Build the core and say what it can be asked."""
    agents = _Agents(folder)
    names = (
        "instruct first_token_s stream_speed begin_ingest embedded ingest_finished finish_ingest"
    )
    return {name: getattr(agents, name) for name in [*names.split(), "close"]}


if __name__ == "__main__":
    serve(answers)
