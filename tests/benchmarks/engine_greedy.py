"""Is our greedy output the peer's, token for token? Where not, do the logits explain it?

Ours is compared twice. With the plainest loop over the same build of llama.cpp it must agree in
every token. The peer is another build, made for other processors, that adds the same numbers in
another order: where the two likeliest tokens are close, it may take the other one. How far the
builds are apart is seen where they agree: the swing is by how much the peer's distance between
its two likeliest tokens differs from ours. A difference is explained if it is between these two
tokens and its swing is none that agreeing places do not show as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from tests.benchmarks.engine_sides import Contender, contenders
from tests.benchmarks.figures import Figure, emit, percentile, progress

TOKENS = 48
PROMPTS = (
    "What is the capital of France?",
    "Name three colours of the rainbow.",
    "Write a short poem about a river.",
    "How does a bicycle stay upright?",
    "Explain what a database index is for.",
    "Give me a recipe for pancakes.",
    "What is the difference between rain and snow?",
    "List five animals that live in the sea.",
    "Why is the sky blue?",
    "Write a sentence with the word 'harbour'.",
    "What is 17 plus 25?",
    "Translate 'good morning' into Spanish.",
    "Tell me a story about a lost key.",
    "What do plants need to grow?",
    "Who wrote Romeo and Juliet?",
    "How many minutes are there in a day?",
    "Describe the smell of the sea.",
    "What should I pack for a trip to the mountains?",
    "Write a Python function that adds two numbers.",
    "Summarise why people read books.",
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """How far two greedy answers to one prompt agree."""

    prompt: str
    as_plain: bool
    """Whether ours is what the plain loop writes."""
    swings: tuple[float, ...]
    """At each place where both agree."""
    swing: float | None = None
    """At the first difference; None where there is none."""
    swapped: bool = True
    """Whether each side took one of the peer's two likeliest tokens there."""


def measure(rounds: int) -> None:
    """Emit the figures of the issue's line 8; greedy answers need no second round."""
    with contenders(slots=1, context_tokens=1024) as pair:
        found = compare(pair)
    count, usual = len(found), largest_swing(found)
    all_swings = [swing for each in found for swing in each.swings]
    progress(
        f"swing where both agree: median {percentile(all_swings, 0.5):.2f}, "
        f"90 % below {percentile(all_swings, 0.9):.2f}, largest {usual:.2f}"
    )
    for each in found:
        if each.swing is not None:
            progress(f"{each.prompt!r} differs after {len(each.swings)}, swing {each.swing:.2f}")
    plain = sum(each.as_plain for each in found) / count
    same = sum(explained(each, usual) for each in found) / count
    emit(Figure("greedy_equals_plain_loop", plain, "share", 1.0, "higher", count))
    emit(Figure("greedy_equals_peer_or_explained", same, "share", 1.0, "higher", count))


def compare(
    pair: tuple[Contender, Contender], prompts: Sequence[str] = PROMPTS, tokens: int = TOKENS
) -> list[Comparison]:
    """Ask both sides every prompt, one side after the other."""
    ours, peer = pair[0].child, pair[1].child
    questions = [ours.ask("question", text=text) for text in prompts]
    texts = [ours.ask("greedy", prompt=prompt, tokens=tokens) for prompt in questions]
    plain = [ours.ask("plain_greedy", prompt=prompt, tokens=tokens) for prompt in questions]
    steps = [peer.ask("greedy", prompt=prompt, tokens=tokens) for prompt in questions]
    rows = zip(prompts, questions, texts, plain, steps, strict=True)
    return [_compared(ours, *row) for row in rows]


def largest_swing(found: Sequence[Comparison]) -> float:
    """Return how far the builds are apart where they agree."""
    return max(swing for each in found for swing in each.swings)


def explained(each: Comparison, usual_swing: float) -> bool:
    """True for equal answers, and for those that differ by no more than builds do elsewhere."""
    return each.swing is None or (each.swapped and each.swing <= usual_swing)


def _compared(
    ours: Any,
    question: str,
    prompt: list[int],
    our_text: str,
    plain_text: str,
    steps: list[list[tuple[int, float]]],
) -> Comparison:
    taken = [step[0][0] for step in steps]
    same = _equal_tokens(ours, taken, our_text)
    places = min(same + 1, len(taken))
    pairs = [[token for token, _ in step[:2]] for step in steps[:places]]
    rows = ours.ask("logits", prompt=prompt, taken=taken[:places], wanted=pairs)
    swings = [
        abs((step[0][1] - step[1][1]) - (first - second))
        for step, (_, (first, second)) in zip(steps, rows, strict=False)
    ]
    found = Comparison(question, our_text == plain_text, tuple(swings[:same]))
    if same == len(taken):
        return found
    return replace(found, swing=swings[same], swapped=rows[same][0] == pairs[same][1])


def _equal_tokens(ours: Any, taken: Sequence[int], our_text: str) -> int:
    """Return how many of the peer's tokens our text begins with."""
    texts = [ours.ask("text", tokens=taken[: size + 1]) for size in range(len(taken))]
    return len(taken) if texts[-1] == our_text else sum(map(our_text.startswith, texts))
