"""A database for each test, copied from one that was migrated once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.store.database import Database


@pytest.fixture
def database(tmp_path: Path, migrated_file: Path) -> Iterator[Database]:
    """A fresh, empty database."""
    made = Database(Path(shutil.copy(migrated_file, tmp_path / "outpost.sqlite")))
    yield made
    made.close()
