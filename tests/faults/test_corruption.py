"""Whatever happens to the files, Outpost neither dies nor answers wrongly without a word.

OUTPOST_CORRUPTIONS asks for more cases of each store than the suite has time for; 500 is what the
product promises.
"""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from core.__main__ import main
from core.config import Settings, load_settings
from core.retrieval.lexical import VERSION
from tests.faults.damage import damage_one
from tests.faults.life import STOCK, Order
from tests.faults.nursery import Life, Nursery, nursery

pytestmark = [pytest.mark.model, pytest.mark.skipif(os.name != "posix", reason="forks")]

CASES = int(os.environ.get("OUTPOST_CORRUPTIONS", "2"))
LEAST_RECALL = 0.98


@pytest.fixture(scope="module")
def births() -> Iterator[Nursery]:
    """One nursery for all tests of this file."""
    with nursery() as made:
        yield made


@pytest.fixture(scope="module")
def stocked(births: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with documents, closed in order."""
    home = tmp_path_factory.mktemp("stocked") / "outpost"
    home.with_name("files").mkdir()
    assert births.life(Order(str(home), plan="found")).lines == []
    life = births.life(Order(str(home), plan="stock", vectors=True))
    assert life.lines[-1] == ["unsettled"], life.lines[-3:]
    assert len(life.said("ready")) == 3 * STOCK
    return home


class Case:
    """A copy of the data folder, to be damaged and looked at."""

    def __init__(self, births: Nursery, stocked: Path, folder: Path):
        self._births = births
        self.home = folder / "outpost"
        shutil.rmtree(self.home, ignore_errors=True)
        shutil.copytree(stocked, self.home)

    @property
    def settings(self) -> Settings:
        return load_settings({"OUTPOST_DATA_DIR": str(self.home)})

    def files_of(self, store: str) -> list[Path]:
        settings = self.settings
        if store == "sqlite":
            return [settings.database_file]
        folders = {"tantivy": settings.tantivy_dir / f"v{VERSION}", "chroma": settings.chroma_dir}
        return [path for path in folders[store].rglob("*") if path.is_file()]

    def unseal(self) -> None:
        """Let the indexes look as if the process had been killed."""
        for path in (self.home / "index").rglob("*.seal"):
            path.unlink()

    def look(self) -> Life:
        return self._births.life(Order(str(self.home), plan="look", vectors=True))


@pytest.mark.timeout(240 + 60 * CASES)
@pytest.mark.parametrize("store", ["tantivy", "chroma"])
def test_a_damaged_index_is_made_anew(
    births: Nursery, stocked: Path, tmp_path: Path, store: str
) -> None:
    """Closed in order or not: in the end everything is found again, and nothing has died."""
    source = random.Random(time.time_ns())
    wrong, recalls = [], []
    for number in range(CASES):
        case = Case(births, stocked, tmp_path)
        done = damage_one(case.files_of(store), source)
        if number % 2:
            case.unseal()
        life = case.look()
        recalls += [float(each) for each in life.said("recall")]
        if not is_anew(life):
            wrong.append(done)
            report(f"{done}, killed before: {number % 2}, status {life.status}: {life.lines}")
    report(f"{CASES} cases of {store}, {len(wrong)} wrong, recall at least {min(recalls):.4f}")
    assert wrong == []


def is_anew(life: Life) -> bool:
    """Tell whether a life noticed nothing, ended in order, and found everything."""
    return (
        life.status == 0
        and not any(map(life.said, ("fault", "refused", "unread", "noticed")))
        and life.said("state") == ["whole"] * 3
        and float(life.said("recall")[0]) >= LEAST_RECALL
        and life.said("words") == ["1.0000"]
    )


def report(text: str) -> None:
    """Print a figure of a long run."""
    print(text)  # noqa: T201


def content(file: Path) -> str:
    """Return a digest of every row of every table, '' where they cannot be read."""
    digest = hashlib.sha256()
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
            names = [row[0] for row in database.execute(TABLES)]
            for name in names:
                for row in sorted(map(repr, database.execute(f'SELECT * FROM "{name}"'))):
                    digest.update(row.encode())
    except (sqlite3.DatabaseError, UnicodeError):
        return ""
    return digest.hexdigest()


TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"


@pytest.mark.timeout(240 + 60 * CASES)
def test_a_damaged_database_is_never_taken_for_a_whole_one(
    births: Nursery, stocked: Path, tmp_path: Path
) -> None:
    """It is refused with a code, or opened with a word about it; silent only where all is there."""
    source = random.Random(time.time_ns())
    whole, silent = content(Case(births, stocked, tmp_path).settings.database_file), 0
    wrong = []
    for _ in range(CASES):
        case = Case(births, stocked, tmp_path)
        done = damage_one(case.files_of("sqlite"), source)
        life = case.look()
        is_silent = not life.said("refused") and not life.said("noticed")
        silent += is_silent
        is_lost = is_silent and content(case.settings.database_file) != whole
        if is_lost or life.status or life.said("fault"):
            wrong.append(done)
            report(f"{done}, status {life.status}: {life.lines}")
    report(f"{CASES} cases of sqlite, {len(wrong)} wrong, {silent} passed unnoticed and whole")
    assert wrong == []
    assert silent < CASES


@pytest.mark.allow_log("the database failed")
def test_a_damaged_database_comes_back_from_a_backup(
    births: Nursery,
    stocked: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    lend_embedder: Callable[[Settings], None],
) -> None:
    """`outpost doctor --repair` sets it aside and restores the newest backup; indexes follow."""
    case = Case(births, stocked, tmp_path)
    lend_embedder(case.settings)
    file = case.settings.database_file
    damaged = file.read_bytes()[:8192] + b"\xff" * 40_000
    file.write_bytes(damaged)
    assert case.look().said("refused")[0] == "storage_failed"
    monkeypatch.setenv("OUTPOST_DATA_DIR", str(case.home))
    assert main(["doctor", "--repair"]) == 0
    (aside,) = (case.home / "backups").glob("before-restore-*/outpost.sqlite")
    assert aside.read_bytes() == damaged
    life = case.look()
    assert (life.said("noticed"), life.said("words")) == ([], ["1.0000"])
