"""The core as a whole: one owner of the data folder, a first start, limits, and a clean end."""

from __future__ import annotations

import logging
import os
import stat
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.app import STARTER_MARK, Core, build
from core.changes import Change, Topic
from core.config import Settings, load_settings
from core.errors import AlreadyRunning, InvalidInput, PoolFull, StorageFailed
from core.records import (
    Agent,
    AgentDraft,
    AgentType,
    Ask,
    DeploymentState,
    MessageState,
    Sampling,
    TextDelta,
    UserId,
)
from core.store.conversations import ConversationStore
from core.store.database import Database
from core.streams import Cancel
from tests.core.engines.llama.asking import ENDLESS, wait_until

Opener = Callable[[], Core]


@pytest.fixture
def open_core(settings: Settings) -> Iterator[Opener]:
    """Builds a core on the test's folder; whatever is open at the end is closed."""
    made: list[Core] = []

    def make() -> Core:
        umask = os.umask(0o022)  # as of an ordinary shell: Outpost has to set its own
        made.append(build(settings))
        os.umask(umask)
        return made[-1]

    yield make
    for core in made:
        core.close()


def owner(core: Core) -> UserId:
    """Return the owner's id."""
    return core.users.owner().id


def started(core: Core) -> Core:
    """Start the background steps and wait for their end."""
    core.start()
    assert core.startup.finished.wait(30)
    return core


def agent(core: Core, name: str = "Ada", **changes: object) -> Agent:
    """Create a small agent."""
    model = core.models.starter()
    assert model is not None
    draft = AgentDraft(
        name,
        AgentType.FINE_TUNED,
        model.id,
        context_tokens=512,
        sampling=Sampling(temperature=0.0, max_tokens=16),
    )
    return core.agents.create(owner(core), replace(draft, **changes))  # type: ignore[arg-type]


# ---------------------------------------------------------------- the folder


def test_one_folder_has_one_owner(open_core: Opener) -> None:
    """A second core on the folder is refused until the first has closed."""
    first = open_core()
    with pytest.raises(AlreadyRunning, match="already running"):
        open_core()
    first.close()
    open_core()


def test_another_thread_may_close(open_core: Opener) -> None:
    """The folder is free once the core was closed, whichever thread did that."""
    first = open_core()
    closer = threading.Thread(target=first.close)
    closer.start()
    closer.join(10)
    open_core()


def test_closing_twice_does_no_harm(open_core: Opener) -> None:
    """The second close finds nothing to do."""
    core = started(open_core())
    core.close()
    core.close()


@pytest.mark.allow_log("planted")
@pytest.mark.skipif(os.name != "posix", reason="modes are those of POSIX")
def test_what_is_stored_is_the_owners_alone(open_core: Opener, settings: Settings) -> None:
    """Every folder is 0700 and every file 0600, also those that come later."""
    core = started(open_core())
    logging.getLogger("core.test").error("planted")
    core.apply(theme="dark")
    paths = [settings.data_dir, *settings.data_dir.rglob("*")]
    assert {settings.database_file, settings.log_file} <= set(paths)
    wrong = {
        path: oct(mode)
        for path in paths
        if (mode := stat.S_IMODE(path.stat().st_mode)) != (0o700 if path.is_dir() else 0o600)
    }
    assert wrong == {}


@pytest.mark.allow_log("the database failed")
def test_a_damaged_database_leaves_nothing_behind(open_core: Opener, settings: Settings) -> None:
    """After the refusal neither lock nor log is held, and a good file opens."""
    settings.database_file.write_bytes(b"garbage" * 1000)
    handlers = list(logging.getLogger().handlers)
    with pytest.raises(StorageFailed):
        open_core()
    assert logging.getLogger().handlers == handlers
    settings.database_file.unlink()
    open_core()


def test_a_folder_that_cannot_be_made_is_a_storage_failure(tmp_path: Path) -> None:
    """A file where the folder should be: the error names the path."""
    (tmp_path / "taken").write_text("")
    environ = {
        "OUTPOST_DATA_DIR": str(tmp_path / "outpost"),
        "MODEL_STORAGE_PATH": str(tmp_path / "taken" / "models"),
    }
    with pytest.raises(StorageFailed, match="taken"):
        build(load_settings(environ))


def test_unfinished_replies_are_marked_at_the_start(open_core: Opener, settings: Settings) -> None:
    """What the last process was writing when it died is interrupted, with its text."""
    core = open_core()
    ada, owner_id = agent(core), owner(core)
    core.close()
    database = Database(settings.database_file)
    store = ConversationStore(database)
    conversation, branch = store.open_turn(Ask(owner_id, ada.id, "Hi"), ada)
    store.save_partial(branch[-1].id, "Hello, I a")
    database.close()
    reply = open_core().conversations.messages(owner_id, conversation.id)[-1]
    assert (reply.state, reply.text) == (MessageState.INTERRUPTED, "Hello, I a")


# ---------------------------------------------------------------- a first start


@pytest.mark.model
def test_a_first_start_makes_the_starter_agents_once(open_core: Opener) -> None:
    """Assistant and Guide, the guide's collection with its documents, and every step done."""
    core = open_core()
    seen: list[Change] = []
    core.changes.subscribe(seen.append)
    started(core)
    assert {step.state for step in core.startup.steps()} == {"done"}
    assert Change(Topic.STARTUP) in seen
    agents = core.agents.list(owner(core))
    assert [each.name for each in agents] == ["Assistant", "Guide"]
    assert {each.deployment.state for each in agents} == {DeploymentState.STOPPED}
    (guide,) = core.collections.list(owner(core))
    assert agents[1].draft.collections == (guide.id,)
    documents = core.collections.documents(owner(core), guide.id)
    assert any(each.name.endswith(".pdf") for each in documents)
    core.close()
    again = started(open_core())
    assert [each.name for each in again.agents.list(owner(again))] == ["Assistant", "Guide"]
    assert len(again.collections.list(owner(again))) == 1
    assert len(again.collections.documents(owner(again), guide.id)) == len(documents)


@pytest.mark.model
def test_who_deletes_the_starter_agents_is_not_overruled(open_core: Opener) -> None:
    """They are made once, not at every start."""
    core = started(open_core())
    for each in core.agents.list(owner(core)):
        core.agents.delete(owner(core), each.id)
    for collection in core.collections.list(owner(core)):
        core.collections.delete(owner(core), collection.id)
    core.close()
    again = started(open_core())
    assert again.agents.list(owner(again)) == []
    assert again.collections.list(owner(again)) == []


@pytest.mark.model
def test_a_first_start_that_was_cut_short_is_completed(open_core: Opener) -> None:
    """What is there already is used, also an agent of that name that the user made first."""
    core = open_core()
    agent(core, "assistant")
    made = core.collections.create(owner(core), "Outpost guide")
    started(core)
    assert {step.state for step in core.startup.steps()} == {"done"}
    agents = core.agents.list(owner(core))
    assert [each.name for each in agents] == ["assistant", "Guide"]
    assert agents[1].draft.collections == (made.id,)
    assert core.marks.get(STARTER_MARK)


@pytest.mark.model
def test_closing_amid_the_start_is_quick(open_core: Opener) -> None:
    """Whatever step it is at, nothing is left running (the guard sees to that)."""
    for wait_s in (0.0, 0.05, 0.3):
        core = open_core()
        core.start()
        time.sleep(wait_s)
        began_s = time.monotonic()
        core.close()
        assert time.monotonic() - began_s < 5


# ---------------------------------------------------------------- limits


@pytest.mark.model
def test_changed_limits_apply_at_once(open_core: Opener, settings: Settings) -> None:
    """The next deployment meets the new limit, and the file keeps it for the next start."""
    core = open_core()
    one, two = agent(core, "One"), agent(core, "Two")
    core.agents.deploy(owner(core), one.id, wait=True)
    core.apply(max_deployed_agents=1, agent_timeout_s=60)
    with pytest.raises(PoolFull):
        core.agents.deploy(owner(core), two.id)
    core.apply(stop_least_used=True)
    core.agents.deploy(owner(core), two.id, wait=True)
    assert core.pool.names() == ["Two"]
    assert core.agents.limits.idle_timeout_s == 60
    stored = load_settings({"OUTPOST_DATA_DIR": str(settings.data_dir)})
    assert (stored.max_deployed_agents, stored.agent_timeout_s) == (1, 60)
    assert stored.stop_least_used is True


def test_a_refused_limit_changes_nothing(open_core: Opener) -> None:
    """A value out of range leaves the settings as they were."""
    core = open_core()
    before = core.settings
    with pytest.raises(InvalidInput):
        core.apply(max_deployed_agents=0)
    with pytest.raises(InvalidInput):
        core.apply(nonesuch=1)
    assert core.settings == before


# ---------------------------------------------------------------- the end


@pytest.mark.model
def test_closing_amid_a_reply_keeps_every_word(open_core: Opener) -> None:
    """The reply ends within seconds as stopped, and what was streamed is what is stored."""
    core = open_core()
    ada = agent(core, sampling=replace(ENDLESS, max_tokens=400))
    core.agents.deploy(owner(core), ada.id, wait=True)
    written: list[str] = []

    def read() -> None:
        for event in core.chat.reply(Ask(owner(core), ada.id, "Tell me a story."), Cancel()):
            if isinstance(event, TextDelta):
                written.append(event.text)

    reader = threading.Thread(target=read)
    reader.start()
    wait_until(lambda: len(written) > 5)
    began_s = time.monotonic()
    core.close()
    assert time.monotonic() - began_s < 5
    reader.join(5)
    assert not reader.is_alive()
    again = open_core()
    (conversation,) = again.conversations.list(owner(again))
    reply = again.conversations.messages(owner(again), conversation.id)[-1]
    assert (reply.state, reply.text) == (MessageState.STOPPED, "".join(written))


@pytest.mark.model
def test_a_restart_finds_agents_and_conversations(open_core: Opener) -> None:
    """Agents come back stopped, and the conversation goes on where it was."""
    core = open_core()
    ada = agent(core)
    core.agents.deploy(owner(core), ada.id, wait=True)
    list(core.chat.reply(Ask(owner(core), ada.id, "Say one."), Cancel()))
    core.close()
    again = open_core()
    assert again.agents.get(owner(again), ada.id).deployment.state is DeploymentState.STOPPED
    again.agents.deploy(owner(again), ada.id, wait=True)
    (conversation,) = again.conversations.list(owner(again))
    ask = Ask(owner(again), ada.id, "Say two.", conversation_id=conversation.id)
    list(again.chat.reply(ask, Cancel()))
    assert len(again.conversations.messages(owner(again), conversation.id)) == 4
