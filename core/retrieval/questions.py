"""A question as vectors: one for each embedder whose vectors the searched collections have."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from core.errors import Busy, EngineFailed
from core.records import CollectionId
from core.retrieval.embedding import Embedder
from core.retrieval.vocabulary import trust
from core.store.chunks import ChunkStore

if TYPE_CHECKING:
    from core.retrieval.exact import Vector

log = logging.getLogger(__name__)

EmbedderOf = Callable[[str], Embedder]
"""Returns the embedder of an id, '' meaning the starter; raises EngineFailed."""


class Asked(NamedTuple):
    """A question's vector, and the collections whose vectors it may be compared with."""

    vector: Vector
    collection_ids: list[CollectionId]
    trust: float = 1.0
    """How far its cosines can be believed, from 0 to 1."""


class Questions:
    """Embeds questions; safe from any thread."""

    def __init__(self, chunks: ChunkStore, embedder_of: EmbedderOf):
        self._chunks = chunks
        self._embedder_of = embedder_of
        self._complained: set[str] = set()

    def ask(self, text: str, collection_ids: Sequence[CollectionId], wait_s: float) -> list[Asked]:
        """Return the question as each embedder sees it, within `wait_s` in all.

        Collections whose embedder is not to be had, or not the one that made their vectors, are
        left out: keywords alone search them.
        """
        deadline = time.monotonic() + wait_s
        made_by = self._chunks.made_by(collection_ids)
        asked = []
        for embedder_id in dict.fromkeys(each.embedder_id for each in made_by.values()):
            try:
                embedder = self._embedder_of(embedder_id)
                vector = embedder.embed_query(text, max(deadline - time.monotonic(), 0.0))
                name = embedder.name
            except Busy:
                log.info("the embedder is still loading: keyword search alone answered")
            except EngineFailed as error:
                self._complain(embedder_id, error)
            else:
                same = [
                    id_
                    for id_, each in made_by.items()
                    if (each.embedder_id, each.embedder) == (embedder_id, name)
                ]
                asked.append(Asked(vector, same, trust(embedder.known(text))))
        return asked

    def _complain(self, embedder_id: str, error: Exception) -> None:
        if embedder_id not in self._complained:
            self._complained.add(embedder_id)
            log.warning("vector search failed; answers go without it: %s", error)
