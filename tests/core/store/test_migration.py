"""Migrations: they make exactly the declared schema, and never run without a way back."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

import core.store.migration as migration
from core.errors import StorageFailed
from core.records import UserId
from core.store.database import Database
from core.store.migration import HEAD, MIGRATIONS
from core.store.schema import metadata
from core.store.users import UserStore


def revision(path: Path) -> str:
    """Return the schema revision that a file says it has."""
    with closing(sqlite3.connect(path)) as connection:
        return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def set_revision(path: Path, name: str) -> None:
    """Let the file claim another schema revision."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (name,))
        connection.commit()


def test_migrations_make_the_declared_tables(database: Database) -> None:
    """Alembic finds no difference between the migrated file and schema.py."""

    def differences(connection: Connection) -> list[object]:
        options = {"include_name": lambda name, kind, _: not str(name).startswith("message_fts")}
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True, **options}
        )
        return list(compare_metadata(context, metadata))

    assert database.write(differences) == []


def test_a_difference_would_be_found(database: Database) -> None:
    """The comparison of the test above is able to fail."""
    database.write(lambda connection: connection.execute(text("DROP TABLE setting")))

    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    assert any(change[0] == "add_table" for change in database.write(differences))  # type: ignore[index]


def test_the_newest_revision_is_the_one_that_is_named() -> None:
    """HEAD is the last file of one unbroken line of revisions."""
    scripts = ScriptDirectory(str(MIGRATIONS))
    assert scripts.get_heads() == [HEAD]
    for script in scripts.walk_revisions():
        assert (MIGRATIONS / "versions" / f"v{script.revision}.py").exists()


def test_a_new_file_is_at_the_newest_revision(database: Database) -> None:
    """It needs no backup, for there was nothing before it."""
    assert revision(database.path) == HEAD
    assert not list(database.path.parent.glob("*-before-*"))


def test_a_current_file_is_opened_as_it_is(database: Database, owner_id: UserId) -> None:
    """A second start finds what the first stored and makes no backup."""
    database.close()
    again = Database(database.path)
    assert UserStore(again).get(owner_id).name == "ada"
    again.close()
    assert not list(database.path.parent.glob("*-before-*"))


def test_a_file_of_a_newer_outpost_is_refused(database: Database, owner_id: UserId) -> None:
    """It says what to do, and changes nothing."""
    database.close()
    set_revision(database.path, "9999")
    with pytest.raises(StorageFailed, match="newer Outpost") as refusal:
        Database(database.path)
    assert "later" in refusal.value.advice
    assert revision(database.path) == "9999"


NEXT = '''"""A later version, for the test alone."""
from alembic import op
import sqlalchemy as sa
revision, down_revision, branch_labels, depends_on = "0002", "0001", None, None
def upgrade() -> None:
    op.add_column("setting", sa.Column("note", sa.String()))
    FAIL
'''


@pytest.fixture
def with_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let this Outpost be one revision further; returns the file of that revision."""
    folder = tmp_path / "migrations 50%"
    (folder / "versions").mkdir(parents=True)
    for source in [*MIGRATIONS.glob("*.*"), *MIGRATIONS.glob("versions/*.py")]:
        (folder / source.relative_to(MIGRATIONS)).write_text(source.read_text())
    script = folder / "versions" / "v0002.py"
    script.write_text(NEXT.replace("FAIL", ""))
    monkeypatch.setattr(migration, "MIGRATIONS", folder)
    monkeypatch.setattr(migration, "HEAD", "0002")
    return script


@pytest.mark.usefixtures("owner_id")
def test_an_older_file_is_backed_up_and_brought_up_to_date(
    database: Database, request: pytest.FixtureRequest
) -> None:
    """After the upgrade the rows are there, and the backup is the file as it was."""
    database.close()
    request.getfixturevalue("with_next")
    upgraded = Database(database.path)
    assert [user.name for user in UserStore(upgraded).list()] == ["ada"]
    note = text("SELECT count(note) FROM setting")
    assert upgraded.read(lambda connection: connection.execute(note).scalar()) == 0
    upgraded.close()
    (backup,) = database.path.parent.glob("*-before-0002.sqlite")
    assert (revision(database.path), revision(backup)) == ("0002", HEAD)
    with closing(sqlite3.connect(backup)) as connection:
        assert connection.execute('SELECT name FROM "user"').fetchall() == [("ada",)]


@pytest.mark.usefixtures("owner_id")
def test_an_upgrade_that_fails_changes_nothing(
    database: Database, request: pytest.FixtureRequest
) -> None:
    """What the failed step had done already is rolled back, and the next start can try again."""
    database.close()
    script: Path = request.getfixturevalue("with_next")
    script.write_text(NEXT.replace("FAIL", "raise RuntimeError('no')"))
    with pytest.raises(RuntimeError):
        Database(database.path)
    assert revision(database.path) == HEAD
    with closing(sqlite3.connect(database.path)) as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(setting)")]
    assert columns == ["name", "value"]
    script.write_text(NEXT.replace("FAIL", ""))
    Database(database.path).close()
    assert revision(database.path) == "0002"
