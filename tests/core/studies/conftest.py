"""A core with a deployed agent and a small collection, shared by a module's tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from core.app import Core
from core.config import Settings
from core.records import (
    Agent,
    AgentType,
    CollectionId,
    Document,
    RetrievalSettings,
    Sampling,
    Study,
    StudyState,
    UserId,
)
from tests.core.chat.conftest import House, deployed, house
from tests.core.engines.llama.asking import wait_until

__all__ = ["house"]

ANIMALS = {
    "bees.md": "# Bees\n\nA honey bee visits up to five thousand flowers on a single day.\n",
    "whales.md": "# Whales\n\nThe blue whale grows to a length of thirty metres.\n",
}


@dataclass(frozen=True)
class Library:
    """A core with documents and an agent that answers from them."""

    core: Core
    agent: Agent
    collection_id: CollectionId
    log_book: Document
    """Longer than the agent's context."""

    @property
    def owner_id(self) -> UserId:
        return self.agent.owner_id

    @property
    def documents(self) -> list[Document]:
        return self.core.collections.documents(self.owner_id, self.collection_id)

    def ended(self, study: Study, state: StudyState = StudyState.FINISHED) -> Study:
        """Wait until a study is in a state, and return it."""
        wait_until(lambda: self.now(study).state is state, 60)
        return self.now(study)

    def now(self, study: Study) -> Study:
        return self.core.studies.get(self.owner_id, study.id)


@pytest.fixture(scope="module")
def quiet_library(
    house: House,
    tmp_path_factory: pytest.TempPathFactory,
    lend_embedder: Callable[[Settings], None],
) -> Library:
    """Documents and an agent to ask about them, before any study goes on."""
    core, owner_id = house.core, house.owner_id
    lend_embedder(core.settings)
    core.collections.start()
    core.collections.warm()
    folder = tmp_path_factory.mktemp("documents")
    for name, text in ANIMALS.items():
        (folder / name).write_text(text)
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7\nno more")
    made = _collection(core, owner_id, "Animals", folder, 3)
    log = tmp_path_factory.mktemp("long")
    days = (f"Day {day}: the crew sailed {day} miles." for day in range(50))
    (log / "log.md").write_text("\n".join(days))
    long = _collection(core, owner_id, "Long", log, 1)
    draft = replace(
        house.agent.draft,
        name="Reader",
        type=AgentType.RAG,
        system_prompt="",
        collections=(made,),
        sampling=Sampling(temperature=0.0, max_tokens=16),
        retrieval=RetrievalSettings(strict=True, budget_tokens=300),
    )
    (log_book,) = core.collections.documents(owner_id, long)
    return Library(core, deployed(core, owner_id, draft), made, log_book)


@pytest.fixture(scope="module")
def library(quiet_library: Library) -> Library:
    """The same, where studies are done."""
    quiet_library.core.studies.start()
    return quiet_library


def _collection(core: Core, owner_id: UserId, name: str, folder: Path, count: int) -> CollectionId:
    """Add a folder as a collection and wait until its documents are read."""
    made = core.collections.create(owner_id, name)
    core.collections.add_files(owner_id, made.id, [folder])

    def settled() -> bool:
        shelf = core.collections.get(owner_id, made.id)
        return shelf.ready_count + shelf.failed_count == count

    wait_until(settled, 60)
    return made.id
