"""The peer: llama.cpp's own C++ server engine, in process through xllamacpp.

It runs with its own settings except for what a comparison must hold equal: file, threads, slots,
context and batch. Text that need not be streamed is asked for in one piece, so that no call into
Python slows it down.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import xllamacpp  # type: ignore[import-untyped]

from core.streams import Cancel
from tests.benchmarks.engine_child import Answers, serve
from tests.benchmarks.engine_stage import Job, play_plain


class Peer:
    """A running server; `write` may be called from many threads."""

    def __init__(
        self, path: str, threads: int, slots: int, context_tokens: int, batch_tokens: int
    ) -> None:
        settings = xllamacpp.CommonParams()
        settings.model.path = path
        settings.n_ctx = context_tokens * slots
        settings.n_parallel = slots
        settings.n_batch = settings.n_ubatch = batch_tokens
        settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = threads
        settings.kv_unified = True
        settings.verbosity = 0
        self._server = xllamacpp.Server(settings)

    def write(self, job: Job, cancel: Cancel, piece: Callable[[], None]) -> int:
        """Generate as the job says; returns how many tokens of the prompt were cached."""
        last: dict[str, Any] = {}

        def take(event: dict[str, Any]) -> bool:
            if "error" in event:
                raise RuntimeError(event["error"]["message"])
            last.update(event)
            if event["choices"][0]["text"]:
                piece()
            return bool(cancel)

        self._server.handle_completions(
            {
                "prompt": list(job.prompt),
                "max_tokens": job.tokens,
                "temperature": 0,
                "stream": job.streamed,
                "ignore_eos": True,
            },
            take,
        )
        return int(last.get("timings", {}).get("cache_n", 0))

    def greedy(self, prompt: Sequence[int], tokens: int) -> list[list[tuple[int, float]]]:
        """Return, for each of the most likely tokens, the likeliest few with log-probabilities.

        The first of each is the token that was taken; the answer ends where the model ends it.
        """
        answer = self._server.handle_completions(
            {"prompt": list(prompt), "max_tokens": tokens, "temperature": 0, "n_probs": 4}
        )
        steps = answer["choices"][0]["logprobs"]["content"]
        return [
            [(step["id"], step["logprob"])]
            + [
                (top["id"], top["logprob"])
                for top in step["top_logprobs"]
                if top["id"] != step["id"]
            ]
            for step in steps
        ]


def _taken_first(step: dict[str, Any]) -> list[dict[str, Any]]:
    others = [other for other in step["top_logprobs"] if other["id"] != step["id"]]
    return [step, *others]


def answers(**options: Any) -> Answers:
    """Start the server and say what it can be asked."""
    peer = Peer(**options)
    return {
        "play": lambda jobs: play_plain(peer, jobs),
        "greedy": peer.greedy,
    }


if __name__ == "__main__":
    serve(answers)
