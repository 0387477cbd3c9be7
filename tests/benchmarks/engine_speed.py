"""Speed beside the peer: writing with one and many streams, reading, and the next turn.

Each round measures both sides, one after the other, and gives one ratio; the figure is the median
of the rounds' ratios, so that a machine that slows down slows both.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from tests.benchmarks.engine_sides import Contender, Texts, contenders, turns
from tests.benchmarks.engine_stage import Job
from tests.benchmarks.figures import Figure, emit, progress

STREAMS = {1: 0.97, 4: 0.95, 8: 0.95}
"""How many at once, and the least share of the peer's speed."""
WRITTEN_TOKENS = 128
HISTORY_TOKENS = 1500
QUESTION_TOKENS = 40


def measure(rounds: int) -> None:
    """Emit the figures of the issue's lines 1 and 2."""
    with contenders() as pair:
        texts = Texts(pair[0])
        progress(f"our build: {pair[0].child.ask('build')}")
        for side in pair:
            side.play([Job(texts.prompt(200), 8)])
        for streams, goal in STREAMS.items():
            _compare_writing(pair, texts, rounds, streams, goal)
        _compare_reading(pair, texts, rounds)


def _compare_writing(
    pair: tuple[Contender, Contender], texts: Texts, rounds: int, streams: int, goal: float
) -> None:
    speeds: dict[str, list[float]] = {side.name: [] for side in pair}
    for number in range(rounds):
        prompts = [texts.prompt(8) for _ in range(streams)]
        for side in turns(pair, number):
            speeds[side.name].append(_writing_speed(side, prompts))
        _report(f"{streams} stream(s), tokens/s", speeds)
    name = f"decode_{streams}_stream{'s' if streams > 1 else ''}_vs_peer"
    ratio = _median_ratio(speeds["ours"], speeds["peer"])
    emit(Figure(name, ratio, "x", goal, "higher", rounds, median(speeds["peer"])))


def _writing_speed(side: Contender, prompts: Sequence[Sequence[int]]) -> float:
    """Return tokens per second of all streams together, from the request to the last token.

    The peer need not stream, ours does: its text arrives piece by piece as in the application.
    """
    streamed = side.name == "ours"
    played = side.play([Job(prompt, WRITTEN_TOKENS, streamed) for prompt in prompts])
    ended_s = max(each.ended_s for each in played) - min(each.began_s for each in played)
    return len(prompts) * WRITTEN_TOKENS / ended_s


def _compare_reading(pair: tuple[Contender, Contender], texts: Texts, rounds: int) -> None:
    """Time the first token of a fresh history, then of a question that follows it."""
    fresh_s: dict[str, list[float]] = {side.name: [] for side in pair}
    next_s: dict[str, list[float]] = {side.name: [] for side in pair}
    for number in range(rounds):
        history = texts.prompt(HISTORY_TOKENS)
        turn = [*history, *texts.prompt(QUESTION_TOKENS)]
        for side in turns(pair, number):
            fresh_s[side.name].append(_first_token_s(side, history, cached=0))
            next_s[side.name].append(_first_token_s(side, turn, cached=HISTORY_TOKENS))
        _report("reading 1,500 tokens, s", fresh_s)
        _report("next turn, s", next_s)
    speed = HISTORY_TOKENS / median(fresh_s["peer"])
    ratio = _median_ratio(fresh_s["peer"], fresh_s["ours"])
    emit(Figure("prefill_1500_vs_peer", ratio, "x", 0.97, "higher", rounds, speed))
    ratio = _median_ratio(next_s["ours"], next_s["peer"])
    peer_ms = median(next_s["peer"]) * 1000
    emit(Figure("next_turn_vs_peer", ratio, "x", 1.15, "lower", rounds, peer_ms))
    share = _median_ratio(next_s["ours"], fresh_s["ours"])
    emit(Figure("next_turn_share_of_fresh", share, "x", 0.15, "lower", rounds))


def _first_token_s(side: Contender, prompt: Sequence[int], cached: int) -> float:
    """Time one token after a prompt, of which about `cached` tokens must be known already."""
    (played,) = side.play([Job(prompt, 1, streamed=False)])
    if abs(played.cached_tokens - cached) > 8:
        raise RuntimeError(f"{side.name} had {played.cached_tokens} tokens cached, not {cached}")
    return played.ended_s - played.began_s


def _median_ratio(above: Sequence[float], below: Sequence[float]) -> float:
    return median(one / other for one, other in zip(above, below, strict=True))


def _report(what: str, values: dict[str, list[float]]) -> None:
    progress(f"{what}: " + ", ".join(f"{side} {each[-1]:.3g}" for side, each in values.items()))
