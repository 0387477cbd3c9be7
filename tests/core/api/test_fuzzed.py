"""The API held against its own OpenAPI document by schemathesis, without a socket between.

Every check there is: no server error; statuses, media types, headers and bodies as declared;
wrong requests refused and right ones taken; unknown methods; authentication; and what was deleted
is gone. The owner has one of each thing, so that half of the ids that are tried exist.

OUTPOST_FUZZ_EXAMPLES sets how many random cases each route gets beside those at the borders.
"""

from __future__ import annotations

import logging
import os
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from schemathesis.engine.recorder import ScenarioRecorder
from schemathesis.python import asgi
from schemathesis.schemas import BaseSchema

from core import passwords
from core.api.routing import PREFIX
from core.app import Core
from core.config import Settings
from core.store.conversations import ConversationStore
from tests.core.api.asgi import PORT, Door
from tests.core.api.people import things_of

log = logging.getLogger(__name__)

CONFIG = Path(__file__).with_name("schemathesis.toml")
EXAMPLES = int(os.environ.get("OUTPOST_FUZZ_EXAMPLES", "1"))
SCENARIOS, STEPS = 30 + 2 * EXAMPLES, 12
CASES = 2000
ALIKE = (
    f"PATCH {PREFIX}/agents/{{agent_id}}",
    f"POST {PREFIX}/agents/forecast",
    f"POST {PREFIX}/chat",
    f"POST {PREFIX}/search/inspect",
    "POST /v1/completions",
)
"""What these take, others take too; in the quick run their borders are tried there alone."""
LONG_TEXT = 400_000
OFTEN = 0.5


@pytest.fixture
def door(
    core: Core, lend_embedder: Callable[[Settings], None], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Door]:
    """A started core's door; its passwords are hashed quickly, or they would take a third of the
    time."""
    monkeypatch.setattr(passwords, "MEMORY_KIB", 64)
    monkeypatch.setattr(passwords, "PASSES", 1)
    lend_embedder(core.settings)
    core.models.scan()
    core.collections.start()
    core.collections.warm()
    made = Door(core)
    yield made
    made.close()
    asgi._shutdown()  # it would keep its thread until the process ends


@pytest.mark.model
@pytest.mark.timeout(0 if EXAMPLES > 1 else 600)
@pytest.mark.allow_log(r"python_multipart|core\.retrieval")
def test_the_api_keeps_to_its_document(core: Core, door: Door, tmp_path: Path) -> None:
    """Two thousand requests and more, made from the document with a fixed seed: no failure.

    Links are followed first, while all things are still there.
    """
    things = things_of(core, core.users.owner(), tmp_path)
    ConversationStore(core._database).interrupt_unfinished()
    schema, outcome = _schema(door, core, things), Outcome()
    for phases in (("stateful",), ("coverage", "fuzzing")):
        for phase in ("coverage", "fuzzing", "stateful"):
            schema.config.phases.get_by_name(name=phase).enabled = phase in phases
        for event in from_schema(schema).execute():
            outcome.take(event)
    log.info("cases: %s; followed links: %s", dict(outcome.cases), outcome.followed)
    assert outcome.wrong == []
    assert outcome.cases.total() >= CASES
    assert set(outcome.cases) == {"coverage", "fuzzing", "stateful"}
    assert outcome.followed > 10


@dataclass
class Outcome:
    """What became of all cases."""

    cases: Counter[str] = field(default_factory=Counter)
    followed: int = 0
    """How many cases took an id from the answer to another one, and found what it names."""
    wrong: list[str] = field(default_factory=list)

    def take(self, event: events.EngineEvent) -> None:
        """Count a scenario's cases and note its failures."""
        if isinstance(event, events.NonFatalError | events.FatalError):
            self.wrong.append(str(event))
        elif isinstance(event, events.ScenarioFinished) and event.recorder.cases:
            self.cases[event.phase.value] += len(event.recorder.cases)
            self.followed += sum(_found_by_link(event.recorder))
            self.wrong += _failures(event)


def _found_by_link(recorder: ScenarioRecorder) -> Iterator[bool]:
    for name, case in recorder.cases.items():
        answer = recorder.interactions[name].response if name in recorder.interactions else None
        yield case.transition is not None and answer is not None and answer.status_code < 400


def _schema(door: Door, core: Core, things: dict[str, str]) -> BaseSchema:
    """Return what the tool makes its cases from, all of them from fixed seeds."""
    shown = {"Authorization": f"Bearer {core.users.run_token()}", "Host": f"127.0.0.1:{PORT}"}
    content = door.ask("GET", "/openapi.json", core.users.run_token()).content
    schema = schemathesis.openapi.from_dict(_quickly_made(content), config=_config(core, things))
    schema.app = door.guard
    schema.config.headers = shown
    schema.config.generation.update(max_examples=EXAMPLES, deterministic=True)
    schema.config.phases.stateful.max_steps = STEPS
    schema.config.phases.stateful.generation.update(max_examples=SCENARIOS, deterministic=True)
    return schema


def _config(core: Core, things: dict[str, str]) -> SchemathesisConfig:
    """Return the settings of the file, and ids that exist for parameters of their names."""
    model = core.models.starter()
    assert model is not None
    values = {**{f"path.{name}": value for name, value in things.items()}, "body.model": model.id}
    content = tomllib.loads(CONFIG.read_text("utf-8"))
    content["dictionaries"] = {
        str(at): {"values": [value]} for at, value in enumerate(values.values())
    }
    content["parameters"] = {
        name: {"dictionary": str(at), "probability": OFTEN} for at, name in enumerate(values)
    }
    if EXAMPLES == 1:
        content["operations"] += [
            {"include-name": name, "phases": {"coverage": {"enabled": False}}} for name in ALIKE
        ]
    return SchemathesisConfig.from_dict(content)


def _quickly_made(content: Any) -> Any:
    """Leave out the length of the longest texts, which take the tool ten seconds each to make;
    test_chat.py asks with one."""
    if isinstance(content, list):
        return [_quickly_made(each) for each in content]
    if isinstance(content, dict):
        return {
            key: _quickly_made(value)
            for key, value in content.items()
            if (key, value) != ("maxLength", LONG_TEXT)
        }
    return content


def _failures(event: events.ScenarioFinished) -> Iterator[str]:
    for checks in event.recorder.checks.values():
        for check in checks:
            if check.failure_info is not None:
                yield f"{event.recorder.label} {check.name}: {check.failure_info.failure}"
