"""Collections, their documents, and searches in them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from core.api.bodies.agents import RetrievalBody
from core.api.bodies.base import Body, LocalPath, Name, OnlyNumber, Tag, Text


class CollectionBody(Body):
    """A new collection."""

    name: Name
    description: Text = ""


class DocumentChangeBody(Body):
    """Changes to a document; what is left out stays as it is."""

    tags: list[Tag] | None = Field(default=None, description="all of its tags from now on")


class PathsBody(Body):
    """Files and folders of this machine to be read."""

    paths: list[LocalPath] = Field(min_length=1, max_length=1000, description="absolute paths")


class FolderBody(Body):
    """A folder of this machine that a collection follows."""

    path: LocalPath
    ignore: list[Text] = Field(
        default=[], max_length=100, description="patterns such as '*.tmp' or 'drafts/'"
    )


class ReindexBody(Body):
    """What makes a collection's vectors from now on."""

    embedder: Text = Field(description="an embedder's id, as GET /embedders lists it")


class SearchBody(Body):
    """Words to look for in collections, without asking a model."""

    query: Text
    collections: list[Text] = Field(default=[], description="ids; none means all of them")
    limit: Annotated[int, Field(ge=1, le=50), OnlyNumber] = 5


class InspectBody(Body):
    """A search to be looked into: as an agent would search, or with settings of its own."""

    query: Text
    agent_id: Text | None = Field(
        default=None, description="search as this agent does, in its collections"
    )
    collections: list[Text] = Field(
        default=[], description="ids; none means the agent's, or without an agent all of them"
    )
    document_id: Text | None = Field(
        default=None, description="show this document's chunks, and why they are not found"
    )
    retrieval: RetrievalBody = RetrievalBody()
