"""Requests in progress by their token, so that they can be ended with it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import anyio

from core.changes import Change, Changes, Topic
from core.records import TokenId, now
from core.users import Principal, Users

Place = tuple[asyncio.AbstractEventLoop, anyio.CancelScope]
_own: ContextVar[Place | None] = ContextVar("own", default=None)
"""The request that runs in this context: one that revokes its own token is still answered."""


class Admitted:
    """Who is being answered at the moment; hears of revoked tokens on any thread."""

    def __init__(self, users: Users, changes: Changes):
        self._users = users
        self._lock = threading.Lock()
        self._places: dict[TokenId, set[Place]] = {}
        self._ended: set[TokenId] = set()
        self.close = changes.subscribe(self._heard)

    @contextmanager
    def during(self, principal: Principal) -> Iterator[anyio.CancelScope]:
        """Run what is within until it ends by itself, or the token does."""
        token_id, scope = principal.token_id, anyio.CancelScope()
        if token_id is None:
            with scope:
                yield scope
            return
        if principal.expires_at is not None:
            left = principal.expires_at - now()
            scope.deadline = anyio.current_time() + left.total_seconds()
        place = (asyncio.get_running_loop(), scope)
        with self._lock:
            self._places.setdefault(token_id, set()).add(place)
            if token_id in self._ended:  # revoked since it was looked at, a moment ago
                scope.cancel()
        try:
            with scope:
                _own.set(place)
                yield scope
        finally:
            self._leave(token_id, place)

    def _leave(self, token_id: TokenId, place: Place) -> None:
        with self._lock:
            places = self._places[token_id]
            places.remove(place)
            if not places:
                del self._places[token_id]

    def _heard(self, change: Change) -> None:
        if change.topic is not Topic.TOKENS:
            return
        token_id = TokenId(change.subject)
        if self._users.is_valid(token_id):
            return
        with self._lock:
            self._ended.add(token_id)
            for loop, scope in self._places.get(token_id, set()) - {_own.get()}:
                loop.call_soon_threadsafe(scope.cancel)
