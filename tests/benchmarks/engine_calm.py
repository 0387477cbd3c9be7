"""Running streams while a long prompt arrives, and how soon that reading can be stopped."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import mean, median

from tests.benchmarks.engine_sides import Contender, Texts, contenders, turns
from tests.benchmarks.engine_stage import Job, Played
from tests.benchmarks.figures import Figure, emit, progress

LONG_TOKENS = 3000
STREAM_TOKENS = 3500
"""More than a stream writes before it is stopped."""
LINGER_S = 2.0
"""How long the streams go on alone after the long prompt: they have grown by then, and longer
texts take longer steps, so what is usual for them lies between before and after."""
SETTLED_PIECES = 60
CANCELS_PER_ROUND = 4


@dataclass(frozen=True, slots=True)
class _Calm:
    """What the streams felt: their longest gap in usual steps, and the share of speed kept."""

    longest_gap: float
    kept_speed: float


def measure(rounds: int) -> None:
    """Emit the figures of the issue's lines 4 and 5."""
    with contenders() as pair:
        texts = Texts(pair[0], seed=4)
        for side in pair:
            side.play([Job(texts.prompt(200), 8)])
        _measure_calm(pair, texts, rounds)
        _measure_cancel(pair[0], texts, rounds, streams=2)
        _measure_cancel(pair[0], texts, rounds, streams=0)


def _measure_calm(pair: tuple[Contender, Contender], texts: Texts, rounds: int) -> None:
    felt: dict[str, list[_Calm]] = {side.name: [] for side in pair}
    for number in range(rounds):
        for side in turns(pair, number):
            played = side.play(
                [
                    *_streams(texts, 2),
                    Job(texts.prompt(LONG_TOKENS), 1, after_pieces=SETTLED_PIECES),
                ]
            )
            felt[side.name].append(_felt(played[:2], played[2]))
            progress(f"a long prompt beside two streams, {side.name}: {felt[side.name][-1]}")
    gaps = {name: median(each.longest_gap for each in calm) for name, calm in felt.items()}
    kept = {name: median(each.kept_speed for each in calm) for name, calm in felt.items()}
    emit(Figure("prefill_longest_gap", gaps["ours"], "steps", 5, "lower", rounds, gaps["peer"]))
    emit(Figure("prefill_kept_speed", kept["ours"], "share", 0.5, "higher", rounds, kept["peer"]))


def _streams(texts: Texts, count: int) -> list[Job]:
    """Return streams that run until the job after them has ended."""
    return [
        Job(texts.prompt(8), STREAM_TOKENS, until=count, linger_s=LINGER_S) for _ in range(count)
    ]


def _felt(streams: Sequence[Played], long: Played) -> _Calm:
    """Compare the time from the long prompt's arrival to its first token with before and after."""
    settled_s = max(stream.pieces_s[0] for stream in streams)
    ended_s = min(stream.pieces_s[-1] for stream in streams)
    usual_s = mean(
        median(step for stream in streams for step in _gaps(stream, *span))
        for span in ((settled_s, long.began_s), (long.ended_s, ended_s))
    )
    steps = [step for stream in streams for step in _gaps(stream, long.began_s, long.ended_s)]
    return _Calm(max(steps) / usual_s, usual_s / mean(steps))


def _gaps(stream: Played, start_s: float, end_s: float) -> list[float]:
    """Return the times between pieces of which the later one came in the given span."""
    return [two - one for one, two in pairwise(stream.pieces_s) if start_s < two <= end_s]


def _measure_cancel(ours: Contender, texts: Texts, rounds: int, streams: int) -> None:
    chance = random.Random(5)
    waits_ms = []
    for _ in range(rounds * CANCELS_PER_ROUND):
        cancel_after_s = chance.uniform(0.3, 2.0)
        long = Job(
            texts.prompt(LONG_TOKENS),
            tokens=8,
            after_pieces=20 if streams else 0,
            cancel_after_s=cancel_after_s,
        )
        played = ours.play([*_streams(texts, streams), long])[-1]
        if played.pieces_s:
            raise RuntimeError("the prompt was read before it was cancelled")
        waits_ms.append((played.ended_s - played.cancelled_s) * 1000)
    progress(f"cancel beside {streams} streams, ms: {[round(each) for each in waits_ms]}")
    name = "cancel_in_prefill" if streams else "cancel_in_prefill_alone"
    emit(Figure(name, median(waits_ms), "ms", 150, "lower", len(waits_ms)))
