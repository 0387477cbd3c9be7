"""An ingest that is killed again and again loses nothing, doubles nothing and repeats nothing.

OUTPOST_TEST_KILLS and OUTPOST_TEST_KILLED_FILES ask for more kills and files than the suite has
time for; 20 and 300 are what the product promises.
"""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from core.config import load_settings
from core.records import CollectionId
from core.retrieval.lexical import LexicalIndex
from core.retrieval.vector_index import VectorIndex
from core.store.chunks import ChunkStore
from core.store.database import Database
from core.streams import Cancel
from tests.core.retrieval.ingest_run import COMPLETE, PARSED
from tests.gguf_files import bert_gguf

pytestmark = pytest.mark.model

KILLS = int(os.environ.get("OUTPOST_TEST_KILLS", "2"))
FILES = int(os.environ.get("OUTPOST_TEST_KILLED_FILES", "12"))
ROOT = Path(__file__).parents[3]
WORDS = [
    "valve",
    "river",
    "meeting",
    "tariff",
    "engine",
    "contract",
    "patient",
    "bridge",
    "harvest",
]


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder of texts of one to four chunks."""
    folder, source = tmp_path / "files", random.Random(5)
    folder.mkdir()
    for number in range(FILES):
        words = " ".join(source.choice(WORDS) for _ in range(source.randrange(40, 700)))
        (folder / f"{number:03d}.txt").write_text(f"Paper {number}. {words}")
    return folder


@pytest.fixture
def model(tmp_path: Path, embedder_dir: Path) -> Path:
    """The starter embedder as a GGUF file, which loads in no time."""
    return bert_gguf(embedder_dir, tmp_path / "minilm.gguf")


def life(home: Path, files: Path, model: Path) -> subprocess.Popen[bytes]:
    module = "tests.core.retrieval.ingest_run"
    command = [sys.executable, "-m", module, str(home), str(files), str(model)]
    return subprocess.Popen(command, cwd=ROOT, start_new_session=True)


def progress(home: Path) -> int:
    """Count the steps that are durable: texts and vectors."""
    try:
        with closing(sqlite3.connect(f"file:{home}/outpost.sqlite?mode=ro", uri=True)) as database:
            texts = database.execute("SELECT count(*) FROM document_text").fetchone()[0]
            return int(texts + database.execute("SELECT count(*) FROM embedding").fetchone()[0])
    except sqlite3.Error:
        return 0


def killed_lives(home: Path, files: Path, model: Path) -> int:
    """Kill as often as asked, each time somewhere in the work; return how often it was done."""
    source, kills, reached = random.Random(time.time_ns()), 0, 0
    while kills < KILLS and not (home / COMPLETE).exists():
        running = life(home, files, model)
        aim = reached + source.randrange(1, max(2, FILES * 2 // (KILLS + 1)))
        deadline = time.monotonic() + 60
        while running.poll() is None and progress(home) < aim and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(source.random() * 0.2)
        if running.poll() is None:
            running.kill()
            kills += 1
        running.wait()
        reached = progress(home)
    return kills


@pytest.mark.timeout(120 + 60 * KILLS + FILES * 2)
def test_killed_at_random_it_ends_complete(tmp_path: Path, files: Path, model: Path) -> None:
    """Everything is ready, no document twice, no chunk orphaned, nothing parsed in vain."""
    home = tmp_path / "outpost"
    home.mkdir()
    kills = killed_lives(home, files, model)
    last = life(home, files, model)
    assert last.wait(100 + FILES * 2) == 0
    assert kills == KILLS
    check_database(home)
    check_indexes(home)
    check_parsed_once(home, kills)


def check_database(home: Path) -> None:
    """Each file is one ready document with all its chunks and vectors, and nothing is owed."""
    with closing(sqlite3.connect(home / "outpost.sqlite")) as database:

        def one(query: str) -> int:
            return int(database.execute(query).fetchone()[0])

        live = "FROM document WHERE deleted_at IS NULL"
        assert one(f"SELECT count(*) {live} AND state = 'ready'") == FILES
        assert one(f"SELECT count(*) {live}") == FILES
        assert one(f"SELECT count(DISTINCT path) {live}") == FILES
        assert one("SELECT count(*) FROM document") == FILES
        assert one("SELECT count(*) FROM outbox") == 0
        chunks = one("SELECT count(*) FROM chunk")
        assert chunks == one("SELECT sum(chunk_count) FROM document") >= FILES
        assert chunks == one("SELECT count(*) FROM embedding")
        assert chunks == one(
            "SELECT count(*) FROM chunk JOIN document ON document.id = chunk.document_id "
            "JOIN embedding ON embedding.chunk_id = chunk.id"
        )
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []


def check_indexes(home: Path) -> None:
    """Both indexes hold just the chunks of SQLite."""
    settings = load_settings({"OUTPOST_DATA_DIR": str(home)})
    database = Database(settings.database_file)
    store = ChunkStore(database)
    with closing(sqlite3.connect(settings.database_file)) as plain:
        shelf = CollectionId(plain.execute("SELECT id FROM collection").fetchone()[0])
        wanted = {row[0] for row in plain.execute("SELECT id FROM chunk")}
    vectors, lexical = VectorIndex(settings.chroma_dir, store), LexicalIndex(settings.tantivy_dir)
    try:
        vectors.open(Cancel())
        assert set(vectors._ask("ids", vectors._name(shelf)).head["ids"]) == wanted
        found: set[str] = set()
        for word in WORDS:
            hits = [hit.chunk_id for hit in lexical.search(word, [shelf], 100_000)]
            assert len(hits) == len(set(hits))
            found.update(hits)
        assert found == wanted
    finally:
        vectors.close()
        lexical.close()
        database.close()


def check_parsed_once(home: Path, kills: int) -> None:
    """Only the file that was being parsed when its process was killed is parsed once more."""
    lines = [line.split(" ", 1) for line in (home / PARSED).read_text().splitlines()]
    lives = list(dict.fromkeys(pid for pid, _ in lines))
    for number, pid in enumerate(lives):
        own = [name for each, name in lines if each == pid]
        later = {name for each, name in lines if each in lives[number + 1 :]}
        assert len(own) == len(set(own))
        assert not later.intersection(own[:-1])
    assert len(lines) <= FILES + kills
