"""Several generations at once, written down as times: what both sides of a comparison play.

A `Side` is a running engine, ours or the peer's. `play` starts its jobs on threads of their own,
as clients would, and notes when each piece of text arrived. All times are seconds since the
play began, on one clock.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, asdict, dataclass, field
from typing import Any, Protocol

from core.streams import Cancel


@dataclass(frozen=True, slots=True)
class Job:
    """One generation of exactly `tokens` tokens, the most likely ones, never ending earlier."""

    prompt: Sequence[int]
    tokens: int
    streamed: bool = True
    """False lets a side hand the text over at its end, if that is quicker for it."""
    _: KW_ONLY
    after_pieces: int = 0
    """Begin once the first job has given so many pieces."""
    until: int | None = None
    """Stop once the job of this number has ended."""
    linger_s: float = 0.0
    """And so much later."""
    cancel_after_s: float | None = None
    """Stop so long after the beginning."""


@dataclass(slots=True)
class Played:
    """What became of a job."""

    began_s: float = 0.0
    ended_s: float = 0.0
    cancelled_s: float = 0.0
    pieces_s: list[float] = field(default_factory=list)
    cached_tokens: int = 0
    error: str = ""


class Side(Protocol):
    """An engine under measurement; `write` is called from many threads."""

    def write(self, job: Job, cancel: Cancel, piece: Callable[[], None]) -> int:
        """Generate, calling `piece` for each text; return how much of the prompt was cached."""
        ...


class _Stage:
    def __init__(self, side: Side, jobs: Sequence[Job]):
        self._side = side
        self._jobs = jobs
        self._start_s = time.perf_counter()
        self._changed = threading.Condition()
        self._cancels = [Cancel() for _ in jobs]
        self.played = [Played() for _ in jobs]

    def _now_s(self) -> float:
        return time.perf_counter() - self._start_s

    def act(self, number: int) -> None:
        job, played, cancel = self._jobs[number], self.played[number], self._cancels[number]
        self._await_cue(job)
        timer = threading.Timer(job.cancel_after_s or 0.0, self._cancel, (number,))
        played.began_s = self._now_s()
        if job.cancel_after_s is not None:
            timer.start()
        try:
            played.cached_tokens = self._side.write(job, cancel, lambda: self._piece(number))
        except Exception as error:
            played.error = repr(error)
        played.ended_s = self._now_s()
        timer.cancel()
        self._end_followers(number)

    def _await_cue(self, job: Job) -> None:
        first = self.played[0]
        with self._changed:
            self._changed.wait_for(lambda: first.ended_s or len(first.pieces_s) >= job.after_pieces)

    def _piece(self, number: int) -> None:
        self.played[number].pieces_s.append(self._now_s())
        if number == 0:
            with self._changed:
                self._changed.notify_all()

    def _cancel(self, number: int) -> None:
        self.played[number].cancelled_s = self._now_s()
        self._cancels[number].set()

    def _end_followers(self, number: int) -> None:
        with self._changed:
            self._changed.notify_all()
        for other, job in enumerate(self._jobs):
            if job.until == number:
                threading.Timer(job.linger_s, self._cancel, (other,)).start()


def play(side: Side, jobs: Sequence[Job]) -> list[Played]:
    """Run all jobs to their end; raises RuntimeError if one of them failed."""
    stage = _Stage(side, jobs)
    threads = [threading.Thread(target=stage.act, args=(at,)) for at in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    failed = [played.error for played in stage.played if played.error]
    if failed:
        raise RuntimeError(failed[0])
    return stage.played


def play_plain(side: Side, jobs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Play jobs that came as JSON, for an answer in JSON."""
    return [asdict(played) for played in play(side, [Job(**job) for job in jobs])]
