"""The bookkeeping of continuous batching, without llama.cpp."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.engines.llama.prefixes import RecentConversations, shared_prefix
from core.engines.llama.request import Request
from core.engines.llama.slots import Slot, best_source, choose_target, plan_step
from core.records import Sampling
from core.streams import Cancel

tokens = st.lists(st.integers(0, 3), max_size=40)


def request(prompt: list[int]) -> Request:
    """Return a request for the prompt."""
    return Request(prompt, Sampling(), 0, Cancel())


def reading(sequence: int, prompt: list[int], cached: int = 0) -> Slot:
    """Return a slot that has read the first `cached` tokens of its prompt."""
    return Slot(sequence, prompt[:cached], request(prompt))


def writing(sequence: int, cached: list[int], next_token: int) -> Slot:
    """Return a slot whose prompt is read and whose newest token is to be decoded."""
    return Slot(sequence, list(cached), request(list(cached)), next_token)


def test_an_idle_context_has_nothing_to_do() -> None:
    """Slots without a request, and no slots at all, give an empty batch."""
    assert plan_step([], 512, 512).tokens == []
    assert plan_step([Slot(0, [1, 2, 3])], 512, 512).spans == []


def test_a_prompt_is_read_in_pieces_and_sampled_at_its_end() -> None:
    """Only the piece that holds the last token asks for a next one."""
    slot = reading(2, [10, 11, 12, 13, 14])
    first = plan_step([slot], 512, 3)
    assert (first.tokens, first.positions, first.sequences) == ([10, 11, 12], [0, 1, 2], [2] * 3)
    assert first.outputs == []
    slot.cached = [10, 11, 12]
    last = plan_step([slot], 512, 3)
    assert (last.tokens, last.positions) == ([13, 14], [3, 4])
    assert last.outputs == [(1, slot)]
    assert last.spans == [(slot, 2)]


def test_writers_come_first_and_share_the_batch_with_prompts() -> None:
    """Every running stream gets its token before any prompt is read."""
    writers = [writing(0, [1, 2], 7), writing(1, [1], 8)]
    reader = reading(2, [1] * 100)
    plan = plan_step([reader, *writers], 16, 16)
    assert plan.tokens == [7, 8] + [1] * 14
    assert plan.positions[:3] == [2, 1, 0]
    assert plan.outputs == [(0, writers[0]), (1, writers[1])]


def test_the_shorter_rest_is_read_first() -> None:
    """A short question does not wait for a long document."""
    long, short = reading(0, [5] * 50), reading(1, [6] * 4)
    plan = plan_step([long, short], 512, 10)
    assert plan.spans == [(short, 4), (long, 6)]
    assert plan.outputs == [(3, short)]


def test_a_system_prompt_is_read_but_never_answered() -> None:
    """A kept place asks for no next token, and so writes nothing."""
    kept = Slot(4, [], request([1, 2, 3]), kept=True)
    plan = plan_step([kept], 512, 512)
    assert plan.tokens == [1, 2, 3]
    assert plan.outputs == []


@given(st.lists(tokens.filter(bool), max_size=6), st.integers(8, 32), st.integers(1, 64))
def test_a_batch_never_exceeds_its_capacity(
    prompts: list[list[int]], capacity: int, piece: int
) -> None:
    """Positions follow what is cached, spans add up, and nobody reads past the prompt."""
    slots = [reading(at, prompt, len(prompt) // 2) for at, prompt in enumerate(prompts)]
    plan = plan_step(slots, capacity, piece)
    assert len(plan.tokens) <= min(capacity, piece)
    assert len(plan.tokens) == len(plan.positions) == len(plan.sequences)
    assert sum(count for _, count in plan.spans) == len(plan.tokens)
    at = 0
    for slot, count in plan.spans:
        assert slot.request is not None
        start = len(slot.cached)
        assert plan.positions[at : at + count] == list(range(start, start + count))
        assert plan.tokens[at : at + count] == slot.request.prompt[start : start + count]
        at += count


@given(tokens, tokens)
def test_shared_prefix_counts_like_a_plain_loop(first: list[int], second: list[int]) -> None:
    """The search by halves finds what comparing one by one finds."""
    count = 0
    for left, right in zip(first, second, strict=False):
        if left != right:
            break
        count += 1
    assert shared_prefix(first, second) == count
    assert shared_prefix(tuple(first), tuple(second)) == count


@given(tokens, tokens, tokens)
def test_shared_prefix_of_sequences_that_begin_alike(
    common: list[int], first: list[int], second: list[int]
) -> None:
    """Sequences with a long common beginning share at least that."""
    assert shared_prefix(common + first, common + second) >= len(common)


def test_the_slot_that_begins_most_alike_is_the_source() -> None:
    """The longest common beginning wins, and none is none."""
    slots = [Slot(0, [1, 2]), Slot(1, [1, 2, 3, 4]), Slot(2, [9])]
    assert best_source(slots, [1, 2, 3, 5]) == (slots[1], 3)
    assert best_source(slots, [7, 7]) == (None, 0)
    assert best_source([], [1]) == (None, 0)


def test_a_conversation_goes_on_in_its_own_slot() -> None:
    """The free source itself is taken where most of it is used."""
    source, empty = Slot(0, [1, 2, 3, 4]), Slot(1)
    assert choose_target([source, empty], source, 4) is source


def test_a_branch_leaves_its_source_to_others() -> None:
    """Where little of the source is used, it stays, and the request goes elsewhere."""
    source, empty = Slot(0, [1] * 10), Slot(1)
    assert choose_target([source, empty], source, 2) is empty


def test_a_busy_source_is_not_a_target() -> None:
    """What somebody is using is copied, never taken."""
    source, free = Slot(0, [1] * 10), Slot(1, [2] * 5)
    assert choose_target([free], source, 10) is free


def test_the_longest_unused_slot_is_given_up() -> None:
    """Empty slots go first, then the one unused for longest; the source only as the last one."""
    old, new = Slot(0, [1], last_used=1), Slot(1, [2], last_used=9)
    empty = Slot(2, last_used=20)
    assert choose_target([new, old, empty], None, 0) is empty
    assert choose_target([new, old], None, 0) is old
    only = Slot(3, [1] * 10)
    assert choose_target([only], only, 2) is only


def test_recent_conversations_are_dropped_oldest_first() -> None:
    """The memory limit holds, and what was used last stays longest."""
    recent = RecentConversations(100)
    recent.put([1, 1], b"x" * 40)
    recent.put([2, 2], b"y" * 40)
    assert recent.best([1, 1, 5]) == ((1, 1), 2)
    assert recent.get((1, 1)) == b"x" * 40
    recent.put([3, 3], b"z" * 40)
    assert recent.best([2, 2]) == ((1, 1), 0)
    assert recent.best([1, 1]) == ((1, 1), 2)
    recent.put([4], b"w" * 101)
    assert recent.best([4])[1] == 0


def test_a_longer_conversation_replaces_what_it_continues() -> None:
    """The next turn's memory contains the last turn's."""
    recent = RecentConversations(100)
    recent.put([1, 2], b"x" * 60)
    recent.put([1, 2, 3], b"y" * 60)
    assert recent.best([1, 2, 3, 4]) == ((1, 2, 3), 3)
    assert recent.get((1, 2, 3)) == b"y" * 60
