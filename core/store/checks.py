"""Golden questions of agents, and how each version answered them."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping, delete, insert, select

from core.records import AgentId, AgentVersionId, CheckResult, CheckRun, GoldenQuestion, UserId
from core.store.audit import append
from core.store.codec import from_json, to_json, tuple_from_json
from core.store.database import Database
from core.store.schema import check_run, golden_question


class CheckStore:
    """Reads and writes for agents that the caller has found to be the owner's."""

    def __init__(self, database: Database):
        self._database = database

    def questions(self, agent_id: AgentId) -> tuple[GoldenQuestion, ...]:
        """Return an agent's golden questions in their order."""
        query = select(golden_question.c.question_json).where(
            golden_question.c.agent_id == agent_id
        )
        query = query.order_by(golden_question.c.ordinal)
        rows = self._database.read(lambda connection: connection.execute(query).scalars().all())
        return tuple(from_json(GoldenQuestion, row) for row in rows)

    def replace(
        self, owner_id: UserId, agent_id: AgentId, questions: Sequence[GoldenQuestion]
    ) -> None:
        """Store these questions instead of the agent's former ones."""
        rows = [
            {"agent_id": agent_id, "ordinal": at, "question_json": to_json(each)}
            for at, each in enumerate(questions)
        ]

        def action(connection: Connection) -> None:
            connection.execute(
                delete(golden_question).where(golden_question.c.agent_id == agent_id)
            )
            if rows:
                connection.execute(insert(golden_question), rows)
            append(connection, "agent.golden_questions", agent_id, owner_id)

        self._database.write(action)

    def keep(self, owner_id: UserId, run: CheckRun) -> None:
        """Store a finished run."""
        values = {
            "id": run.id,
            "agent_id": run.agent_id,
            "version": run.version,
            "version_id": run.version_id,
            "started_at": run.started_at.isoformat(),
            "finished_at": run.finished_at.isoformat(),
            "results_json": to_json(run.results),
        }

        def action(connection: Connection) -> None:
            connection.execute(insert(check_run).values(values))
            append(connection, "agent.check", run.agent_id, owner_id)

        self._database.write(action)

    def runs(self, agent_id: AgentId) -> builtins.list[CheckRun]:
        """Return an agent's runs, newest first."""
        query = select(check_run).where(check_run.c.agent_id == agent_id)
        query = query.order_by(check_run.c.started_at.desc(), check_run.c.id)
        return self._database.read(
            lambda connection: [_run(row) for row in connection.execute(query).mappings()]
        )


def _run(row: RowMapping) -> CheckRun:
    return CheckRun(
        id=row["id"],
        agent_id=AgentId(row["agent_id"]),
        version=row["version"],
        version_id=AgentVersionId(row["version_id"]),
        started_at=datetime.fromisoformat(row["started_at"]),
        finished_at=datetime.fromisoformat(row["finished_at"]),
        results=tuple_from_json(CheckResult, row["results_json"]),
    )
