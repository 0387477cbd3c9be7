"""Many clients at once on one deployed agent: every answer is right, and nothing is left behind."""

from __future__ import annotations

import os
import time

import pytest

from core.engines.llama.engine import LlamaEngine
from core.records import Sampling
from core.streams import Cancel
from tests.core.api.conftest import Api
from tests.core.api.crowd import Place, crowd, sure_answers

REQUESTS = int(os.environ.get("OUTPOST_CROWD_REQUESTS", "48"))
CLIENTS = 32
TOKENS = 8
GROWTH_BYTES = 30_000_000
"""One thread's stack and buffers more or less are no leak; a request's share would be."""


@pytest.mark.model
@pytest.mark.timeout(900)
def test_a_crowd_is_answered_rightly(api: Api) -> None:
    """32 clients, a tenth of whose requests are given up: the others' answers are those that each
    question gets alone, all slots are free afterwards, and memory has not grown."""
    agent = api.agent("Busy", sampling=Sampling(temperature=0.0, repeat_penalty=1.0))
    api.core.agents.deploy(agent.owner_id, agent.id, wait=True)
    place = Place(api.server.url, api.core.users.run_token(), "Busy")
    answers = sure_answers(place, TOKENS)
    assert len(answers) >= 3
    outcome = crowd(
        place, answers, clients=CLIENTS, requests=REQUESTS, tokens=TOKENS, seed=REQUESTS
    )
    assert outcome.wrong == []
    assert outcome.right + outcome.left == REQUESTS
    assert outcome.right >= REQUESTS - REQUESTS // 10
    assert outcome.growth_bytes < GROWTH_BYTES
    with api.core.pool.lease(agent.id, agent.name, Cancel()) as engine:
        assert isinstance(engine, LlamaEngine)
        placement, slots = engine._runner._placement, engine.spec.slots
    deadline = time.monotonic() + 10
    while placement.busy() or _running(api):
        assert time.monotonic() < deadline, "a slot or an answer was left behind"
        time.sleep(0.02)
    assert len(list(placement.free())) == slots


def _running(api: Api) -> int:
    replies = api.server._replies
    assert replies is not None
    return len(replies._running)
