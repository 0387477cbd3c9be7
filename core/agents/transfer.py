"""Taking an agent to another machine: models are found there by content, collections by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.agents.portable import NamedModel, PortableAgent, packed, unpacked
from core.errors import InvalidInput
from core.models import Models
from core.records import Adapter, Agent, AgentDraft, CollectionId, ModelId, UserId
from core.store.agents import AgentStore


class Transfer:
    """Makes files of agents, and drafts of files."""

    def __init__(self, store: AgentStore, models: Models):
        self._store = store
        self._models = models

    def pack(self, agent: Agent) -> bytes:
        """Return the agent's newest version as a file; raises NotFound for a model that is gone."""
        draft = agent.draft
        names = self._store.collection_names(agent.owner_id)
        return packed(
            PortableAgent(
                draft,
                self._named(draft.model),
                tuple(self._named(adapter.model) for adapter in draft.adapters),
                tuple(names[each] for each in draft.collections if each in names),
            )
        )

    def draft(
        self,
        owner_id: UserId,
        file: bytes,
        model: ModelId | None = None,
        collections: Sequence[CollectionId] | None = None,
    ) -> AgentDraft:
        """Return what a file holds, with the models and collections that are here.

        `model` and `collections` stand in for those that the file names. Raises InvalidInput for
        a damaged file, or naming what is not here.
        """
        agent = unpacked(file)
        adapters = (
            Adapter(self._found(named, "adapters"), adapter.scale)
            for named, adapter in zip(agent.adapters, agent.draft.adapters, strict=True)
        )
        return replace(
            agent.draft,
            model=model or self._found(agent.model, "model"),
            adapters=tuple(adapters),
            collections=tuple(
                self._collections(owner_id, agent.collections)
                if collections is None
                else collections
            ),
        )

    def _named(self, model_id: ModelId) -> NamedModel:
        size_bytes = self._models.get(model_id).size_bytes
        return NamedModel(model_id, self._models.sha256(model_id), size_bytes)

    def _found(self, named: NamedModel, param: str) -> ModelId:
        """Return the model here that has the same content, whatever its name."""
        for model in self._models.list():
            alike = model.usable and model.size_bytes == named.size_bytes
            if alike and self._models.sha256(model.id) == named.sha256:
                return model.id
        raise InvalidInput(
            f"The model '{named.id}' (SHA-256 {named.sha256[:12]}…) is not on this machine.",
            advice="Import that model first, or choose another one for this agent.",
            param=param,
        )

    def _collections(self, owner_id: UserId, names: Sequence[str]) -> list[CollectionId]:
        here = {
            name.casefold(): each for each, name in self._store.collection_names(owner_id).items()
        }
        missing = [name for name in names if name.casefold() not in here]
        if missing:
            listed = ", ".join(f"'{name}'" for name in missing)
            raise InvalidInput(
                f"There is no collection named {listed}.",
                advice="Make it first, or choose other collections for this agent.",
                param="collections",
            )
        return [here[name.casefold()] for name in names]
