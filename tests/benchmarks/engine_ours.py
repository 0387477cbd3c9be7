"""Our side: the engine as a deployed agent uses it, without the rooms above."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import llama_cpp.llama_cpp as llama
import numpy as np

from core.engines.base import EngineSpec, Finished
from core.engines.llama.engine import LlamaEngine, WeightsShelf
from core.engines.llama.native import DECODED, Context, Weights, build_name
from core.errors import EngineFailed
from core.records import ChatMessage, Role, Sampling, TextDelta
from core.streams import Cancel
from tests.benchmarks.engine_child import Answers, serve
from tests.benchmarks.engine_stage import Job, play_plain


class Ours:
    """A loaded engine, and its weights once more for what the engine does not tell."""

    def __init__(
        self, path: str, threads: int, slots: int, context_tokens: int, batch_tokens: int
    ) -> None:
        self._spec = EngineSpec(
            Path(path),
            context_tokens=context_tokens,
            slots=slots,
            threads=threads,
            batch_tokens=batch_tokens,
        )
        self._engine = LlamaEngine(self._spec, WeightsShelf())
        self._weights = Weights(self._spec.model_path)
        ends = filter(self._weights.is_end, range(self._weights.vocabulary_size))
        self._no_end = tuple((token, float("-inf")) for token in ends)

    def write(self, job: Job, cancel: Cancel, piece: Callable[[], None]) -> int:
        """Generate as the job says; tokens that end an answer are made impossible."""
        sampling = Sampling(
            temperature=0.0,
            repeat_penalty=1.0,
            max_tokens=job.tokens,
            logit_bias=self._no_end,
        )
        for event in self._engine.generate(job.prompt, sampling, cancel):
            if isinstance(event, TextDelta):
                piece()
        assert isinstance(event, Finished)
        if event.completion_tokens != job.tokens and not cancel:
            raise EngineFailed(f"{event.completion_tokens} tokens instead of {job.tokens}")
        return event.cached_tokens

    def tokens(self, text: str) -> list[int]:
        return self._weights.tokenize(text, special=True)

    def question(self, text: str) -> list[int]:
        """Lay out one question by the model's chat template."""
        return self._engine.prompt_tokens([ChatMessage(Role.USER, text)])

    def greedy(self, prompt: Sequence[int], tokens: int) -> str:
        """Return the text of the most likely tokens, to the model's own end."""
        sampling = Sampling(temperature=0.0, repeat_penalty=1.0, max_tokens=tokens)
        events = self._engine.generate(prompt, sampling, Cancel())
        return "".join(event.text for event in events if isinstance(event, TextDelta))

    def text(self, tokens: Sequence[int]) -> str:
        """Return the text that the tokens stand for."""
        pieces = b"".join(self._weights.piece(token) for token in tokens)
        return pieces.decode("utf-8", "replace")

    def likeliest(self, prompt: Sequence[int], count: int) -> list[tuple[int, float]]:
        """Return the tokens of the highest logits after a prompt, best first."""
        context = Context(
            self._weights, context_tokens=1024, sequences=1, threads=self._spec.threads
        )
        size = len(prompt)
        verdict = context.decode(prompt, range(size), [0] * size, [size - 1])
        if verdict != DECODED:
            raise EngineFailed(f"llama.cpp could not decode a batch (code {verdict})")
        pointer = llama.llama_get_logits_ith(context.handle, size - 1)
        logits = np.ctypeslib.as_array(pointer, shape=(self._weights.vocabulary_size,))
        best = np.argsort(logits)[::-1][:count]
        found = [(int(token), float(logits[token])) for token in best]
        context.close()
        return found

    def close(self) -> None:
        self._engine.close()
        self._weights.close()


def answers(**options: Any) -> Answers:
    """Load the engine as the application would and say what it can be asked."""
    ours = Ours(**options)
    return {
        "play": lambda jobs: play_plain(ours, jobs),
        "tokens": ours.tokens,
        "question": ours.question,
        "greedy": ours.greedy,
        "text": ours.text,
        "likeliest": ours.likeliest,
        "build": build_name,
        "close": ours.close,
    }


if __name__ == "__main__":
    serve(answers)
