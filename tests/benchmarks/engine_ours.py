"""Our side: the engine as a deployed agent uses it, without the rooms above."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import llama_cpp.llama_cpp as llama
import numpy as np
from numpy.typing import NDArray

from core.engines.base import EngineSpec, Finished
from core.engines.llama.engine import LlamaEngine, WeightsShelf
from core.engines.llama.native import DECODED, Context, Weights, build_name
from core.errors import EngineFailed
from core.records import ChatMessage, Role, Sampling, TextDelta
from core.streams import Cancel
from tests.benchmarks.engine_child import Answers, serve
from tests.benchmarks.engine_stage import Job, play_plain

MAX_OUTPUTS = 64


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

    def plain_greedy(self, prompt: Sequence[int], tokens: int) -> str:
        """Write as `greedy` does, but by the plainest loop over llama.cpp that there is."""
        taken: list[int] = []
        with self._bare_context() as context:
            token = int(self._logits(context, prompt, 0)[0].argmax())
            while not self._weights.is_end(token) and len(taken) < tokens:
                taken.append(token)
                at = len(prompt) + len(taken) - 1
                token = int(self._logits(context, [token], at)[0].argmax())
        return self.text(taken)

    def logits(
        self, prompt: Sequence[int], taken: Sequence[int], wanted: Sequence[Sequence[int]]
    ) -> list[tuple[int, list[float]]]:
        """Return, for each taken token's place, the best token and the `wanted` ones' logits."""
        with self._bare_context() as context:
            self._logits(context, prompt[:-1], 0)
            places = [prompt[-1], *taken[:-1]]
            rows = self._logits(context, places, len(prompt) - 1, outputs=len(places))
        return [
            (int(row.argmax()), [float(row[token]) for token in pair])
            for row, pair in zip(rows, wanted, strict=True)
        ]

    @contextmanager
    def _bare_context(self) -> Iterator[Context]:
        context = Context(
            self._weights,
            context_tokens=1024,
            sequences=MAX_OUTPUTS,  # llama.cpp gives logits for as many tokens of a batch
            threads=self._spec.threads,
        )
        try:
            yield context
        finally:
            context.close()

    def _logits(
        self, context: Context, tokens: Sequence[int], start: int, *, outputs: int = 1
    ) -> list[NDArray[np.float32]]:
        """Decode tokens from a position on; return the logits after the last `outputs` of them."""
        size = len(tokens)
        wanted = range(size - outputs, size)
        verdict = context.decode(tokens, range(start, start + size), [0] * size, wanted)
        if verdict != DECODED:
            raise EngineFailed(f"llama.cpp could not decode a batch (code {verdict})")
        shape = (self._weights.vocabulary_size,)
        pointers = [llama.llama_get_logits_ith(context.handle, index) for index in wanted]
        return [np.ctypeslib.as_array(pointer, shape=shape).copy() for pointer in pointers]

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
        "plain_greedy": ours.plain_greedy,
        "logits": ours.logits,
        "build": build_name,
        "close": ours.close,
    }


if __name__ == "__main__":
    serve(answers)
