"""What is known of model files, so that unchanged ones need not be read again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert

from core.records import ModelId, now
from core.store.audit import append
from core.store.database import Database
from core.store.schema import model, model_pin


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A model file as it was when last read; size and time tell whether it still is."""

    id: ModelId
    path: str
    size_bytes: int
    modified_ns: int
    header_json: str
    sha256: str | None = None

    def is_of(self, path: str, size_bytes: int, modified_ns: int) -> bool:
        """Say whether the file has not changed since."""
        return (self.path, self.size_bytes, self.modified_ns) == (path, size_bytes, modified_ns)


class ModelStore:
    """The repository of what was read from model files."""

    def __init__(self, database: Database):
        self._database = database

    def list(self) -> list[StoredModel]:
        """Return everything that is known."""
        rows = self._database.read(lambda connection: connection.execute(select(model)).all())
        return [StoredModel(**row._mapping) for row in rows]

    def save(self, changed: Sequence[StoredModel], gone: Sequence[ModelId]) -> None:
        """Store what was read anew and forget files that are gone."""

        def write(connection: Connection) -> None:
            if gone:
                connection.execute(delete(model).where(model.c.id.in_(gone)))
            for each in changed:
                values = {column.name: getattr(each, column.name) for column in model.columns}
                statement = insert(model).values(**values)
                connection.execute(
                    statement.on_conflict_do_update(index_elements=[model.c.id], set_=values)
                )

        if changed or gone:
            self._database.write(write)

    def pins(self, model_ids: Sequence[ModelId]) -> dict[ModelId, str]:
        """Return the SHA-256 sums with which those of the models were first used that were."""
        query = select(model_pin.c.model_id, model_pin.c.sha256).where(
            model_pin.c.model_id.in_(model_ids)
        )
        rows = self._database.read(lambda connection: connection.execute(query).all())
        return {row.model_id: row.sha256 for row in rows}

    def pin(self, model_id: ModelId, sha256: str) -> None:
        """Remember the content with which a model is used for the first time."""
        values = {"model_id": model_id, "sha256": sha256, "created_at": now().isoformat()}
        statement = insert(model_pin).values(**values).on_conflict_do_nothing()
        self._database.write(lambda connection: connection.execute(statement))

    def unpin(self, model_id: ModelId) -> None:
        """Forget it: a file of another content was accepted."""

        def forget(connection: Connection) -> None:
            connection.execute(delete(model_pin).where(model_pin.c.model_id == model_id))
            append(connection, "model.accept", model_id, None)

        self._database.write(forget)

    def note_deletion(self, model_id: ModelId) -> None:
        """Forget a model whose file was deleted on purpose, and put that into the audit log."""

        def note(connection: Connection) -> None:
            connection.execute(delete(model_pin).where(model_pin.c.model_id == model_id))
            append(connection, "model.delete", model_id, None)

        self._database.write(note)

    def note_import(self, model_id: ModelId) -> None:
        """Put into the audit log that a model file was copied into the models folder."""
        self._database.write(lambda connection: append(connection, "model.import", model_id, None))
