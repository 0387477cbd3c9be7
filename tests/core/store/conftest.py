"""Two users and the repositories over a fresh database."""

from __future__ import annotations

import pytest

from core.records import UserId
from core.store.agents import AgentStore
from core.store.conversations import ConversationStore
from core.store.database import Database
from core.store.users import UserStore


@pytest.fixture
def owner_id(database: Database) -> UserId:
    """A user."""
    return UserStore(database).add("ada", is_owner=True).id


@pytest.fixture
def other_id(database: Database) -> UserId:
    """Another user."""
    return UserStore(database).add("bob").id


@pytest.fixture
def agents(database: Database) -> AgentStore:
    """The agents of the fresh database."""
    return AgentStore(database)


@pytest.fixture
def conversations(database: Database) -> ConversationStore:
    """The conversations of the fresh database."""
    return ConversationStore(database)
