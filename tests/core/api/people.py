"""Users who own one of each thing there is: for tests that try every route."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.app import Core
from core.records import AgentDraft, AgentType, Ask, Sampling, Scope, User
from core.store.conversations import ConversationStore

PASSWORD = "correct horse"


@dataclass(frozen=True)
class Person:
    """A user with one of each thing, and tokens of each scope."""

    user: User
    tokens: dict[Scope, str]
    things: dict[str, str]


def person(core: Core, name: str, folder: Path) -> Person:
    """Add a user of that name, with tokens and things."""
    user = core.users.add(name, PASSWORD)
    tokens, token_id = dict[Scope, str](), ""
    for scope in Scope:
        token, tokens[scope] = core.users.add_token(user.id, scope, scope)
        token_id = token.id
    return Person(user, tokens, {**things_of(core, user, folder), "token_id": token_id})


def things_of(core: Core, user: User, folder: Path) -> dict[str, str]:
    """Make one of each thing for a user; return their ids by the names of parameters."""
    model = core.models.starter()
    assert model is not None
    few = Sampling(temperature=0.0, max_tokens=8)
    draft = AgentDraft(f"{user.name}'s", AgentType.FINE_TUNED, model.id, sampling=few)
    agent = core.agents.create(user.id, draft)
    store = ConversationStore(core._database)  # a question without a model that answers it
    conversation, (question, reply) = store.open_turn(Ask(user.id, agent.id, "Hello?"), agent)
    collection = core.collections.create(user.id, f"{user.name}'s")
    file = folder / f"{user.name}.txt"
    file.write_text(f"What {user.name} alone may read.")
    job = core.collections.add_files(user.id, collection.id, [file])
    (document,) = core.collections.documents(user.id, collection.id)
    watched = folder / user.name
    watched.mkdir()
    folder_id = core.collections.watch(user.id, collection.id, watched).id
    study = core.studies.summarise(user.id, agent.id, document_ids=[document.id])
    return {
        "agent_id": agent.id,
        "conversation_id": conversation.id,
        "message_id": question.id,
        "parent_id": question.id,
        "reply_id": reply.id,
        "collection_id": collection.id,
        "document_id": document.id,
        "job_id": job.id,
        "user_id": user.id,
        "collections": collection.id,
        "documents": document.id,
        "document_ids": document.id,
        "user": user.name,
        "model": agent.id,
        "folder_id": folder_id,
        "study_id": study.id,
        "leaf": reply.id,
    }
