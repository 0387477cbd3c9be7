"""Ways to ask an engine, shared by the tests of this room."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from core.engines.base import Engine, Finished, GenerationEvent
from core.records import ChatMessage, PromptProgress, Role, Sampling, TextDelta
from core.streams import Cancel

GREEDY = Sampling(temperature=0.0, repeat_penalty=1.0, max_tokens=12)
END_OF_TURN = 2
"""The starter's token <|im_end|>."""
ENDLESS = replace(GREEDY, max_tokens=4000, logit_bias=((END_OF_TURN, -1000.0),))
"""Writes until it is stopped or the context is full."""


@dataclass
class Answer:
    """What came out of one generation."""

    deltas: list[str] = field(default_factory=list)
    progress: list[PromptProgress] = field(default_factory=list)
    finished: Finished | None = None
    error: BaseException | None = None

    @property
    def text(self) -> str:
        return "".join(self.deltas)

    @property
    def end(self) -> Finished:
        assert self.finished is not None, self.error
        return self.finished

    def take(self, events: Iterable[GenerationEvent]) -> Answer:
        """Collect events to the end."""
        for event in events:
            if isinstance(event, TextDelta):
                self.deltas.append(event.text)
            elif isinstance(event, PromptProgress):
                self.progress.append(event)
            else:
                self.finished = event
        return self


def prompt(engine: Engine, *texts: str, system: str = "") -> list[int]:
    """Lay out a conversation whose first text is the user's."""
    messages = [ChatMessage(Role.SYSTEM, system)] if system else []
    messages += [
        ChatMessage(Role.ASSISTANT if at % 2 else Role.USER, text) for at, text in enumerate(texts)
    ]
    return engine.prompt_tokens(messages)


def ask(
    engine: Engine, tokens: list[int], sampling: Sampling = GREEDY, cancel: Cancel | None = None
) -> Answer:
    """Generate to the end on this thread."""
    return Answer().take(engine.generate(tokens, sampling, cancel or Cancel()))


class Asking(threading.Thread):
    """Generates on a thread of its own; `answer` fills up meanwhile."""

    def __init__(
        self,
        engine: Engine,
        tokens: list[int],
        sampling: Sampling = GREEDY,
        cancel: Cancel | None = None,
    ):
        super().__init__(name="asking")
        self.answer = Answer()
        self.cancel = Cancel() if cancel is None else cancel
        self._begin: Callable[[], Iterable[GenerationEvent]] = lambda: engine.generate(
            tokens, sampling, self.cancel
        )
        self.start()

    def run(self) -> None:
        try:
            self.answer.take(self._begin())
        except Exception as error:
            self.answer.error = error

    def ended(self, timeout_s: float = 30) -> Answer:
        """Wait for the end, which must come in time."""
        self.join(timeout_s)
        assert not self.is_alive(), "the generation did not end in time"
        return self.answer

    def writing(self, deltas: int = 1) -> Asking:
        """Wait until so many deltas have come."""
        wait_until(lambda: len(self.answer.deltas) >= deltas or not self.is_alive())
        return self


def wait_until(condition: Callable[[], bool], timeout_s: float = 30) -> None:
    """Poll until the condition holds."""
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline_s, "it did not happen in time"
        time.sleep(0.005)
