"""Brings an older database up to this version's schema, after a verified backup.

Alembic is imported only when there is something to do: a start with a current database costs
one query. A database written by a newer Outpost is refused rather than guessed at.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Engine, inspect, text

from core.errors import StorageFailed

HEAD = "0001"
"""The newest revision in `migrations/versions`; a test keeps it true."""

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(engine: Engine, path: Path) -> None:
    """Upgrade the database to HEAD; a new file is simply created.

    Raises StorageFailed if it was written by a newer Outpost or fails its integrity check.
    """
    current = _revision(engine)
    if current == HEAD:
        return
    if current is not None:
        if not (MIGRATIONS / "versions" / f"v{current}.py").exists():
            raise StorageFailed(
                f"The data folder was written by a newer Outpost (schema {current}).",
                advice="Install that version or a later one, or choose another data folder.",
            )
        _back_up(path, path.with_name(f"{path.stem}-before-{HEAD}{path.suffix}"))
    _upgrade(engine)


def _revision(engine: Engine) -> str | None:
    with engine.begin() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _upgrade(engine: Engine) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, HEAD)


def _back_up(source: Path, target: Path) -> None:
    """Copy the database by SQLite's backup API and check the copy."""
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
        verdict = new.execute("PRAGMA quick_check").fetchone()[0]
    if verdict != "ok":
        raise StorageFailed(f"The backup before upgrading failed its check: {verdict}.")
