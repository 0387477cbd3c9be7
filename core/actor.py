"""Who acts: set at the door that a call came through, read by the audit log.

Passing it down through every service would put one more parameter on each of their calls, for
the log alone. A context variable follows the call instead; `Database.write` carries it over to
the writer thread. A call that came through no other door was made in the window.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from core.records import TokenId, UserId

WINDOW = "desktop"
STARTUP = "start-up"
IDLENESS = "idle timeout"


@dataclass(frozen=True, slots=True)
class Actor:
    """The way a call came, and who made it where the door knows."""

    route: str = WINDOW
    """'desktop', a route such as 'POST /agents', or what Outpost does by itself."""
    user_id: UserId | None = None
    """None is the owner of the thing that is written."""
    token_id: TokenId | None = None


_NOBODY_ELSE = Actor()
_ACTOR: ContextVar[Actor] = ContextVar("actor", default=_NOBODY_ELSE)


def actor() -> Actor:
    """Return who acts in this context."""
    return _ACTOR.get()


@contextmanager
def acting(who: Actor) -> Iterator[None]:
    """Make everything that is called within be done by `who`."""
    before = _ACTOR.set(who)
    try:
        yield
    finally:
        _ACTOR.reset(before)
