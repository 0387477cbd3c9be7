"""Agents and their versions. Every edit is a new version; tags belong to the newest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update

from core.errors import Conflict, NotFound
from core.records import (
    Agent,
    AgentDraft,
    AgentId,
    AgentVersionId,
    CollectionId,
    UserId,
    new_id,
    now,
)
from core.store.audit import append
from core.store.codec import from_json, to_json
from core.store.database import Database
from core.store.schema import agent, agent_collection, agent_tag, agent_version, collection

_NEWEST = (
    select(
        agent.c.id,
        agent.c.owner_id,
        agent.c.created_at,
        agent.c.updated_at,
        agent_version.c.id.label("version_id"),
        agent_version.c.number,
        agent_version.c.draft_json,
    )
    .join(agent_version, agent_version.c.agent_id == agent.c.id)
    .where(agent_version.c.number == agent.c.version)
)


class AgentStore:
    """The agents of all users; every call names the owner it acts for."""

    def __init__(self, database: Database):
        self._database = database

    def create(self, owner_id: UserId, draft: AgentDraft) -> Agent:
        """Store a new agent at version 1.

        Raises Conflict if the owner has one of that name, NotFound for a foreign collection.
        """

        def action(connection: Connection) -> Agent:
            _require_free_name(connection, owner_id, draft.name, None)
            agent_id, at = AgentId(new_id("agt")), now()
            connection.execute(
                insert(agent).values(
                    id=agent_id,
                    owner_id=owner_id,
                    version=1,
                    created_at=at.isoformat(),
                    updated_at=at.isoformat(),
                )
            )
            _add_version(connection, owner_id, agent_id, 1, draft, at)
            append(connection, "agent.create", agent_id, owner_id)
            return _find(connection, owner_id, agent_id)

        return self._database.write(action)

    def edit(self, owner_id: UserId, agent_id: AgentId, draft: AgentDraft) -> Agent:
        """Store the draft as the agent's next version."""

        def action(connection: Connection) -> Agent:
            before = _find(connection, owner_id, agent_id)
            _require_free_name(connection, owner_id, draft.name, agent_id)
            at = now()
            _add_version(connection, owner_id, agent_id, before.version + 1, draft, at)
            connection.execute(
                update(agent)
                .where(agent.c.id == agent_id)
                .values(version=before.version + 1, updated_at=at.isoformat())
            )
            detail = f"version {before.version + 1}"
            append(connection, "agent.edit", agent_id, owner_id, detail=detail)
            return _find(connection, owner_id, agent_id)

        return self._database.write(action)

    def get(self, owner_id: UserId, agent_id: AgentId) -> Agent:
        return self._database.read(lambda connection: _find(connection, owner_id, agent_id))

    def list(self, owner_id: UserId) -> list[Agent]:
        """Return the owner's agents, oldest first."""
        query = _NEWEST.where(agent.c.owner_id == owner_id, agent.c.deleted_at.is_(None))
        return self._database.read(
            lambda connection: _agents(
                connection.execute(query.order_by(agent.c.created_at, agent.c.id))
            )
        )

    def versions(self, owner_id: UserId, agent_id: AgentId) -> Sequence[Agent]:
        """Return every version of an agent, newest first."""

        def action(connection: Connection) -> list[Agent]:
            _find(connection, owner_id, agent_id)
            query = (
                select(
                    agent.c.id,
                    agent.c.owner_id,
                    agent.c.created_at,
                    agent_version.c.created_at.label("updated_at"),
                    agent_version.c.id.label("version_id"),
                    agent_version.c.number,
                    agent_version.c.draft_json,
                )
                .join(agent_version, agent_version.c.agent_id == agent.c.id)
                .where(agent.c.id == agent_id)
                .order_by(agent_version.c.number.desc())
            )
            return _agents(connection.execute(query))

        return self._database.read(action)

    def delete(self, owner_id: UserId, agent_id: AgentId) -> None:
        """Move the agent to the trash; its conversations stay readable."""

        def action(connection: Connection) -> None:
            _find(connection, owner_id, agent_id)
            connection.execute(
                update(agent).where(agent.c.id == agent_id).values(deleted_at=now().isoformat())
            )
            append(connection, "agent.delete", agent_id, owner_id)

        self._database.write(action)

    def collection_names(self, owner_id: UserId) -> dict[CollectionId, str]:
        """Return the names of the owner's collections, to name them in another place."""
        query = select(collection.c.id, collection.c.name).where(
            collection.c.owner_id == owner_id, collection.c.deleted_at.is_(None)
        )
        rows = self._database.read(lambda connection: connection.execute(query).all())
        return {CollectionId(row.id): row.name for row in rows}

    def note(self, stored: Agent, action: str) -> None:
        """Put into the audit log what is done to an agent without changing it, as by deploying."""
        self._database.write(
            lambda connection: append(connection, action, stored.id, stored.owner_id)
        )


def _find(connection: Connection, owner_id: UserId, agent_id: AgentId) -> Agent:
    query = _NEWEST.where(
        agent.c.id == agent_id, agent.c.owner_id == owner_id, agent.c.deleted_at.is_(None)
    )
    found = _agents(connection.execute(query))
    if not found:
        raise NotFound("agent", agent_id)
    return found[0]


def _require_free_name(
    connection: Connection, owner_id: UserId, name: str, but: AgentId | None
) -> None:
    query = _NEWEST.where(
        agent.c.owner_id == owner_id,
        agent.c.deleted_at.is_(None),
        func.casefold(agent_version.c.name) == name.casefold(),
    )
    if any(row.id != but for row in connection.execute(query)):
        raise Conflict(
            f"There is already an agent named '{name}'.",
            advice="Choose another name.",
            param="name",
        )


def _add_version(
    connection: Connection,
    owner_id: UserId,
    agent_id: AgentId,
    number: int,
    draft: AgentDraft,
    at: datetime,
) -> None:
    _require_own_collections(connection, owner_id, draft.collections)
    connection.execute(
        insert(agent_version).values(
            id=new_id("ver"),
            agent_id=agent_id,
            number=number,
            name=draft.name,
            type=draft.type.value,
            draft_json=to_json(draft),
            created_at=at.isoformat(),
        )
    )
    for table, column, values in (
        (agent_tag, "tag", draft.tags),
        (agent_collection, "collection_id", draft.collections),
    ):
        connection.execute(delete(table).where(table.c.agent_id == agent_id))
        rows = [{"agent_id": agent_id, column: value} for value in values]
        if rows:
            connection.execute(insert(table), rows)


def _require_own_collections(
    connection: Connection, owner_id: UserId, collection_ids: Iterable[str]
) -> None:
    for collection_id in collection_ids:
        query = select(collection.c.id).where(
            collection.c.id == collection_id,
            collection.c.owner_id == owner_id,
            collection.c.deleted_at.is_(None),
        )
        if connection.execute(query).first() is None:
            raise NotFound("collection", collection_id)


def _agents(rows: Any) -> list[Agent]:
    return [_agent(row) for row in rows.mappings()]


def _agent(row: RowMapping) -> Agent:
    return Agent(
        id=AgentId(row["id"]),
        owner_id=UserId(row["owner_id"]),
        version=row["number"],
        version_id=AgentVersionId(row["version_id"]),
        draft=from_json(AgentDraft, row["draft_json"]),
        created_at=datetime.fromisoformat(row["created_at"]),
        updated_at=datetime.fromisoformat(row["updated_at"]),
    )
