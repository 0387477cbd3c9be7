"""Change notices: what was written and by whom, so that every open view can refresh itself.

A service announces after its write is durable. Whoever listens decides whether to refresh; the
initiator lets a view ignore the echo of its own action. Listeners run on the announcing thread
and must only hand the notice over to their own.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from core.records import UserId

log = logging.getLogger(__name__)


class Topic(StrEnum):
    """What kind of thing changed."""

    AGENTS = "agents"
    DEPLOYMENTS = "deployments"
    CONVERSATIONS = "conversations"
    MESSAGES = "messages"
    COLLECTIONS = "collections"
    DOCUMENTS = "documents"
    MODELS = "models"
    TOKENS = "tokens"
    USERS = "users"
    STUDIES = "studies"
    BACKUPS = "backups"
    WINDOW_LOCK = "window_lock"
    """A passphrase of the window was set or taken away."""
    STORAGE = "storage"
    """The disk became full, or has room again."""
    API = "api"
    """The local API was started, stopped or moved; the subject is its address."""
    STARTUP = "startup"
    """A background step of starting up ended, such as loading the embedder."""


@dataclass(frozen=True, slots=True)
class Change:
    """One notice; `subject` is the changed thing's id, or '' for many."""

    topic: Topic
    subject: str = ""
    owner_id: UserId | None = None
    """None for things that belong to the machine, such as models."""
    initiator: str = ""


Listener = Callable[[Change], None]


class Changes:
    """A list of listeners; subscribing returns the function that ends the subscription."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: list[Listener] = []

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        with self._lock:
            self._listeners.append(listener)

        def unsubscribe() -> None:
            with self._lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return unsubscribe

    def announce(
        self, topic: Topic, subject: str = "", owner_id: UserId | None = None, initiator: str = ""
    ) -> None:
        """Tell every listener; one that raises is logged and does not stop the others."""
        change = Change(topic, subject, owner_id, initiator)
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            try:
                listener(change)
            except Exception:
                log.exception("a change listener failed on %s", change)
