"""From token bytes to text: characters and stop texts that lie across tokens."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.engines.base import Finished, FinishReason
from core.engines.llama.request import AnswerText, Request
from core.errors import EngineFailed
from core.records import Sampling, TextDelta, TokenScore
from core.streams import Cancel

STOPS = st.lists(st.text("abü€🙂", min_size=1, max_size=4), max_size=4)


def shown(answer: AnswerText, pieces: list[bytes]) -> list[str]:
    """Push token bytes until a stop text ends the answer; return the deltas."""
    deltas = []
    for piece in pieces:
        deltas.append(answer.push(piece))
        if answer.stopped:
            break
    deltas.append(answer.end())
    return [delta.text for delta in deltas if delta is not None]


def before_first_stop(text: str, stops: list[str]) -> str:
    """Read character by character and cut before the stop text that is complete first."""
    for end in range(len(text) + 1):
        complete = [stop for stop in stops if text[:end].endswith(stop)]
        if complete:
            return text[: end - max(map(len, complete))]
    return text


def test_a_character_split_over_tokens_appears_whole() -> None:
    """Bytes of one character wait for the rest of it."""
    assert shown(AnswerText([]), [b"\xf0\x9f", b"\x99", b"\x82!"]) == ["🙂!"]


def test_half_a_character_at_the_end_is_marked() -> None:
    """An answer cut inside a character ends with the replacement character."""
    assert shown(AnswerText([]), [b"a", b"\xe2\x82"]) == ["a", "�"]


def test_impossible_bytes_do_not_stop_the_answer() -> None:
    """A model may write bytes that are no text at all."""
    assert "".join(shown(AnswerText([]), [b"a\xff", b"b"])) == "a�b"


def test_a_stop_text_split_over_tokens_is_never_shown() -> None:
    """What could begin a stop text is held back until it is known."""
    answer = AnswerText(["###"])
    assert answer.push(b"Hi #") == TextDelta("Hi ")
    assert answer.push(b"#") is None
    assert answer.push(b"# more") is None
    assert answer.stopped
    assert answer.end() is None


def test_what_only_looked_like_a_stop_text_is_shown() -> None:
    """Held text is given out as soon as it cannot be a stop text, or at the end."""
    assert shown(AnswerText(["###"]), [b"a##", b"b#"]) == ["a", "##b", "#"]


def test_nothing_is_held_without_stop_texts() -> None:
    """Each token's text appears at once; empty stop texts count for nothing."""
    assert shown(AnswerText([""]), [b"a", b"b"]) == ["a", "b"]


@given(st.text("abü€🙂", max_size=30), STOPS, st.lists(st.integers(0, 120), max_size=20))
@example("abc", ["b", "abc"], [])
@example("abab", ["ab", "b"], [1, 2, 3])
def test_any_split_gives_the_text_before_the_first_stop(
    text: str, stops: list[str], cuts: list[int]
) -> None:
    """However tokens cut the text, what is shown ends before the first complete stop text."""
    encoded = text.encode()
    at = sorted({0, len(encoded), *(cut for cut in cuts if cut < len(encoded))})
    pieces = [encoded[start:end] for start, end in itertools.pairwise(at)]
    assert "".join(shown(AnswerText(stops), pieces)) == before_first_stop(text, stops)


def test_results_end_with_the_summary() -> None:
    """A consumer gets the events in order and no more after the last."""
    request = Request([1, 2, 3], Sampling(), 7, Cancel())
    request.cached_tokens, request.completion_tokens = 2, 1
    request.events.put(TextDelta("a"))
    request.events.put(request.finished(FinishReason.STOP))
    request.events.put(TextDelta("never"))
    delta, summary = request.results()
    assert delta == TextDelta("a")
    assert isinstance(summary, Finished)
    assert (summary.reason, summary.seed) == (FinishReason.STOP, 7)
    assert (summary.prompt_tokens, summary.cached_tokens, summary.completion_tokens) == (3, 2, 1)


def test_an_error_is_raised_where_it_stands() -> None:
    """What was written before an error reaches the consumer first."""
    request = Request([1], Sampling(), 0, Cancel())
    request.events.put(TextDelta("a"))
    request.events.put(EngineFailed("It broke."))
    results = request.results()
    assert next(results) == TextDelta("a")
    with pytest.raises(EngineFailed):
        next(results)


def test_a_request_is_late_only_past_its_deadline() -> None:
    """Without a deadline nothing is ever late."""
    assert not Request([1], Sampling(), 0, Cancel()).late
    assert not Request([1], Sampling(deadline_s=60), 0, Cancel()).late
    assert Request([1], Sampling(deadline_s=0.1), 0, Cancel(), started_s=0.0).late


def test_scores_come_with_the_text_that_their_tokens_begin() -> None:
    """Held-back text holds its scores back; those of a stop text are never shown."""
    answer = AnswerText(["###"])
    scores = {piece: TokenScore(piece, -1.0) for piece in (b"Hi ", b"#", b"!", b"##", b"# x")}
    assert answer.push(b"Hi ", scores[b"Hi "]) == TextDelta("Hi ", (scores[b"Hi "],))
    assert answer.push(b"#", scores[b"#"]) is None
    assert answer.push(b"!", scores[b"!"]) == TextDelta("#!", (scores[b"#"], scores[b"!"]))
    assert answer.push(b"##", scores[b"##"]) is None
    assert answer.push(b"# x", scores[b"# x"]) is None
    assert (answer.stopped, answer.end()) == (True, None)
