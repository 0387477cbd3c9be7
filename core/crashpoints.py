"""Named points at which a test may have the process killed, as if the power had failed there.

A kill at a random moment seldom hits the few microseconds between two steps, and those are where
promises break. OUTPOST_CRASH_AT=NAME kills the process by SIGKILL when it reaches that point,
NAME:3 at the third time, and 17 at the 17th point of any name. Unset, a point costs one look at a
global. That wish is the module's only state; it belongs to the process, as its death does.
"""

from __future__ import annotations

import os
import signal
import sys
import threading

from core.errors import InvalidInput

POINTS = {
    "write.begun": "a transaction has begun",
    "write.ready": "a transaction has written everything and is not committed",
    "write.committed": "a transaction is durable, and nobody knows it yet",
    "turn.leased": "the agent's engine is reserved for a reply",
    "turn.opened": "question and empty reply are stored",
    "turn.saved": "a part of the reply is stored",
    "turn.written": "the reply is complete and not stored",
    "turn.closed": "the reply is stored",
    "ingest.queued": "files are queued",
    "ingest.parsing": "a document is marked as being read",
    "ingest.parsed": "a document was read and nothing of it is stored",
    "ingest.stored": "text and chunks are stored, and the keyword index knows nothing of them",
    "ingest.found": "keyword search finds the document",
    "words.written": "the keyword index has been told and has not committed",
    "words.committed": "the keyword index has committed",
    "index.embedded": "a batch of vectors is in SQLite and not in the vector index",
    "index.added": "all vectors of some documents are in the vector index",
    "index.finished": "a document is called ready",
    "delete.marked": "a document is in the trash, and the indexes still have it",
    "delete.words": "the keyword index has forgotten a document",
    "delete.vectors": "the vector index has forgotten a document",
    "delete.done": "the errand of a deletion is crossed out",
    "drop.marked": "a collection is in the trash, and the indexes still have it",
    "drop.words": "the keyword index has forgotten a collection",
    "drop.vectors": "the vector index has forgotten a collection",
    "purge.removed": "the rows of documents are gone, and copies of their files are not",
    "purge.unlinked": "the copies of their files are gone too",
    "reindex.begun": "a job of new vectors is stored",
    "reindex.stored": "some vectors of a coming generation are stored",
    "reindex.built": "the vector index has the coming generation",
    "reindex.swapped": "the new generation answers",
    "migration.copied": "an older database is backed up",
    "migration.upgraded": "its tables are changed and not committed",
    "migration.committed": "its tables are changed",
    "backup.copied": "a backup is written and not checked",
    "backup.checked": "a backup is checked and has no name",
    "backup.named": "a backup has its name and no digest",
    "backup.sealed": "a backup is complete",
    "restore.wished": "the next start is to restore a backup",
    "restore.copied": "the backup is copied beside the present database",
    "restore.aside": "the present database is set aside",
    "restore.replaced": "the backup has taken the database's place",
    "restore.emptied": "the indexes of the former database are gone",
    "repair.aside": "a broken index is in quarantine",
    "repair.made": "an empty index stands in its place",
}
"""Each point by what has just been done; a test compares the names with the code."""

_wished: _Wish | None = None


class _Wish:
    """Counts down to the moment of death; safe from any thread."""

    def __init__(self, name: str, times: int):
        self._name = name
        self._left = times
        self._lock = threading.Lock()

    def note(self, name: str) -> None:
        if self._name not in ("", name):
            return
        with self._lock:
            self._left -= 1
            if self._left == 0:
                _die()


def arm(wish: str) -> None:
    """Have the process killed as `wish` says, '' for never; raises InvalidInput for a bad one."""
    global _wished
    name, _, times = f":{wish}".rpartition(":") if wish.isdigit() else wish.partition(":")
    name = name.strip(":")
    if (name and name not in POINTS) or not (times or "1").isdigit():
        raise InvalidInput(
            f"OUTPOST_CRASH_AT is '{wish}'; there is no such point.",
            advice="Remove the variable: it is for tests alone.",
        )
    _wished = _Wish(name, int(times or 1)) if wish else None


def reached(name: str) -> None:
    """Die here if that was wished."""
    if _wished is not None:
        _wished.note(name)


def _die() -> None:
    if sys.platform != "win32":
        os.kill(os.getpid(), signal.SIGKILL)
    os._exit(137)
