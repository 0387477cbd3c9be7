"""What an Outpost that is killed again and again has promised, and whether it is still true.

Each line is written to a pipe as soon as the promise was made: an intention before the call, an
acknowledgement after it has returned. What was only intended may have happened or not.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

Line = list[str]


@dataclass
class Ledger:
    """Everything that lives have said so far."""

    asked: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Replies with the ids and texts of their questions."""
    said: dict[str, str] = field(default_factory=dict)
    """What was seen of replies while they were written."""
    answered: dict[str, str] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)
    """Replies that were refused with a code in the middle, as a failing disk does."""
    added: set[str] = field(default_factory=set)
    """Paths of files."""
    ready: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Documents with their paths and the word that only they have."""
    deleting: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)

    @property
    def acknowledged(self) -> int:
        """How many promises were made."""
        kinds = (self.asked, self.answered, self.added, self.ready, self.deleted)
        return sum(len(each) for each in kinds)

    def note(self, line: Line) -> None:
        """Enter one line."""
        kind, *rest = line
        if kind == "asked":
            self.asked[rest[0]] = (rest[1], rest[2])
        elif kind == "said":
            self.said[rest[0]] = self.said.get(rest[0], "") + rest[1]
        elif kind == "answered":
            self.answered[rest[0]] = rest[1]
        elif kind == "failed":
            self.failed.add(rest[0])
        elif kind == "added":
            self.added.add(rest[0])
        elif kind == "ready":
            self.ready[rest[0]] = (rest[1], rest[2])
        elif kind == "deleting":
            self.deleting.add(rest[0])
        elif kind == "deleted":
            self.deleted.add(rest[0])

    def kept(self) -> dict[str, str]:
        """Return the documents that must be ready and found, with their words."""
        return {each: word for each, (_, word) in self.ready.items() if each not in self.deleting}

    # ------------------------------------------------------------ is it still true?

    def broken(self, file: Path) -> list[str]:
        """Return which promises a database file does not keep."""
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
            return [
                *self._messages(database),
                *self._documents(database),
                *_inconsistencies(database),
            ]

    def _messages(self, database: sqlite3.Connection) -> Iterator[str]:
        rows = database.execute("SELECT id, text, state FROM message")
        there = {row[0]: (row[1], row[2]) for row in rows}
        for reply, (question, text) in self.asked.items():
            if there.get(question, ("", ""))[0] != text:
                yield f"the question {question} is lost"
            if reply not in there:
                yield f"the reply {reply} is lost"
                continue
            stored, state = there[reply]
            if reply in self.answered:
                if (stored, state) != (self.answered[reply], "done"):
                    yield f"the reply {reply} was complete and is {state}: {stored!r}"
            elif state not in ("interrupted", "done", "failed" if reply in self.failed else "done"):
                yield f"the reply {reply} was cut off and is {state}"
            elif not _agree(stored, self.said.get(reply, "")):
                yield f"the reply {reply} has another text: {stored!r}"

    def _documents(self, database: sqlite3.Connection) -> Iterator[str]:
        rows = database.execute(
            "SELECT id, path, state, coalesce(problem, '') FROM document WHERE deleted_at IS NULL"
        ).fetchall()
        there = {row[0]: row for row in rows}
        paths = [row[1] for row in rows]
        let_go = {self.ready[each][0] for each in self.deleting if each in self.ready}
        for path in self.added - let_go:
            if paths.count(path) != 1:
                yield f"{path} is there {paths.count(path)} times"
        for each in self.kept():
            if each not in there or there[each][2] != "ready":
                yield f"the document {each} was ready and is {there.get(each)}"
        yield from (f"the document {each} was deleted" for each in self.deleted & there.keys())
        yield from (f"{row[1]} failed: {row[3]}" for row in rows if row[2] == "failed")


def _agree(stored: str, seen: str) -> bool:
    """The last piece may have been stored and not seen, or seen and not stored."""
    return stored.startswith(seen) or seen.startswith(stored)


CHECKS = {
    "replies are being written by nobody": "SELECT id FROM message WHERE state = 'streaming'",
    "chunks are miscounted": """
        SELECT id FROM document WHERE chunk_count !=
        (SELECT count(*) FROM chunk WHERE document_id = document.id)""",
    "vectors are miscounted": """
        SELECT document.id FROM document JOIN collection ON collection.id = collection_id
        WHERE embedded_count != (SELECT count(*) FROM embedding JOIN chunk ON chunk.id = chunk_id
        WHERE document_id = document.id AND embedding.generation = collection.generation)""",
    "ready documents lack vectors": """
        SELECT id FROM document WHERE state = 'ready' AND deleted_at IS NULL
        AND embedded_count != chunk_count""",
    "documents being indexed are owed nothing": """
        SELECT id FROM document WHERE state = 'indexing' AND deleted_at IS NULL AND reason IS NULL
        AND id NOT IN (SELECT document_id FROM outbox WHERE document_id IS NOT NULL)""",
    "rows refer to nothing": "PRAGMA foreign_key_check",
}


def _inconsistencies(database: sqlite3.Connection) -> Iterator[str]:
    for what, query in CHECKS.items():
        if found := database.execute(query).fetchall():
            yield f"{what}: {found[:3]}"
    verdict = database.execute("PRAGMA quick_check").fetchone()[0]
    if verdict != "ok":
        yield f"the database is damaged: {verdict}"
