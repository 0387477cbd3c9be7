"""What goes into a bundle and comes out of one."""

from __future__ import annotations

from pydantic import Field

from core.api.bodies.base import Body, Flag, LocalPath, Text
from core.records import AgentId, BundleWish, CollectionId


class BundleBody(Body):
    """What to put into a bundle; null means all of its kind."""

    agents: list[Text] | None = Field(default=None, max_length=10_000)
    collections: list[Text] | None = Field(default=None, max_length=10_000)
    models: Flag = False
    """Also the model files of the agents, the starter's left out."""

    def wish(self) -> BundleWish:
        agents = None if self.agents is None else tuple(map(AgentId, self.agents))
        ids = self.collections
        collections = None if ids is None else tuple(map(CollectionId, ids))
        return BundleWish(agents, collections, self.models)


class BundlePathBody(Body):
    """A bundle of this machine."""

    path: LocalPath


class BundleImportBody(BundlePathBody):
    """A bundle of this machine, and which of its items to bring in; null means all that is new."""

    items: list[Text] | None = Field(default=None, max_length=10_000)
