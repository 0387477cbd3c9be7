"""One generation as it waits, reads and writes: the hand-over between caller and runner."""

from __future__ import annotations

import codecs
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from queue import SimpleQueue

from core.engines.base import NO_EXTRAS, Extras, Finished, FinishReason, GenerationEvent
from core.engines.llama.prefixes import PrefixFile
from core.errors import OutpostError
from core.records import Sampling, TextDelta, TokenScore
from core.streams import Cancel


@dataclass(slots=True, eq=False)
class Request:
    """What the caller asked for, and the queue on which the runner answers."""

    prompt: list[int]
    sampling: Sampling
    seed: int
    cancel: Cancel
    extras: Extras = NO_EXTRAS
    events: SimpleQueue[GenerationEvent | OutpostError] = field(default_factory=SimpleQueue)
    started_s: float = field(default_factory=time.monotonic)
    first_token_s: float = 0.0
    cached_tokens: int = 0
    completion_tokens: int = 0
    keep: bool = False
    """True for a request that only reads a system prompt, to be kept for others."""
    prefix_file: PrefixFile | None = None
    """Where such a prompt's memory is stored."""

    @property
    def late(self) -> bool:
        """True once the request's deadline has passed."""
        limit_s = self.sampling.deadline_s
        return limit_s is not None and time.monotonic() - self.started_s > limit_s

    def results(self) -> Iterator[GenerationEvent]:
        """Yield events until Finished; raise the error that ended the request instead."""
        while True:
            event = self.events.get()
            if isinstance(event, OutpostError):
                raise event
            yield event
            if isinstance(event, Finished):
                return

    def finished(self, reason: FinishReason) -> Finished:
        """Sum the generation up."""
        first = self.first_token_s or time.monotonic()
        return Finished(
            reason=reason,
            prompt_tokens=len(self.prompt),
            cached_tokens=self.cached_tokens,
            completion_tokens=self.completion_tokens,
            seed=self.seed,
            prompt_ms=(first - self.started_s) * 1000,
            generation_ms=(time.monotonic() - first) * 1000,
        )


class AnswerText:
    """Turns token bytes into text deltas: whole characters only, and nothing of a stop text."""

    def __init__(self, stop: Sequence[str]):
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._stop = tuple(text for text in stop if text)
        self._held = ""
        """The end of the text so far that could be the beginning of a stop text."""
        self.stopped = False
        self._scores: deque[TokenScore] = deque()
        self._ahead = 0
        """How many bytes the shown text has more than the scored tokens that were handed out."""

    def push(self, piece: bytes, score: TokenScore | None = None) -> TextDelta | None:
        """Take a token's bytes; return what can be shown, if anything."""
        if score is not None and score.piece:
            self._scores.append(score)
        text = self._held + self._decoder.decode(piece)
        self._held = ""
        found = [(at + len(stop), at) for stop in self._stop if (at := text.find(stop)) >= 0]
        if found:  # the first that is complete, however the tokens cut the text
            self.stopped = True
            text = text[: min(found)[1]]
        else:
            keep = self._possible_stop(text)
            text, self._held = text[: len(text) - keep], text[len(text) - keep :]
        return self._delta(text)

    def end(self) -> TextDelta | None:
        """Return what was held back, once no more tokens come."""
        text = "" if self.stopped else self._held + self._decoder.decode(b"", final=True)
        self._held = ""
        return self._delta(text)

    def _delta(self, text: str) -> TextDelta | None:
        """Return the text with the scores of the tokens that begin in it."""
        if not self._scores or not text:
            return TextDelta(text) if text else None
        self._ahead += len(text.encode("utf-8", "replace"))
        begun = []
        while self._scores and self._ahead > 0:
            begun.append(self._scores.popleft())
            self._ahead -= len(begun[-1].piece)
        return TextDelta(text, tuple(begun))

    def _possible_stop(self, text: str) -> int:
        """Return the length of the longest end of `text` that begins a stop text."""
        longest = max((len(stop) for stop in self._stop), default=1) - 1
        for size in range(min(longest, len(text)), 0, -1):
            if any(stop.startswith(text[-size:]) for stop in self._stop):
                return size
        return 0
