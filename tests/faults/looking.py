"""What an Outpost finds in stores that were damaged: what it noticed, and what it answers."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from core.app import Core, StartupStep
from core.errors import OutpostError
from core.records import CollectionId, DocumentState, HealthState, UserId

SETTLE_S, TURN_S = 100.0, 0.05
"""Chroma, which may hang while it opens damaged files, is given up after 60 s and made anew."""
NEIGHBOURS = 10
ASKED = 30

Say = Callable[..., None]


def look(core: Core, say: Say) -> None:
    """Start, wait until all is repaired, and say what is found.

    'noticed' is what somebody is told at the start, 'state' how each store is at last, 'recall'
    the share of true neighbours that the vector index finds, 'words' that of documents found by
    their words, 'unread' what could not be read at all.
    """
    core.start()
    wait(core.startup.finished.is_set)
    say("noticed", *(f"{each.name}: {each.note}" for each in _failed(core)))
    try:
        owner_id = core.users.owner().id
        shelf = core.collections.list(owner_id)[0].id
        core.conversations.list(owner_id)
        wait(lambda: _is_repaired(core))
        say("state", *(each.state for each in core.doctor.examine().stores))
        say("recall", f"{_recall(core, shelf):.4f}")
        say("words", f"{_found(core, owner_id, shelf):.4f}")
    except OutpostError as error:
        say("unread", error.code)
    except Exception as error:  # a text that is no time or number any more, for example
        say("unread", repr(error))


def _failed(core: Core) -> list[StartupStep]:
    return [step for step in core.startup.steps() if step.state == "failed"]


def wait(done: Callable[[], bool], longest_s: float = SETTLE_S) -> None:
    """Wait until something is done, or so long; time in which processes were stopped is none."""
    left_s = longest_s
    while left_s > 0:
        began = time.monotonic()
        if done():
            return
        time.sleep(TURN_S)
        left_s -= min(time.monotonic() - began, 1.0)


def _is_repaired(core: Core) -> bool:
    """Nothing is left to do by itself; a damaged database is for its owner."""
    health = core.doctor.examine()
    return health.is_whole or health.stores[0].state is not HealthState.WHOLE


def _recall(core: Core, shelf: CollectionId) -> float:
    """Compare with every vector there is, as SQLite has them."""
    index = core.collections._vectors
    questions = np.random.default_rng(3).standard_normal((ASKED, 64)).astype(np.float32)
    found = wanted = 0
    for question in questions / np.linalg.norm(questions, axis=1, keepdims=True):
        true = index._exact.search(shelf, question, NEIGHBOURS)
        got = {hit.chunk_id for hit in index.search(shelf, question, NEIGHBOURS)}
        wanted += len(true)
        found += sum(hit.chunk_id in got for hit in true)
    return found / wanted if wanted else 0.0


def _found(core: Core, owner_id: UserId, shelf: CollectionId) -> float:
    """Return the share of documents that keyword search finds by the word only they have."""
    documents = core.collections.documents(owner_id, shelf)
    ready = [each for each in documents if each.state is DocumentState.READY]
    found = 0
    for each in ready:
        word = core.collections.document_text(owner_id, each.id).text.split()[0]
        hits = core.collections._lexical.search(word, [shelf], 3)
        found += any(hit.chunk_id.startswith(each.id) for hit in hits)
    return found / len(ready) if ready else 0.0
