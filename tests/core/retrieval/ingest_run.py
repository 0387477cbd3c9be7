"""One life of an ingest, to be killed at any moment; run as a program by test_killed.py.

Opens the collections of a data folder, with an embedder that loads quickly, adds a folder the
first time, and writes down each file that it begins to parse, before it does. Ends by itself once
everything is ready.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from core.changes import Changes
from core.config import load_settings, prepare_folders
from core.records import DocumentState, UserId
from core.retrieval import indexing
from core.retrieval.collections import Collections
from core.retrieval.embedding import GgufEmbedder
from core.retrieval.parsing.parser import ParsedFile, Parser
from core.store.database import Database
from core.store.users import UserStore

PARSED = "parsed.log"
COMPLETE = "complete"


class NotingParser(Parser):
    """Writes down what it parses; the line is on disk before the file is opened."""

    log = Path()

    def parse(self, path: Path, name: str) -> ParsedFile:
        handle = os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(handle, f"{os.getpid()} {name}\n".encode())
        os.close(handle)
        return super().parse(path, name)


def main(home: Path, files: Path, model: Path) -> None:
    """Go on with the ingest until it is complete."""
    settings = load_settings({"OUTPOST_DATA_DIR": str(home)})
    prepare_folders(settings)
    indexing.OPEN_VECTORS_AFTER_S = 0.0
    database = Database(settings.database_file)
    embedder = GgufEmbedder(model)
    collections = Collections(settings, database, Changes(), embedder)
    NotingParser.log = home / PARSED
    collections._parser.__class__ = NotingParser
    owner = _owner(UserStore(database))
    collections.start()
    if not collections.list(owner):
        collections.create(owner, "Shelf")
    shelf = collections.list(owner)[0].id
    if not collections.jobs(owner, shelf):
        collections.add_files(owner, shelf, [files])
    while not _is_complete(collections, owner):
        time.sleep(0.05)
    (home / COMPLETE).write_text("yes")
    collections.close()
    embedder.close()
    database.close()


def _owner(users: UserStore) -> UserId:
    owner = users.owner() or users.add("Ada", is_owner=True)
    return owner.id


def _is_complete(collections: Collections, owner: UserId) -> bool:
    shelf = collections.list(owner)[0].id
    if not all(each.finished for each in collections.jobs(owner, shelf)):
        return False
    states = {each.state for each in collections.documents(owner, shelf)}
    return states == {DocumentState.READY} and collections._vectors.is_open


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
