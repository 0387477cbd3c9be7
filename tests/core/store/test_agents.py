"""Agents on disk: versions, names, tags, and whose they are."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import func, insert, select

from core.errors import Conflict, NotFound
from core.records import AgentDraft, AgentId, AgentType, CollectionId, ModelId, UserId, now
from core.store.agents import AgentStore
from core.store.database import Database
from core.store.schema import agent_collection, agent_tag, collection

DRAFT = AgentDraft("Ada", AgentType.FINE_TUNED, ModelId("m.gguf"), tags=("red", "blue"))


@pytest.fixture
def collection_id(database: Database, owner_id: UserId) -> CollectionId:
    """A collection of the owner's."""
    return add_collection(database, owner_id, "col_own")


def add_collection(database: Database, owner_id: UserId, name: str) -> CollectionId:
    """Store a collection's row."""
    row = insert(collection).values(
        id=name,
        owner_id=owner_id,
        name=name,
        description="",
        embedder="",
        generation=1,
        created_at=now().isoformat(),
    )
    database.write(lambda connection: connection.execute(row).rowcount)
    return CollectionId(name)


def count(database: Database, table: object) -> int:
    """Count a table's rows."""
    query = select(func.count()).select_from(table)  # type: ignore[arg-type]
    return int(database.read(lambda connection: connection.execute(query).scalar_one()))


def test_a_created_agent_is_stored_whole(agents: AgentStore, owner_id: UserId) -> None:
    """What comes back from the store is what went in, at version 1."""
    made = agents.create(owner_id, DRAFT)
    assert made.version == 1
    assert made.draft == DRAFT
    assert agents.get(owner_id, made.id) == made
    assert agents.list(owner_id) == [made]


def test_every_edit_is_a_version(agents: AgentStore, owner_id: UserId) -> None:
    """Older versions stay as they were, newest first in the list."""
    first = agents.create(owner_id, DRAFT)
    drafts = [DRAFT, *(replace(DRAFT, system_prompt=f"{n}") for n in range(3))]
    for draft in drafts[1:]:
        agents.edit(owner_id, first.id, draft)
    versions = agents.versions(owner_id, first.id)
    assert [each.version for each in versions] == [4, 3, 2, 1]
    assert [each.draft for each in versions] == drafts[::-1]
    assert len({each.version_id for each in versions}) == 4
    newest = agents.get(owner_id, first.id)
    assert (newest.version, newest.version_id) == (4, versions[0].version_id)
    assert newest.created_at == first.created_at < newest.updated_at


def test_tags_are_those_of_the_newest_version(
    agents: AgentStore, owner_id: UserId, database: Database
) -> None:
    """The rows that a search by tag would use follow each edit."""
    made = agents.create(owner_id, DRAFT)
    assert count(database, agent_tag) == 2
    agents.edit(owner_id, made.id, replace(DRAFT, tags=("green",)))
    assert count(database, agent_tag) == 1


@pytest.mark.parametrize("twin", ["Ada", "ada", "ADA"])
def test_a_name_is_given_once(agents: AgentStore, owner_id: UserId, twin: str) -> None:
    """Two agents of one user cannot be mistaken for each other."""
    agents.create(owner_id, DRAFT)
    with pytest.raises(Conflict) as refusal:
        agents.create(owner_id, replace(DRAFT, name=twin))
    assert refusal.value.param == "name"


@pytest.mark.parametrize(("name", "twin"), [("Ärger", "Ärger"), ("Ärger", "ärgER"), ("ß", "SS")])
def test_case_is_ignored_beyond_ascii(
    agents: AgentStore, owner_id: UserId, name: str, twin: str
) -> None:
    """The same name is the same name in any language."""
    agents.create(owner_id, replace(DRAFT, name=name))
    with pytest.raises(Conflict):
        agents.create(owner_id, replace(DRAFT, name=twin))


def test_a_refused_edit_changes_nothing(agents: AgentStore, owner_id: UserId) -> None:
    """An agent keeps its version where the new name is taken; its own name is free for it."""
    agents.create(owner_id, DRAFT)
    bob = agents.create(owner_id, replace(DRAFT, name="Bob"))
    with pytest.raises(Conflict):
        agents.edit(owner_id, bob.id, DRAFT)
    assert agents.get(owner_id, bob.id) == bob
    assert agents.edit(owner_id, bob.id, replace(DRAFT, name="bob")).version == 2


def test_an_old_name_is_free_again(agents: AgentStore, owner_id: UserId) -> None:
    """Names of former versions and of deleted agents can be given."""
    ada = agents.create(owner_id, DRAFT)
    agents.edit(owner_id, ada.id, replace(DRAFT, name="Eva"))
    second = agents.create(owner_id, DRAFT)
    agents.delete(owner_id, second.id)
    agents.create(owner_id, DRAFT)


def test_two_users_may_use_one_name(agents: AgentStore, owner_id: UserId, other_id: UserId) -> None:
    """Names are a user's own."""
    agents.create(owner_id, DRAFT)
    agents.create(other_id, DRAFT)


def test_a_foreign_agent_is_not_there(
    agents: AgentStore, owner_id: UserId, other_id: UserId
) -> None:
    """Every call for another user's agent answers as for one that does not exist."""
    ada = agents.create(owner_id, DRAFT)
    missing = AgentId("agt_missing")
    for user_id, agent_id in ((other_id, ada.id), (owner_id, missing)):
        for call in (
            lambda user_id=user_id, agent_id=agent_id: agents.get(user_id, agent_id),
            lambda user_id=user_id, agent_id=agent_id: agents.versions(user_id, agent_id),
            lambda user_id=user_id, agent_id=agent_id: agents.edit(user_id, agent_id, DRAFT),
            lambda user_id=user_id, agent_id=agent_id: agents.delete(user_id, agent_id),
        ):
            with pytest.raises(NotFound, match=agent_id):
                call()
    assert agents.list(other_id) == []
    assert agents.get(owner_id, ada.id) == ada


def test_collections_must_be_the_owners(
    agents: AgentStore,
    owner_id: UserId,
    other_id: UserId,
    collection_id: CollectionId,
    database: Database,
) -> None:
    """A foreign or missing collection is not found, and nothing is stored."""
    rag = replace(DRAFT, type=AgentType.RAG, collections=(collection_id,))
    foreign = add_collection(database, other_id, "col_foreign")
    for wrong in (foreign, CollectionId("col_missing")):
        with pytest.raises(NotFound, match=wrong):
            agents.create(owner_id, replace(rag, collections=(collection_id, wrong)))
    assert agents.list(owner_id) == []
    made = agents.create(owner_id, rag)
    assert count(database, agent_collection) == 1
    with pytest.raises(NotFound):
        agents.edit(owner_id, made.id, replace(rag, collections=(foreign,)))
    assert agents.get(owner_id, made.id) == made


def test_a_deleted_agent_is_gone_once(agents: AgentStore, owner_id: UserId) -> None:
    """It is in no list and cannot be deleted again."""
    made = agents.create(owner_id, DRAFT)
    agents.delete(owner_id, made.id)
    assert agents.list(owner_id) == []
    with pytest.raises(NotFound):
        agents.delete(owner_id, made.id)
