"""From the first packaged version to a later one: data stay, also if the power goes meanwhile."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from core.app import build, starter_agents
from core.config import Settings
from core.store.backup import contents
from core.store.migration import HEAD, MIGRATIONS

LATER = "9001"
REVISION = f'''"""A later version, for the test alone: a new column, and every name written anew."""
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "{LATER}", "{HEAD}", None, None


def upgrade() -> None:
    op.add_column("collection", sa.Column("colour", sa.String(), server_default="green"))
    op.execute("UPDATE collection SET name = name || ' (new)'")
'''
START = """
import sys
from pathlib import Path
import core.store.migration as migration
migration.MIGRATIONS, migration.HEAD = Path(sys.argv[1]), sys.argv[2]
from core.app import build
from core.config import load_settings
core = build(load_settings(data_dir=Path(sys.argv[3])))
print([each.name for each in core.collections.list(core.users.owner().id)])
core.close()
"""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX's")


@pytest.fixture
def later(tmp_path: Path) -> Path:
    """The migrations of a later Outpost."""
    folder = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / f"v{LATER}.py").write_text(REVISION, "utf-8")
    return folder


@pytest.fixture
def used(settings: Settings) -> Settings:
    """A data folder in which the first version was used."""
    core = build(settings)
    owner = core.users.owner()
    core.users.add("anna")
    core.collections.create(owner.id, "Reports", "")
    core.models.scan()
    model = core.models.starter()
    assert model is not None
    core.agents.create(owner.id, starter_agents(model.id)[0])
    core.close()
    return settings


def started(
    migrations: Path, head: str, settings: Settings, crash_at: str = ""
) -> subprocess.CompletedProcess[str]:
    """Start an Outpost of that version on the folder and end it again."""
    command = [sys.executable, "-c", START, str(migrations), head, str(settings.data_dir)]
    environ = {**os.environ, "OUTPOST_CRASH_AT": crash_at}
    return subprocess.run(command, env=environ, capture_output=True, text=True)


def names(settings: Settings) -> tuple[str, Sequence[str]]:
    """The schema and the collections, as they are in the file."""
    with closing(sqlite3.connect(settings.database_file)) as connection:
        revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]
        collections = connection.execute("SELECT name FROM collection").fetchall()
    return str(revision), [row[0] for row in collections]


@pytest.mark.parametrize("point", ["migration.copied", "migration.upgraded"])
def test_an_upgrade_that_was_killed_is_made_by_the_next_start(
    used: Settings, later: Path, point: str
) -> None:
    """Killed before or after its changes: the file is as it was, and then as it is to be."""
    killed = started(later, LATER, used, point)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert names(used) == (HEAD, ["Reports"])

    again = started(later, LATER, used)
    assert again.stdout.strip() == "['Reports (new)']", again.stderr
    assert names(used) == (LATER, ["Reports (new)"])
    (kept,) = used.data_dir.glob(f"outpost-before-{LATER}.sqlite")
    found = contents(kept)
    assert (found.schema_revision, found.agents, found.collections) == (HEAD, 1, 1)


def test_going_back_is_refused_and_changes_nothing(used: Settings, later: Path) -> None:
    """The first version says that a newer one has been here, and what to do."""
    assert started(later, LATER, used).returncode == 0
    before = used.database_file.read_bytes()
    refused = started(MIGRATIONS, HEAD, used)
    assert refused.returncode != 0
    assert f"written by a newer Outpost (schema {LATER})" in refused.stderr
    assert used.database_file.read_bytes() == before
