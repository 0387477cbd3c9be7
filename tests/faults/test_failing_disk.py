"""A disk that is full, or fails at any write: nothing promised is lost, each refusal has a code.

OUTPOST_DISK_FAULTS asks for so many failing operations of each scenario, spread evenly over all
that it has, or for "each" of them; without it one of one scenario is tried, chosen anew each time.
OUTPOST_DISK_SCENARIOS names the scenarios, where not all are wanted.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import pytest

from core import reserve
from core.app import STARTER_MARK, Core, build
from core.bundle.archive import SUFFIX
from core.changes import Change, Topic
from core.config import load_settings, prepare_folders
from core.errors import DiskFull
from core.records import BundleWish, DocumentState
from core.retrieval import ingest
from tests.faults.disk import KINDS, Disk, compiled
from tests.faults.embedder import give
from tests.faults.ledger import Line
from tests.faults.life import Order
from tests.faults.nursery import Life, Nursery

pytestmark = [
    pytest.mark.model,
    pytest.mark.skipif(sys.platform != "linux", reason="preloads a library"),
]

FAULTS = os.environ.get("OUTPOST_DISK_FAULTS", "")
EACH = "each"
ALL = "turn ingest delete reindex backup"
SCENARIOS = os.environ.get("OUTPOST_DISK_SCENARIOS", ALL).split()
CHOSEN = SCENARIOS if FAULTS else random.choices(SCENARIOS)
CODES = {"storage_failed", "disk_full"}


class Failing:
    """A data folder on a disk that fails, and the lives that are lived there."""

    def __init__(self, births: Nursery, disk: Disk, folder: Path):
        self.births, self.disk, self._folder = births, disk, folder
        self.home = folder / "outpost"

    def fresh(self, source: Path) -> None:
        """Begin anew with a copy."""
        shutil.rmtree(self.home, ignore_errors=True)
        shutil.copytree(source, self.home)

    def live(self, lines: list[Line], plan: str, works: tuple[str, ...] = ()) -> Life:
        ledger = self._folder / "ledger.json"
        ledger.write_text(json.dumps(lines))
        seed = len(lines)
        order = Order(
            str(self.home),
            str(ledger),
            plan,
            seed=seed,
            vectors=True,
            works=works,
            disk=str(self.disk.control),
        )
        return self.births.life(order)


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Failing]:
    """A nursery whose lives write through the library."""
    folder = tmp_path_factory.mktemp("failing")
    library = compiled(folder)
    if library is None:
        pytest.skip("there is no C compiler")
    (folder / "files").mkdir()
    disk = Disk(folder / "control", folder / "outpost", library)
    births = Nursery(disk.environ)
    yield Failing(births, disk, folder)
    births.close()


@pytest.fixture(scope="module")
def stocked(failing: Failing) -> tuple[Path, list[Line]]:
    """A copy of a data folder with documents, and what was promised there."""
    assert failing.births.life(Order(str(failing.home), plan="found")).lines == []
    life = failing.live([], "stock")
    assert life.lines[-1] == ["unsettled"], life.lines[-3:]
    source = failing.home.with_name("stocked")
    shutil.copytree(failing.home, source)
    return source, life.lines


def expect_sound(life: Life, *, may_log: bool = False) -> None:
    for kind in ("broken", "fault", "refused", *(() if may_log else ("logged",))):
        assert life.said(kind) == [], kind
    assert [each for each in life.said("unsettled") if not each.startswith("put aside")] == []
    assert life.status == 0


@pytest.mark.timeout(0 if FAULTS else 480)  # whoever asks for more knows how long it may take
def test_whatever_fails_nothing_is_lost(failing: Failing, stocked: tuple[Path, list[Line]]) -> None:
    """The work is done or refused with a code, goes on when the disk is well, and is all there."""
    source, promised = stocked
    for scenario in CHOSEN:
        try_scenario(failing, source, promised, scenario)


def try_scenario(failing: Failing, source: Path, promised: list[Line], scenario: str) -> None:
    """Let some operation of a scenario fail, as often as asked."""
    failing.fresh(source)
    failing.disk.fail_at(0, "EIO")
    expect_sound(failing.live(promised, "fail", (scenario,)))
    operations = failing.disk.operations
    assert operations > 3
    chosen = random.Random(time.time_ns())
    struck = refused = 0
    places = range(1, operations + 1) if FAULTS == EACH else spread(operations, chosen)
    for at in places:
        failing.fresh(source)
        kind, times = chosen.choice(list(KINDS)), chosen.choice((1, 1, 5))
        failing.disk.fail_at(at, kind, times)
        life = failing.live(promised, "fail", (scenario,))
        struck += failing.disk.failed > 0
        refused += bool(life.said("coded"))
        assert set(life.said("coded")) <= CODES, (scenario, at, kind)
        expect_sound(life, may_log=True)
        later = failing.live([*promised, *life.lines], "settle")
        expect_sound(later)
    told = f"{scenario}: {operations} operations, {len(places)} faults, {struck} struck"
    print(f"{told}, {refused} refused with a code")  # noqa: T201


def spread(operations: int, chosen: random.Random) -> Sequence[int]:
    """Choose as many of the operations as asked, evenly."""
    count = int(FAULTS or 1)
    return [1 + int(operations * (number + chosen.random()) / count) for number in range(count)]


# ---------------------------------------------------------------- a full disk


TMPFS_BYTES = 48 << 20


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of some megabytes."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={TMPFS_BYTES}", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def crowded(
    small: Path, migrated_file: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Core, Path]]:
    """A running core on it, and a file that can take up the rest."""
    monkeypatch.setattr(reserve, "ROOM_BYTES", 12 << 20)
    monkeypatch.setattr(reserve, "LOOK_EVERY_S", 0.1)
    monkeypatch.setattr(ingest, "PAUSE_AFTER_FAILURE_S", 0.2)
    settings = load_settings({"OUTPOST_DATA_DIR": str(small / "outpost"), "OUTPOST_PORT": "0"})
    prepare_folders(settings)
    shutil.copy(migrated_file, settings.database_file)
    core = build(settings)
    give(core)
    core.marks.put(STARTER_MARK, "made")
    core.start()
    assert core.startup.finished.wait(30)
    yield core, small / "ballast"
    core.close()


def fill(ballast: Path) -> None:
    """Take up all that is free."""
    with ballast.open("ab", buffering=0) as file, suppress(OSError):
        while file.write(bytes(4096)):
            pass


def use_up(core: Core, ballast: Path) -> None:
    """Write until nothing can be written, the log and the reserve included."""
    while True:
        fill(ballast)
        core.collections.create(core.users.owner().id, str(time.monotonic_ns()), "y" * 100_000)


def until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.allow_log("is full|disk is full|ingest pauses|keyword index failed|database failed")
def test_a_full_disk_says_so_and_everything_else_goes_on(
    crowded: tuple[Core, Path], tmp_path: Path
) -> None:
    """Reading, deleting and exporting work; what is refused has a code; room lets all go on."""
    core, ballast = crowded
    told: list[Change] = []
    core.changes.subscribe(told.append)
    owner_id = core.users.owner().id
    shelf = core.collections.create(owner_id, "Shelf").id
    paths = [tmp_path / f"{name}.txt" for name in ("early", "late")]
    for path in paths:
        path.write_text(f"{path.stem} words " * 400)
    core.collections.add_files(owner_id, shelf, paths[:1])
    until(lambda: all(each.finished for each in core.collections.jobs(owner_id, shelf)))
    (early,) = core.collections.documents(owner_id, shelf)

    with pytest.raises(DiskFull):
        use_up(core, ballast)
    assert core.reserve.is_used_up
    assert Change(Topic.STORAGE) in told
    assert "early words" in core.collections.document_text(owner_id, early.id).text
    assert core.collections.find(owner_id, "early", [shelf])
    with pytest.raises(DiskFull):
        core.collections.add_upload(owner_id, shelf, "big.txt", BytesIO(bytes(1 << 20)))

    def audited() -> set[str]:
        return {each.action for each in core.audit.newest()}

    elsewhere, wish = tmp_path / f"all{SUFFIX}", BundleWish()
    core.bundles.export(owner_id, elsewhere, wish)
    assert "Shelf" in {each.name for each in core.bundles.inspect(owner_id, elsewhere).items}
    assert "bundle.export" not in audited()
    there = ballast.with_name(elsewhere.name)
    with pytest.raises(DiskFull):
        core.bundles.export(owner_id, there, wish)
    assert not list(there.parent.glob(f"*{there.name}*"))

    ballast.write_bytes(bytes(1 << 19))  # some room: enough to delete
    core.collections.delete_document(owner_id, early.id)
    core.collections.add_files(owner_id, shelf, paths[1:])
    ballast.unlink()
    until(lambda: not core.reserve.is_used_up)
    until(lambda: core.collections.documents(owner_id, shelf)[0].state is DocumentState.READY)
    until(lambda: "bundle.export" in audited())
    assert core.audit.verify().whole
    assert told.count(Change(Topic.STORAGE)) == 2
    assert [each.name for each in core.collections.documents(owner_id, shelf)] == ["late.txt"]
