"""Brings an older database up to this version's schema, after a verified backup.

Alembic is imported only when there is something to do: a start with a current database costs
one query. A database written by a newer Outpost is refused rather than guessed at.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, inspect, text

from core.crashpoints import reached
from core.errors import StorageFailed
from core.store.backup import copy_database

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
        if not is_known(current):
            raise StorageFailed(
                f"The data folder was written by a newer Outpost (schema {current}).",
                advice="Install that version or a later one, or choose another data folder.",
            )
        copy_database(path, path.with_name(f"{path.stem}-before-{HEAD}{path.suffix}"))
        reached("migration.copied")
    _upgrade(engine)


def is_known(revision: str) -> bool:
    """True for the schema of this version or of an earlier one."""
    return (MIGRATIONS / "versions" / f"v{revision}.py").exists()


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
        reached("migration.upgraded")
    reached("migration.committed")
