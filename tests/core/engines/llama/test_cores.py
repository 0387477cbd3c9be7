"""Threads follow what others leave of the machine."""

from __future__ import annotations

import itertools

import pytest

from core.engines.llama.cores import WINDOW_S, Cores


class _Machine:
    """A machine of some cores on which time passes when it is told to."""

    def __init__(self, count: int):
        self.now_s = self.machine_s = self.own_s = 0.0
        self.cores = Cores(
            count,
            clock=lambda: self.now_s,
            machine_s=lambda: self.machine_s,
            own_s=lambda: self.own_s,
        )

    def passes(self, seconds: float, *, ours: float = 0.0, others: float = 0.0) -> None:
        """Let time pass in which we and others use so many cores."""
        self.now_s += seconds
        self.own_s += seconds * ours
        self.machine_s += seconds * (ours + others)


def _share_after(machine: _Machine, wanted: int, *, others: float) -> int:
    """Return the share once others have used so many cores for two seconds."""
    for _ in range(8):
        machine.passes(WINDOW_S, ours=1.0, others=others)
        share = machine.cores.share(wanted)
    return share


def test_an_idle_machine_gives_all_threads_and_its_own_work_does_not_count() -> None:
    """Nobody else works: as many threads as wanted, however busy they keep the machine."""
    machine = _Machine(8)
    machine.passes(WINDOW_S, ours=8.0)
    assert machine.cores.share(4) == 4
    assert machine.cores.share(8) == 8


@pytest.mark.parametrize(
    ("others", "share"), [(0.2, 4), (0.7, 3), (1.0, 3), (2.0, 2), (3.0, 1), (9.0, 1)]
)
def test_cores_that_others_use_are_left_to_them(others: float, share: int) -> None:
    """A little work of others costs no thread; a core's worth costs one; one always remains."""
    assert _share_after(_Machine(4), 4, others=others) == share


def test_threads_come_back_when_the_others_end() -> None:
    """The past is forgotten within about a second."""
    machine = _Machine(2)
    assert _share_after(machine, 2, others=1.5) == 1
    assert _share_after(machine, 2, others=0.0) == 2


def test_a_core_that_is_half_free_is_neither_taken_nor_left() -> None:
    """Between the two limits nothing changes, so that threads do not come and go."""
    machine = _Machine(2)
    assert _share_after(machine, 2, others=0.5) == 2
    assert _share_after(machine, 2, others=1.0) == 1
    assert _share_after(machine, 2, others=0.5) == 1


def test_working_engines_divide_the_cores() -> None:
    """Two engines at work get half each; one that rests gives its half back."""
    machine, first, second = _Machine(4), object(), object()
    for engine in (first, second, second):
        machine.cores.work(engine)
    assert machine.cores.share(4) == 2
    machine.cores.rest(second)
    machine.cores.rest(second)
    assert machine.cores.share(4) == 4


def test_the_load_of_a_pause_is_not_taken_for_the_present() -> None:
    """What happened while no engine worked says nothing about now, however short it was."""
    machine, engine = _Machine(2), object()
    machine.cores.work(engine)
    machine.cores.rest(engine)
    machine.passes(2 * WINDOW_S, others=2.0)
    machine.cores.work(engine)
    assert machine.cores.share(2) == 2


def test_what_others_do_during_a_long_step_counts() -> None:
    """Reading a long prompt with a large model, a step can take many seconds."""
    machine = _Machine(2)
    machine.cores.work(object())
    machine.passes(20, ours=1.0, others=1.0)
    machine.cores.share(2)
    machine.passes(20, ours=1.0, others=1.0)
    assert machine.cores.share(2) == 1


def test_the_real_machine_can_be_asked() -> None:
    """The processor times of this machine are there, and grow."""
    cores = Cores()
    shares = [cores.share(3) for _ in itertools.repeat(None, 3)]
    assert all(1 <= share <= 3 for share in shares)
