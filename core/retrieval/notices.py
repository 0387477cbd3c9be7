"""Change notices of ingest, held back where they would come faster than anybody can look."""

from __future__ import annotations

import threading
import time

from core.changes import Changes, Topic
from core.records import Document, UserId

INTERVAL_S = 0.25


class Notices:
    """Announces documents and collections; safe from any thread."""

    def __init__(self, changes: Changes):
        self._changes = changes
        self._lock = threading.Lock()
        self._last: dict[str, float] = {}
        self._held: dict[str, tuple[Topic, UserId]] = {}

    def changed(self, document: Document) -> None:
        """Announce that a document changed its state: at once, and its collection soon."""
        self._changes.announce(Topic.DOCUMENTS, document.id, document.owner_id)
        self._soon(Topic.COLLECTIONS, document.collection_id, document.owner_id)

    def progressed(self, document: Document) -> None:
        """Announce that more of a document was done."""
        self._soon(Topic.DOCUMENTS, document.id, document.owner_id)

    def flush(self) -> None:
        """Announce what was held back; called when there is nothing left to do."""
        with self._lock:
            held, self._held = self._held, {}
            self._last.clear()
        for subject, (topic, owner_id) in held.items():
            self._changes.announce(topic, subject, owner_id)

    def _soon(self, topic: Topic, subject: str, owner_id: UserId) -> None:
        with self._lock:
            now = time.monotonic()
            if now - self._last.get(subject, 0.0) < INTERVAL_S:
                self._held[subject] = (topic, owner_id)
                return
            self._last[subject] = now
            self._held.pop(subject, None)
        self._changes.announce(topic, subject, owner_id)
