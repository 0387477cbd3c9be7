"""Killed at random moments and at every named point, Outpost loses nothing that it promised.

OUTPOST_FAULT_ROUNDS asks for more kills, OUTPOST_FAULT_POINTS for so many at each named point;
1,000 and 20 are what the product promises. The harness is tried itself: what is planted is found.
"""

from __future__ import annotations

import ast
import json
import os
import random
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import pytest

from core import crashpoints
from core.config import Settings, load_settings
from core.errors import InvalidInput
from core.retrieval.lexical import VERSION, LexicalIndex
from core.store.migration import MIGRATIONS
from tests.faults.ledger import Ledger
from tests.faults.life import Order
from tests.faults.nursery import Life, Nursery, nursery

pytestmark = [pytest.mark.model, pytest.mark.skipif(os.name != "posix", reason="forks")]

ROUNDS = int(os.environ.get("OUTPOST_FAULT_ROUNDS", "38"))
POINTS = int(os.environ.get("OUTPOST_FAULT_POINTS", "0"))
SAMPLE = 12
"""So many points, chosen anew each time, are tried where no number is asked for."""
START_S = 5.0
REACH_S = 80.0
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def births() -> Iterator[Nursery]:
    """One nursery for all tests of this file."""
    with nursery() as made:
        yield made


@pytest.fixture(scope="module")
def founded(births: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with an agent and an empty collection."""
    home = tmp_path_factory.mktemp("founded") / "outpost"
    life = births.life(Order(str(home), plan="found"))
    assert (life.status, life.lines) == (0, [])
    return home


@dataclass
class Patient:
    """An Outpost that is killed again and again, with all that it has said."""

    births: Nursery
    home: Path
    lines: list[list[str]] = field(default_factory=list)
    seeds: Iterator[int] = field(default_factory=lambda: iter(range(1, 1_000_000)))
    starts_s: list[float] = field(default_factory=list)

    @property
    def ledger(self) -> Ledger:
        made = Ledger()
        for line in self.lines:
            made.note(line)
        return made

    @property
    def has_promised_everything(self) -> bool:
        """True once there was a promise of every kind."""
        ledger = self.ledger
        kinds = (ledger.asked, ledger.answered, ledger.ready, ledger.deleted)
        return all(len(each) > 0 for each in kinds)

    def live(self, plan: str = "work", kill_after_s: float | None = None, **more: object) -> Life:
        """Have one more life, which begins by looking at what the others promised."""
        path = self.home.with_name("ledger.json")
        path.write_text(json.dumps(self.lines))
        with_workers = bool(more.pop("with_workers", False))
        order = Order(str(self.home), str(path), plan, seed=next(self.seeds), **more)  # type: ignore[arg-type]
        life = self.births.life(order, kill_after_s, with_workers=with_workers)
        self.lines += life.lines
        self.starts_s += map(float, life.said("usable"))
        return life

    def expect_sound(self, life: Life) -> None:
        """Nothing promised is missing, and nothing went wrong in an unforeseen way."""
        for kind in ("broken", "fault", "refused", "logged", "unsettled"):
            assert life.said(kind) == [], kind

    def settle(self) -> None:
        """Let one life do all that is owed, and find nothing wrong then."""
        life = self.live("settle", vectors=True)
        self.expect_sound(life)
        assert life.status == 0
        assert life.lines[-1] == ["unsettled"]


@pytest.fixture
def patient(births: Nursery, founded: Path, tmp_path: Path) -> Patient:
    """A fresh patient."""
    shutil.copytree(founded, tmp_path / "outpost")
    (tmp_path / "files").mkdir()
    return Patient(births, tmp_path / "outpost")


# ---------------------------------------------------------------- kills


@pytest.mark.timeout(120 + 4 * ROUNDS)
def test_nothing_is_lost_by_kills_at_random_moments(patient: Patient) -> None:
    """Chat, ingest, deletion and backups at once: every life finds what the ones before promised.

    At the end the three stores agree, and starts were usable in time.
    """
    moments = random.Random(time.time_ns())
    kills = 0
    while kills < ROUNDS or (kills < ROUNDS + 20 and not patient.has_promised_everything):
        longest = max(kills - ROUNDS, moments.choice((0.2, 1.0, 2.5)))  # a slow machine gets time
        life = patient.live(
            kill_after_s=moments.uniform(0, longest),
            vectors=moments.random() < 0.3,
            with_workers=moments.random() < 0.3,
        )
        patient.expect_sound(life)
        assert (life.killed, life.status) == (True, 9)
        kills += 1
        if kills % 100 == 0:
            patient.settle()
            report(f"{kills} kills, {patient.ledger.acknowledged} promises kept")
    patient.settle()
    assert kills >= ROUNDS
    assert patient.has_promised_everything
    promises = patient.ledger.acknowledged
    usual, slowest = median(patient.starts_s), max(patient.starts_s)
    report(f"{kills} kills, {promises} promises, start {usual:.2f} s, at most {slowest:.2f} s")
    assert usual < START_S


def report(text: str) -> None:
    """Print a figure of a long run."""
    print(text)  # noqa: T201


# ---------------------------------------------------------------- named points


def test_the_points_are_those_of_the_code() -> None:
    """Each name is described once and reached in one place at least, and no other is reached."""
    reached = set()
    for path in (ROOT / "core").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "reached":
                (name,) = node.args
                assert isinstance(name, ast.Constant), path
                reached.add(name.value)
    assert reached == set(crashpoints.POINTS)


@pytest.mark.parametrize("wish", ["nowhere", "turn.opened:x", "turn.opened:2:3"])
def test_a_point_that_is_not_there_is_refused(wish: str) -> None:
    """A misspelt name must not pass for a test that was survived."""
    with pytest.raises(InvalidInput, match="OUTPOST_CRASH_AT"):
        crashpoints.arm(wish)


WORKS = {
    "write": ("feed",),
    "turn": ("chat",),
    "ingest": ("feed",),
    "words": ("feed",),
    "index": ("feed",),
    "delete": ("feed", "delete"),
    "purge": ("feed", "delete"),
    "drop": ("drop",),
    "reindex": ("feed", "reindex"),
    "backup": ("keep",),
}
"""Which work leads to the points whose names begin so."""
AT_WORK = [name for name in crashpoints.POINTS if name.partition(".")[0] in WORKS]


def dies_at(patient: Patient, point: str, plan: str = "work", **more: object) -> None:
    """Have a life that dies at a point, by itself."""
    works = WORKS.get(point.partition(".")[0], ())
    life = patient.live(plan, REACH_S, crash_at=point, works=works, **more)
    patient.expect_sound(life)
    assert (life.killed, life.status) == (False, 9), point


@pytest.mark.timeout(300 + 400 * POINTS)
def test_nothing_is_lost_at_the_points_of_work(patient: Patient) -> None:
    """Killed between any two steps of work, at the first time or a later one."""
    chosen = random.Random(time.time_ns())
    for point in AT_WORK * POINTS or chosen.sample(AT_WORK, SAMPLE):
        seldom = point.startswith(("purge", "reindex"))
        times = 1 if seldom else chosen.choice((1, 1, 2, 3))
        dies_at(patient, f"{point}:{times}", vectors=chosen.random() < 0.5)
    patient.settle()
    report(f"{max(POINTS, 1)} times at points of work, {patient.ledger.acknowledged} promises")


@pytest.fixture(scope="module")
def in_order(births: Nursery, founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Patient:
    """A patient with replies and documents, that was closed in order; to be copied."""
    folder = tmp_path_factory.mktemp("in_order")
    shutil.copytree(founded, folder / "outpost")
    (folder / "files").mkdir()
    patient = Patient(births, folder / "outpost")
    works = ("chat", "feed")
    for seconds in (2.0, 4.0, 8.0, 16.0):
        patient.expect_sound(patient.live(kill_after_s=seconds, works=works))
        if patient.ledger.answered and len(patient.ledger.kept()) > 2:
            break
    patient.settle()
    return patient


@pytest.fixture
def settled(in_order: Patient, tmp_path: Path) -> Patient:
    """A copy of that patient."""
    shutil.copytree(in_order.home, tmp_path / "outpost")
    (tmp_path / "files").mkdir()
    lines, seeds = list(in_order.lines), iter(range(1000, 2000))
    return Patient(in_order.births, tmp_path / "outpost", lines, seeds)


@pytest.mark.timeout(120 + 60 * POINTS)
def test_nothing_is_lost_at_the_points_of_a_restore(settled: Patient) -> None:
    """Cut short anywhere, the restore goes on at the next start; nothing was added since."""
    points = [name for name in crashpoints.POINTS if name.startswith("restore")]
    for _ in range(max(POINTS, 1)):
        dies_at(settled, points[0], "wish")
        for point in points[1:]:
            dies_at(settled, point)
        settled.settle()


NEXT = '''"""A later version, for the test alone."""
from alembic import op
import sqlalchemy as sa
revision, down_revision, branch_labels, depends_on = "0002", "0001", None, None
def upgrade() -> None:
    op.add_column("setting", sa.Column("note", sa.String()))
'''


@pytest.fixture
def later(tmp_path: Path) -> str:
    """A folder of migrations with one more step."""
    shutil.copytree(MIGRATIONS, tmp_path / "migrations")
    (tmp_path / "migrations" / "versions" / "v0002.py").write_text(NEXT)
    return str(tmp_path / "migrations")


@pytest.mark.parametrize("_", range(max(POINTS, 1)))
def test_nothing_is_lost_at_the_points_of_a_migration(settled: Patient, later: str, _: int) -> None:
    """An older database is as it was, or brought up to date, and never in between."""
    for point in [name for name in crashpoints.POINTS if name.startswith("migration")]:
        dies_at(settled, point, migrations=later)
    settled.expect_sound(life := settled.live("settle", migrations=later, vectors=True))
    assert life.status == 0


@pytest.mark.parametrize("_", range(max(POINTS, 1)))
def test_nothing_is_lost_at_the_points_of_a_repair(settled: Patient, _: int) -> None:
    """A broken index that was being replaced is made anew at the next start, and kept as well."""
    index = settings_of(settled).tantivy_dir / f"v{VERSION}"
    for times, point in enumerate(("repair.aside", "repair.made"), 1):
        index.mkdir(exist_ok=True)
        (index / "meta.json").write_text("{ not json")
        dies_at(settled, point)
        assert len(list((index.parents[1] / "quarantine").glob("*-tantivy*"))) == times
    settled.expect_sound(settled.live(kill_after_s=2.0, works=("feed",)))
    life = settled.live("settle", vectors=True)
    assert [each for each in life.said("unsettled") if not each.startswith("put aside")] == []


# ---------------------------------------------------------------- the harness bites


def database(patient: Patient, statement: str, *values: str) -> None:
    with closing(sqlite3.connect(settings_of(patient).database_file)) as connection:
        connection.execute(statement, values)
        connection.commit()


def settings_of(patient: Patient) -> Settings:
    return load_settings({"OUTPOST_DATA_DIR": str(patient.home)})


def test_planted_losses_are_found(settled: Patient) -> None:
    """A question that is gone, a document that is gone, and a text that no store has."""
    question, _ = next(iter(settled.ledger.asked.values()))
    database(settled, "UPDATE message SET text = 'other' WHERE id = ?", question)
    kept = list(settled.ledger.kept())
    database(settled, "UPDATE document SET deleted_at = 'now' WHERE id = ?", kept[0])
    database(settled, "UPDATE chunk SET text = 'other' WHERE document_id = ?", kept[1])
    index = LexicalIndex(settings_of(settled).tantivy_dir)
    index.delete(kept[1])  # type: ignore[arg-type]
    index.close()
    life = settled.live("settle", vectors=True, patience_s=5.0)  # some of it nobody makes good
    found = " ".join([*life.said("broken"), *life.said("unsettled")])
    assert f"the question {question} is lost" in found
    assert f"the document {kept[0]} was ready" in found
    words = settled.ledger.kept()
    lost = {each for each, word in words.items() if f"{word} is lost" in found}
    assert lost == set(kept[:2]), (kept, found)
