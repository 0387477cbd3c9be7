"""Small facts that Outpost remembers about this installation, by name."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from core.store.audit import append
from core.store.database import Database
from core.store.schema import setting


class Marks:
    """Names and texts in the table `setting`, such as whether the starter agents were made."""

    def __init__(self, database: Database):
        self._database = database

    def get(self, name: str) -> str | None:
        query = select(setting.c.value).where(setting.c.name == name)
        return self._database.read(lambda connection: connection.execute(query).scalar())

    def put(self, name: str, value: str, *, action: str = "") -> None:
        """Remember something; an `action`, where given, goes into the audit log with it."""

        def write(connection: Connection) -> None:
            connection.execute(delete(setting).where(setting.c.name == name))
            connection.execute(insert(setting).values(name=name, value=value))
            if action:
                append(connection, action, "", None)

        self._database.write(write)

    def remove(self, name: str, *, action: str) -> None:
        """Forget something, with an entry in the audit log."""

        def write(connection: Connection) -> None:
            connection.execute(delete(setting).where(setting.c.name == name))
            append(connection, action, "", None)

        self._database.write(write)
