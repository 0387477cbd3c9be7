"""Studies with their cells and notes. Every step is durable when it is done."""

from __future__ import annotations

import builtins
import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping, case, delete, func, insert, select, update

from core.errors import NotFound
from core.records import (
    AgentId,
    CellState,
    Citation,
    CollectionId,
    DocumentId,
    Study,
    StudyCell,
    StudyId,
    StudyKind,
    StudyState,
    UserId,
    now,
)
from core.store.audit import append
from core.store.codec import to_json, tuple_from_json
from core.store.database import Database
from core.store.schema import study, study_cell, study_note

GOING = (StudyState.RUNNING, StudyState.WAITING)


class StudyStore:
    """The studies of all users; calls that name an owner answer for that one's studies only."""

    def __init__(self, database: Database):
        self._database = database

    # ---- as their owner sees them

    def create(self, made: Study, cells: Sequence[StudyCell]) -> Study:
        """Store a study with its cells."""
        when = made.created_at.isoformat()
        values = {
            "id": made.id,
            "owner_id": made.owner_id,
            "kind": made.kind.value,
            "agent_id": made.agent_id,
            "agent_name": made.agent_name,
            "collection_id": made.collection_id,
            "title": made.title,
            "questions_json": json.dumps(made.questions, ensure_ascii=False),
            "state": made.state.value,
            "text": "",
            "created_at": when,
            "updated_at": when,
        }

        def action(connection: Connection) -> Study:
            connection.execute(insert(study).values(values))
            connection.execute(insert(study_cell), [_cell_row(made.id, cell) for cell in cells])
            append(connection, "study.create", made.id, made.owner_id)
            return _find(connection, made.owner_id, made.id)

        return self._database.write(action)

    def list(self, owner_id: UserId) -> builtins.list[Study]:
        """Return the owner's studies, newest first."""
        query = _STUDIES.where(study.c.owner_id == owner_id, study.c.deleted_at.is_(None))
        query = query.order_by(study.c.created_at.desc(), study.c.id)
        return self._database.read(
            lambda connection: [_study(row) for row in connection.execute(query).mappings()]
        )

    def get(self, owner_id: UserId, study_id: StudyId) -> Study:
        """Return one study; raises NotFound."""
        return self._database.read(lambda connection: _find(connection, owner_id, study_id))

    def cells(self, owner_id: UserId, study_id: StudyId) -> builtins.list[StudyCell]:
        """Return a study's cells in their order; raises NotFound."""
        query = select(study_cell).where(study_cell.c.study_id == study_id)

        def action(connection: Connection) -> builtins.list[StudyCell]:
            _find(connection, owner_id, study_id)
            rows = connection.execute(query.order_by(study_cell.c.ordinal)).mappings()
            return [_cell(row) for row in rows]

        return self._database.read(action)

    def change(self, owner_id: UserId, study_id: StudyId, state: StudyState) -> Study:
        """Set a study's state as its owner wishes; running again tries again what failed."""

        def action(connection: Connection) -> Study:
            _find(connection, owner_id, study_id)
            if state is StudyState.RUNNING:
                connection.execute(
                    update(study_cell)
                    .where(study_cell.c.study_id == study_id)
                    .where(study_cell.c.state == CellState.FAILED.value)
                    .values(state=CellState.WAITING.value, problem=None)
                )
            _set(connection, study_id, state=state.value, problem=None)
            append(connection, f"study.{state.value}", study_id, owner_id)
            return _find(connection, owner_id, study_id)

        return self._database.write(action)

    def delete(self, owner_id: UserId, study_id: StudyId) -> None:
        """Put a study into the trash."""

        def action(connection: Connection) -> None:
            _find(connection, owner_id, study_id)
            _set(connection, study_id, deleted_at=now().isoformat())
            append(connection, "study.delete", study_id, owner_id)

        self._database.write(action)

    # ---- as the worker sees them

    def going(self) -> builtins.list[Study]:
        """Return the studies that are to go on, of all users, oldest first."""
        query = _STUDIES.where(study.c.state.in_(GOING), study.c.deleted_at.is_(None))
        query = query.order_by(study.c.created_at, study.c.id)
        return self._database.read(
            lambda connection: [_study(row) for row in connection.execute(query).mappings()]
        )

    def next_cell(self, study_id: StudyId) -> StudyCell | None:
        """Return the first cell that is still to be written."""
        query = (
            select(study_cell)
            .where(study_cell.c.study_id == study_id)
            .where(study_cell.c.state == CellState.WAITING.value)
            .order_by(study_cell.c.ordinal)
            .limit(1)
        )
        row = self._database.read(lambda c: c.execute(query).mappings().first())
        return _cell(row) if row else None

    def write_cell(self, study_id: StudyId, cell: StudyCell) -> None:
        """Keep what became of a cell."""
        values = _cell_row(study_id, cell)

        def action(connection: Connection) -> None:
            connection.execute(
                update(study_cell)
                .where(study_cell.c.study_id == study_id, study_cell.c.ordinal == cell.ordinal)
                .values(values)
            )
            _set(connection, study_id)

        self._database.write(action)

    def move(
        self,
        study_id: StudyId,
        state: StudyState,
        *,
        problem: str | None = None,
        text: str | None = None,
    ) -> bool:
        """Move on a study that is still to go on; False where its owner has decided otherwise."""
        values = {"state": state.value, "problem": problem, "updated_at": now().isoformat()}
        if text is not None:
            values["text"] = text
        query = update(study).where(study.c.id == study_id, study.c.state.in_(GOING))
        return self._database.write(lambda c: c.execute(query.values(values)).rowcount > 0)

    # ---- notes

    def note(self, study_id: StudyId, key: str) -> str | None:
        """Return what was written under a key."""
        query = select(study_note.c.text).where(
            study_note.c.study_id == study_id, study_note.c.key == key
        )
        return self._database.read(lambda connection: connection.execute(query).scalar())

    def keep_note(self, study_id: StudyId, key: str, text: str) -> None:
        """Keep what was written under a key; what was there before is replaced."""
        gone = delete(study_note).where(study_note.c.study_id == study_id, study_note.c.key == key)

        def action(connection: Connection) -> None:
            connection.execute(gone)
            connection.execute(insert(study_note).values(study_id=study_id, key=key, text=text))

        self._database.write(action)


def _count(*states: CellState) -> object:
    return func.sum(case((study_cell.c.state.in_(states), 1), else_=0))


_COUNTS = (
    select(
        study_cell.c.study_id,
        study_cell.c.document_id,
        func.count().label("cells"),
        _count(CellState.DONE, CellState.NO_EVIDENCE).label("done"),  # type: ignore[attr-defined]
        _count(CellState.FAILED).label("failed"),  # type: ignore[attr-defined]
    )
    .group_by(study_cell.c.study_id, study_cell.c.document_id)
    .subquery()
)
"""The cells of each document of each study."""

_STUDIES = (
    select(
        study,
        func.sum(_COUNTS.c.cells).label("total"),
        func.sum(_COUNTS.c.done).label("done"),
        func.sum(_COUNTS.c.failed).label("failed"),
        func.count().label("documents"),
        func.sum(case((_COUNTS.c.done == _COUNTS.c.cells, 1), else_=0)).label("documents_read"),
        func.sum(case((_COUNTS.c.failed > 0, 1), else_=0)).label("documents_unread"),
    )
    .join(_COUNTS, _COUNTS.c.study_id == study.c.id)
    .group_by(study.c.id)
)


def _find(connection: Connection, owner_id: UserId, study_id: StudyId) -> Study:
    query = _STUDIES.where(
        study.c.id == study_id, study.c.owner_id == owner_id, study.c.deleted_at.is_(None)
    )
    row = connection.execute(query).mappings().first()
    if row is None:
        raise NotFound("study", study_id)
    return _study(row)


def _set(connection: Connection, study_id: StudyId, **values: str | None) -> None:
    values = {"updated_at": now().isoformat(), **values}
    connection.execute(update(study).where(study.c.id == study_id).values(values))


def _study(row: RowMapping) -> Study:
    return Study(
        id=StudyId(row["id"]),
        owner_id=UserId(row["owner_id"]),
        kind=StudyKind(row["kind"]),
        agent_id=AgentId(row["agent_id"]),
        agent_name=row["agent_name"],
        collection_id=CollectionId(row["collection_id"]) if row["collection_id"] else None,
        title=row["title"],
        questions=tuple(json.loads(row["questions_json"])),
        state=StudyState(row["state"]),
        created_at=datetime.fromisoformat(row["created_at"]),
        updated_at=datetime.fromisoformat(row["updated_at"]),
        total=row["total"],
        done=row["done"],
        failed=row["failed"],
        documents=row["documents"],
        documents_read=row["documents_read"],
        documents_unread=row["documents_unread"],
        text=row["text"],
        problem=row["problem"],
    )


def _cell(row: RowMapping) -> StudyCell:
    return StudyCell(
        ordinal=row["ordinal"],
        document_id=DocumentId(row["document_id"]),
        document_name=row["document_name"],
        question=row["question"],
        state=CellState(row["state"]),
        text=row["text"],
        citations=tuple_from_json(Citation, row["citations_json"]),
        problem=row["problem"],
    )


def _cell_row(study_id: StudyId, cell: StudyCell) -> dict[str, object]:
    return {
        "study_id": study_id,
        "ordinal": cell.ordinal,
        "document_id": cell.document_id,
        "document_name": cell.document_name,
        "question": cell.question,
        "state": cell.state.value,
        "text": cell.text,
        "citations_json": to_json(cell.citations),
        "problem": cell.problem,
    }
