"""What the command palette offers, and how typed words find it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Command:
    """One thing that can be done from anywhere: what it is called, what it is about, its keys."""

    title: str
    about: str
    run: Callable[[], object]
    keys: str = ""


def matching(commands: Sequence[Command], text: str) -> list[Command]:
    """Return the commands that have every word of the text, those that begin with it first."""
    words = text.casefold().split()
    found = [each for each in commands if all(w in _words_of(each) for w in words)]
    return sorted(found, key=lambda each: not each.title.casefold().startswith(text.casefold()))


def _words_of(command: Command) -> str:
    return f"{command.title}\n{command.about}".casefold()
