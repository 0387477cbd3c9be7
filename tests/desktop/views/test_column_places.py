"""Where the items of a long column lie."""

from __future__ import annotations

import random

import pytest

from desktop.views.column_places import Places

LEAD = 16


def places(count: int) -> Places:
    """A column of so many items, each guessed to be as tall as the column's width."""
    made = Places(lambda key, width: width, LEAD)
    made.show([str(number) for number in range(count)], 50)
    return made


def test_items_follow_each_other_whatever_was_measured() -> None:
    """After any measurements each item begins where the one before it ends."""
    column, chosen = places(40), random.Random(7)
    expected = [50] * 40
    for _ in range(200):
        at, height = chosen.randrange(40), chosen.randrange(1, 300)
        column.measure(str(at), height)
        expected[at] = height
        assert [column.bottom(i) - column.top(i) for i in range(40)] == expected
        assert all(column.top(i + 1) == column.bottom(i) for i in range(39))
    assert column.end == LEAD + sum(expected)


def test_what_lies_between_two_heights_is_found() -> None:
    """An item counts if one pixel of it is inside, and not if it only touches."""
    column = places(10)
    assert column.between(LEAD, LEAD + 50) == range(1)
    assert column.between(LEAD + 49, LEAD + 51) == range(2)
    assert column.between(LEAD + 50, LEAD + 100) == range(1, 2)
    assert column.between(-500, 0) == range(0)
    assert column.between(column.end, column.end + 100) == range(10, 10)
    assert column.between(-500, 5_000) == range(10)


def test_an_item_is_found_by_its_height() -> None:
    """Above the first one lies the first, behind the last one none."""
    column = places(10)
    assert [column.at(y) for y in (-5, 0, LEAD, LEAD + 50, column.end)] == [0, 0, 0, 1, 10]


def test_measured_heights_outlast_other_items_and_not_another_width() -> None:
    """Items that come back are as tall as they were; in another width all is guessed."""
    column = places(3)
    column.measure("1", 80)
    column.show(["1", "2"], 50)
    assert column.end == LEAD + 80 + 50
    column.forget(60)
    assert column.end == LEAD + 60 + 60


def test_an_empty_column_has_nothing_anywhere() -> None:
    """No item, no height beyond the lead, and a foreign key is not found."""
    column = places(0)
    column.measure("7", 20)
    assert (column.end, column.at(100), column.between(0, 100)) == (LEAD, 0, range(0))
    with pytest.raises(KeyError):
        column.index("7")
